package security

import (
	"encoding/json"
	"fmt"
	"strings"

	"jeton/fsm"
	"jeton/security/account"
)

// ownerDetails are what is kept of a token's owner beside name and realm, so
// that every node knows the owner again.
type ownerDetails struct {
	// UserID tells a native or reserved user from a later one of the same name.
	UserID string `json:"user_id,omitempty"`
	// Roles are those of a file user when the token was made: no other node has
	// the file.
	Roles []string `json:"roles,omitempty"`
	// ServiceToken is what a service account has authenticated with.
	ServiceToken *serviceTokenDetails `json:"service_token,omitempty"`
	// RunBy is who ran as the owner.
	RunBy *fsm.Owner `json:"run_by,omitempty"`
}

type serviceTokenDetails struct {
	Name string `json:"name"`
	Type string `json:"type"`
	ID   string `json:"id,omitempty"` // of an index-backed one's record
}

// ownerOf is what is kept of the identity that a token stands for.
func ownerOf(who Identity) (fsm.Owner, error) {
	d := ownerDetails{UserID: who.userID, RunBy: who.runner}
	if who.Realm == realmFile {
		d.Roles = who.Roles
	}
	if who.Token != nil {
		d.ServiceToken = &serviceTokenDetails{Name: who.Token.Name, Type: who.Token.Type, ID: who.tokenID}
	}
	details, err := json.Marshal(d)
	if err != nil {
		return fsm.Owner{}, fmt.Errorf("keep the owner of a token: %w", err)
	}
	return fsm.Owner{Username: who.Username, Realm: who.Realm.Name, Details: details}, nil
}

// identityOf is the owner of a token as of now. False: there is no such owner any
// more, or it is disabled; or that is so of who ran as the owner, or who ran may
// not do it any more.
func (s *Service) identityOf(state *fsm.State, owner fsm.Owner) (Identity, bool) {
	var d ownerDetails
	if err := json.Unmarshal(owner.Details, &d); err != nil {
		return Identity{}, false // by a later release
	}
	who, ok := s.ownerAt(state, owner, d)
	if !ok || who.Username != owner.Username || who.Realm.Name != owner.Realm {
		return Identity{}, false
	}
	who.Type = TypeToken
	if d.RunBy == nil {
		return who, true
	}
	runner, ok := s.identityOf(state, *d.RunBy)
	if !ok || !runner.privileges.RunsAs(who.Username) {
		return Identity{}, false
	}
	who.RunBy, who.runner = &Authenticated{Username: runner.Username, Realm: runner.Realm}, d.RunBy
	return who, true
}

// ownerAt asks the owner's realm.
func (s *Service) ownerAt(state *fsm.State, owner fsm.Owner, d ownerDetails) (Identity, bool) {
	switch owner.Realm {
	case realmFile.Name:
		return s.fileIdentityOf(state, owner.Username, d.Roles), true
	case realmServiceAccount.Name:
		return s.accountOfOwner(state, owner.Username, d.ServiceToken)
	default:
		u, ok := state.User(owner.Username)
		if !ok || u.ID != d.UserID || u.Disabled {
			return Identity{}, false
		}
		return s.userIdentity(state, u), true
	}
}

// accountOfOwner is a service account as long as it could still authenticate
// with the token that it had: an index-backed one must be there and not expired.
// Of a file-backed one only its own node could tell.
func (s *Service) accountOfOwner(state *fsm.State, principal string, t *serviceTokenDetails) (Identity, bool) {
	if t == nil {
		return Identity{}, false
	}
	if t.Type == TokenTypeIndex {
		record, ok := state.ServiceToken(principal, t.Name)
		if !ok || record.ID != t.ID || s.expired(record) {
			return Identity{}, false
		}
	}
	namespace, service, _ := strings.Cut(principal, "/")
	builtIn, _ := account.Lookup(namespace, service)
	who, ok := s.serviceAccount(state, principal, builtIn, TokenRef{Name: t.Name, Type: t.Type})
	who.tokenID = t.ID
	return who, ok
}
