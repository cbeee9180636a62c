package security

import (
	"encoding/json"

	"jeton/fsm"
	"jeton/security/account"
)

// Realm names the authority that vouched for an identity.
type Realm struct {
	Name string
	Type string
}

// The realms, in the order in which a name and a password are tried; then that
// of service accounts, which has one name for file-backed and index-backed
// tokens: TokenRef.Type tells them apart.
var (
	realmReserved       = Realm{Name: "reserved", Type: "reserved"}
	realmFile           = Realm{Name: "default_file", Type: "file"}
	realmNative         = Realm{Name: "default_native", Type: "native"}
	realmServiceAccount = Realm{Name: "_service_account", Type: "_service_account"}
)

// Values of TokenRef.Type, as `GET /_security/_authenticate` shows them.
const (
	TokenTypeIndex = "_service_account_index"
	TokenTypeFile  = "_service_account_file"
)

// TokenRef names the token that a caller presented; it holds no secret.
type TokenRef struct {
	Name string
	Type string // TokenTypeIndex or TokenTypeFile
}

// The values of Identity.Type, the wire's authentication_type.
const (
	TypeRealm = "realm"
	TypeToken = "token"
)

// Identity is an authenticated caller with what it may do. Only Authenticate
// makes one; the zero value may do nothing.
type Identity struct {
	Username string
	Roles    []string // as assigned
	FullName *string  // nil is JSON null
	Email    *string  // nil is JSON null
	Token    *TokenRef
	Metadata json.RawMessage // an object; nil is the empty one
	// Realm is the realm of Username. The caller who runs as somebody else has
	// authenticated at RunBy's.
	Realm Realm
	Type  string // TypeRealm or TypeToken

	// RunBy is who runs as Username; nil: the caller is Username.
	RunBy *Authenticated

	// ServiceAccount tells the two forms of the 403 text apart.
	ServiceAccount bool

	privileges account.Roles
	missing    []string // assigned roles that do not exist
	// deniedRunAs is the user that the caller wants to run as and may not.
	deniedRunAs string
	// anew looks for the same credential in another state, and tells who it stands
	// for there; false: for nobody. nil: no state can change it. What one request
	// gets must be right in one state: who has lost a password and was given a
	// role after it must not have both.
	anew func(*fsm.State) (Identity, bool)
	// runner is what is kept of RunBy with an OAuth token.
	runner *fsm.Owner
	// userID is the native or reserved user's record's id, tokenID the service
	// token's: they tell it from a later one of the same name.
	userID, tokenID string
	// byToken: the caller has shown the service token itself, not an access token
	// that was made with it.
	byToken bool
}

// Authenticated is a caller who runs as somebody else.
type Authenticated struct {
	Username string
	Realm    Realm
}

// AuthenticationRealm is the realm that has checked the caller's credential.
func (id Identity) AuthenticationRealm() Realm {
	if id.RunBy != nil {
		return id.RunBy.Realm
	}
	return id.Realm
}

// may reports whether one of the caller's role descriptors grants the action.
func (id Identity) may(action string) bool {
	if id.Username == "" || id.deniedRunAs != "" {
		return false // nobody, or not who the caller wants to be
	}
	return account.GrantedToEveryone(action) || id.privileges.Grants(action)
}

// in is the caller in another state, where one whose credential is not good may
// do nothing.
func (id Identity) in(state *fsm.State) Identity {
	if id.anew == nil || id.deniedRunAs != "" {
		return id
	}
	now, ok := id.anew(state)
	if !ok {
		id.privileges = nil
		return id
	}
	now.anew = id.anew
	return now
}

// standsIn reports whether the caller's credential is good in that state.
func (id Identity) standsIn(state *fsm.State) bool {
	if id.anew == nil {
		return true
	}
	_, ok := id.anew(state)
	return ok
}

// is reports whether the caller is that user, and has shown a password.
func (id Identity) is(username string) bool {
	return id.Username == username && id.RunBy == nil && id.Type == TypeRealm
}
