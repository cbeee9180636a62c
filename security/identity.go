package security

import (
	"jeton/security/account"
)

// Realm names the authority that vouched for an identity.
type Realm struct {
	Name string
	Type string
}

// The realms of this release. A service account's realm has one name for
// file-backed and index-backed tokens; TokenRef.Type tells them apart.
var (
	realmReserved       = Realm{Name: "reserved", Type: "reserved"}
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

// Identity is an authenticated caller with what it may do. Only Authenticate
// makes one; the zero value may do nothing.
type Identity struct {
	Username string
	Roles    []string
	FullName *string // nil is JSON null
	Email    *string // nil is JSON null
	Token    *TokenRef
	Metadata map[string]any
	Realm    Realm
	Type     string // "realm" or "token", the wire's authentication_type

	// ServiceAccount tells the two forms of the 403 text apart.
	ServiceAccount bool

	descriptors []*account.Descriptor
}

// may reports whether one of the caller's role descriptors grants the action.
func (id Identity) may(action string) bool {
	if id.Username == "" {
		return false // nobody
	}
	if account.GrantedToEveryone(action) {
		return true
	}
	for _, d := range id.descriptors {
		if d.Grants(action) {
			return true
		}
	}
	return false
}
