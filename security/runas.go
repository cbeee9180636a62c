package security

import (
	"context"
	"errors"

	"jeton/fsm"
)

// runAs makes the caller act as another user. Whether it may is decided with
// what it may do: see authorize. A user that nobody has is one that it may not
// run as. Neither a service account nor who runs as somebody already may run as
// anybody.
func (s *Service) runAs(ctx context.Context, who Identity, name string) (Identity, error) {
	if name == who.Username {
		return who, nil
	}
	runner, err := ownerOf(who)
	if err != nil {
		return Identity{}, err
	}
	by := &Authenticated{Username: who.Username, Realm: who.Realm}
	look := func(state *fsm.State) (other Identity, ok bool) {
		if who.ServiceAccount || who.RunBy != nil || !who.in(state).privileges.RunsAs(name) {
			return Identity{}, false
		}
		other, ok = s.userNamed(state, name)
		other.Type, other.RunBy, other.runner = who.Type, by, &runner
		return other, ok
	}
	var other Identity
	err = s.decide(ctx, func(state *fsm.State) (ok bool, _ error) {
		other, ok = look(state)
		return ok, nil
	})
	switch {
	case errors.Is(err, errMiss):
		who.deniedRunAs = name
		return who, nil
	case err != nil:
		return Identity{}, err
	}
	other.anew = look
	return other, nil
}

// userNamed finds a user by name alone, in the realms' order.
func (s *Service) userNamed(state *fsm.State, name string) (Identity, bool) {
	if u, ok := s.fileUser(name); ok {
		return s.fileIdentity(state, u), true
	}
	u, ok := state.User(name)
	if !ok || u.Disabled {
		return Identity{}, false
	}
	return s.userIdentity(state, u), true
}
