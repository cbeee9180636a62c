package security

import (
	"context"
	"strings"

	"jeton/fsm"
	"jeton/security/account"
)

// Nobody can grant what they do not hold: neither by giving roles to a service
// account of one's own, nor by taking a secret of one that has such roles.

// mayGrant refuses to hand on roles that grant more than the caller holds; doing
// says what for. A role that does not exist could be given any content later, so
// it counts as that of a superuser. The state must be up to date: in an older
// one the roles may grant less. Errors: *PermissionError.
func (s *Service) mayGrant(ctx context.Context, state *fsm.State, who Identity, action, doing string, roles []string) error {
	err := s.mayGrantOrNot(state, who, action, doing, roles)
	if err != nil { // that the action is granted was told before
		s.auditAccess(ctx, who, action, err)
	}
	return err
}

func (s *Service) mayGrantOrNot(state *fsm.State, who Identity, action, doing string, roles []string) error {
	who = who.in(state)
	if !who.may(action) {
		return s.denied(who, action) // any more
	}
	all, resolve := account.Superuser(), definitions(state)
	var beyond, unknown []string
	for _, name := range roles {
		// What it means at the other nodes, whatever this node's file makes of it;
		// and what the file makes of it.
		d, ok := s.replicatedRole(state, name)
		here, inFile := s.roleNamed(state, name)
		switch {
		case ok && !who.privileges.Covers(d, resolve), inFile && !who.privileges.Covers(here, resolve):
			beyond = append(beyond, name)
		case !ok && !who.privileges.Covers(&all, resolve):
			unknown = append(unknown, name)
		}
	}
	var handed []string
	if beyond != nil {
		handed = append(handed, "the privileges of its roles ["+strings.Join(beyond, ",")+"], which the caller does not hold")
	}
	if unknown != nil {
		handed = append(handed, "its roles ["+strings.Join(unknown, ",")+"], which do not exist and could be given any privileges later")
	}
	if handed == nil {
		return nil
	}
	return &PermissionError{Action: action, Caller: who, Beyond: doing + " hands on " + strings.Join(handed, ", and ")}
}

// mayHoldToken decides about a new secret of an account of one's own: whoever
// gets it can do all that the account may do. doing says what is done with a
// token. It returns the account. Errors: *UnknownAccountError, *PermissionError.
func (s *Service) mayHoldToken(ctx context.Context, state *fsm.State, who Identity, action, doing, principal string) (*fsm.ServiceAccount, error) {
	a, ok := state.ServiceAccount(principal)
	if !ok {
		return nil, &UnknownAccountError{principal}
	}
	return a, s.mayGrant(ctx, state, who, action, doing+" a token of service account ["+principal+"]", a.Roles)
}
