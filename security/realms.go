package security

import (
	"context"
	"encoding/json"
	"errors"

	"jeton/fsm"
	"jeton/internal/freshness"
	"jeton/security/account"
	"jeton/security/token"
	"jeton/security/userfile"
)

// authenticateUser asks the realms in their order: reserved, file, native. A
// reserved name belongs to the reserved realm alone. An unknown name costs what
// a wrong password costs.
func (s *Service) authenticateUser(ctx context.Context, name string, password token.Secret) (Identity, error) {
	var overloaded error
	spent := false // a hash has been computed for this name
	if u, ok := s.fileUser(name); ok {
		matches, err := s.verifier.verify(ctx, laneOfUser(name), u.Hash, password)
		if matches {
			reportOf(ctx).readBy(ReadByFile)
			who := s.fileIdentity(s.stateToTrust(ctx), u)
			who.anew = func(state *fsm.State) (Identity, bool) {
				now, ok := s.fileUser(name)
				return s.fileIdentity(state, now), ok && now.Hash.Text() == u.Hash.Text()
			}
			return who, nil
		}
		overloaded, spent = err, true
	}
	who, err := s.authenticateReplicated(ctx, name, password, spent)
	switch {
	case errors.Is(err, errMiss) && overloaded != nil:
		return Identity{}, overloaded
	case errors.Is(err, errMiss):
		return Identity{}, &AuthenticationError{Kind: BadUser, Principal: name}
	}
	return who, err
}

// emptyState is one in which there is nothing.
var emptyState = fsm.New().Current()

// stateToTrust is this node's state as far as it may answer from it, else an empty
// one, without asking anybody: the files alone have decided who it is, and a role
// of the state is looked up again, after a round, before anything is refused.
func (s *Service) stateToTrust(ctx context.Context) *fsm.State {
	trusted := emptyState
	_, _ = freshness.Decide(ctx, hereOnly{replica{s}}, func(v view) (bool, error) {
		trusted = v.State
		return true, nil
	})
	return trusted
}

// hereOnly is a replica that asks nobody.
type hereOnly struct{ replica }

// CatchUp implements freshness.Source.
func (hereOnly) CatchUp(context.Context) (view, error) { return view{}, errMiss }

// laneOfUser keeps users' lanes apart from those of tokens. A name that is too
// long for anybody is cut: the lanes are kept.
func laneOfUser(name string) string { return "user " + name[:min(len(name), 64)] }

// fileUser finds a user of the node's own file, where reserved names count for
// nothing.
func (s *Service) fileUser(name string) (userfile.User, bool) {
	if _, reserved := account.LookupReservedUser(name); reserved {
		return userfile.User{}, false
	}
	return s.fileUsers.Current().Lookup(name)
}

// authenticateReplicated tries the password of a reserved or native user. spent
// tells that an unknown name need not cost a hash any more. Errors: errMiss and
// those of decide.
func (s *Service) authenticateReplicated(ctx context.Context, name string, password token.Secret, spent bool) (Identity, error) {
	var who Identity
	var wrong fsm.Sensitive // what the password has been tried against in vain
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		user, known := state.User(name)
		known = known && user.Password != ""
		if !known && spent {
			return false, nil
		}
		spent = true
		if !known {
			// All unknown users have this one hash. If the verifier remembered a
			// password of one for them all, it would tell who is unknown.
			tried := token.SecretFrom(name + ":" + password.Reveal())
			return false, s.verifier.refuse(ctx, laneOfUser(name), s.unknownUser, tried)
		}
		if user.Password == wrong {
			return false, nil
		}
		hash, err := token.ParseHash(user.Password.Reveal())
		if err != nil {
			return false, err
		}
		matches, err := s.verifier.verify(ctx, laneOfUser(name), hash, password)
		if !matches && err == nil {
			wrong = user.Password
		}
		if err != nil || !matches || user.Disabled {
			return false, err
		}
		who = s.userIdentity(state, user)
		who.anew = func(state *fsm.State) (Identity, bool) { return s.userOf(state, user) }
		return true, nil
	})
	return who, err
}

// userOf is the user as of now, if the password is still that of the record which
// it was compared with.
func (s *Service) userOf(state *fsm.State, record *fsm.User) (Identity, bool) {
	u, ok := state.User(record.Name)
	if !ok || u.ID != record.ID || u.Password != record.Password || u.Disabled {
		return Identity{}, false
	}
	return s.userIdentity(state, u), true
}

// userIdentity is who a replicated record stands for.
func (s *Service) userIdentity(state *fsm.State, u *fsm.User) Identity {
	if reserved, ok := account.LookupReservedUser(u.Name); ok {
		return s.withRoles(state, Identity{
			Username: u.Name, Roles: reserved.Roles, Metadata: metadataOf(reserved), Realm: realmReserved, Type: TypeRealm, userID: u.ID,
		})
	}
	id := Identity{
		Username: u.Name, Roles: u.Roles, FullName: u.FullName, Email: u.Email, Metadata: u.Metadata,
		Realm: realmNative, Type: TypeRealm, userID: u.ID,
	}
	return s.withRoles(state, id)
}

// fileIdentity is who a line of the users file stands for.
func (s *Service) fileIdentity(state *fsm.State, u userfile.User) Identity {
	return s.fileIdentityOf(state, u.Name, u.Roles)
}

func (s *Service) fileIdentityOf(state *fsm.State, name string, roles []string) Identity {
	id := Identity{Username: name, Roles: roles, Realm: realmFile, Type: TypeRealm}
	return s.withRoles(state, id)
}

// serviceAccount is who the holder of one of an account's tokens is; builtIn is
// nil for an account of the users' own, which must exist and be enabled.
func (s *Service) serviceAccount(state *fsm.State, principal string, builtIn *account.Account, ref TokenRef) (Identity, bool) {
	if builtIn != nil {
		return builtInIdentity(builtIn, ref), true
	}
	a, ok := state.ServiceAccount(principal)
	if !ok || a.Disabled {
		return Identity{}, false
	}
	full := "User-managed service account - " + a.Name
	return s.withRoles(state, Identity{
		Username: a.Name, Roles: a.Roles, FullName: &full, Token: &ref, Metadata: ownAccountMetadata,
		Realm: realmServiceAccount, Type: TypeToken, ServiceAccount: true,
	}), true
}

func builtInIdentity(a *account.Account, ref TokenRef) Identity {
	principal := a.Principal()
	full := "Service account - " + principal
	return Identity{
		Username: principal, Roles: []string{}, FullName: &full, Token: &ref, Metadata: accountMetadata,
		Realm: realmServiceAccount, Type: TypeToken, ServiceAccount: true, privileges: account.Roles{&a.Role},
	}
}

var (
	reservedMetadata   = json.RawMessage(`{"_reserved":true}`)
	accountMetadata    = json.RawMessage(`{"_elastic_service_account":true}`)
	ownAccountMetadata = json.RawMessage(`{"_user_managed_service_account":true}`)
)
