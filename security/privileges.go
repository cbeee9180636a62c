package security

import (
	"context"
	"errors"

	"jeton/fsm"
	"jeton/security/account"
)

// authorizeSelf is authorize for what everybody may do about themselves.
func (s *Service) authorizeSelf(ctx context.Context, who Identity, username, action string) error {
	self := who.Username != "" && who.deniedRunAs == "" && (username == "" || username == who.Username)
	if self && account.GrantedToSelf(action) {
		s.auditAccess(ctx, who, action, nil)
		return nil
	}
	return s.authorize(ctx, who, action)
}

// HasPrivileges tells which of some privileges the caller has; username must be
// the caller's own, or "". What is granted anywhere is not denied here. Errors:
// *PermissionError, *ArgumentError, ErrNoLeader and ErrOverloaded when only a
// leader could tell.
func (s *Service) HasPrivileges(ctx context.Context, who Identity, username string, r account.PrivilegesRequest) (account.PrivilegesAnswer, error) {
	if err := s.authorizeSelf(ctx, who, username, account.ActionHasPrivileges); err != nil {
		return account.PrivilegesAnswer{}, err
	}
	if username != "" && username != who.Username {
		return account.PrivilegesAnswer{}, &ArgumentError{"users may only check the privileges of their own account"}
	}
	var answer account.PrivilegesAnswer
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		answer = who.in(state).privileges.Check(r, definitions(state))
		return answer.HasAll, nil
	})
	if err != nil && !errors.Is(err, errMiss) {
		return account.PrivilegesAnswer{}, err
	}
	return answer, nil
}

// definitions finds what applications' privileges mean.
func definitions(state *fsm.State) account.Resolver {
	return func(application, privilege string) ([]string, bool) {
		p, ok := state.ApplicationPrivilege(application, privilege)
		if !ok {
			return nil, false
		}
		return p.Actions, true
	}
}

// UserPrivileges lists what the caller has. Errors: *PermissionError,
// ErrNoLeader.
func (s *Service) UserPrivileges(ctx context.Context, who Identity) (account.UserPrivileges, error) {
	if err := s.authorizeSelf(ctx, who, who.Username, account.ActionUserPrivileges); err != nil {
		return account.UserPrivileges{}, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return account.UserPrivileges{}, err
	}
	return who.in(state).privileges.Summary(), nil
}

// BuiltinPrivileges lists the privileges that roles can name. Errors:
// *PermissionError.
func (s *Service) BuiltinPrivileges(ctx context.Context, who Identity) (BuiltinPrivileges, error) {
	if err := s.authorize(ctx, who, account.ActionBuiltinPrivileges); err != nil {
		return BuiltinPrivileges{}, err
	}
	return BuiltinPrivileges{
		Cluster:       account.ClusterPrivileges(),
		Index:         account.IndexPrivilegeNames(),
		RemoteCluster: account.RemoteClusterPrivilegeNames(),
	}, nil
}
