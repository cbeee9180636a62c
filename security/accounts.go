package security

import (
	"context"

	"jeton/fsm"
	"jeton/security/account"
)

// maxAccountRoles bounds the roles of one service account.
const maxAccountRoles = 100

// PutServiceAccount makes a service account of one's own, or replaces all of an
// existing one. The caller must hold what the roles grant now; what becomes of a
// role afterwards is decided by whoever may change roles. A role that does not
// exist could be given any content later, so it counts as all privileges: a
// superuser may name it, as in Elasticsearch, and nobody else.
// Errors: *PermissionError, *TLSRequiredError, *EmptyPathError, *ArgumentError,
// *ValidationError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) PutServiceAccount(ctx context.Context, who Identity, namespace, service string, roles []string, enabled bool) (created bool, err error) {
	if err := s.authorize(ctx, who, account.ActionPutServiceAccount); err != nil {
		return false, err
	}
	if err := s.checkTLS(featurePutAccount); err != nil {
		return false, err
	}
	if err := checkOwnAccount(namespace, service); err != nil {
		return false, err
	}
	if err := checkRoleNames(roles); err != nil {
		return false, err
	}
	// What the caller may hand on is judged by what the roles mean now, anywhere.
	state, err := s.fresh(ctx)
	if err != nil {
		return false, err
	}
	principal := namespace + "/" + service
	if err := s.mayGrant(ctx, state, who, account.ActionPutServiceAccount, "putting service account ["+principal+"]", roles); err != nil {
		return false, err
	}
	code, again, err := s.propose(ctx, &fsm.PutServiceAccount{
		Account: fsm.ServiceAccount{Name: principal, Roles: roles, Disabled: !enabled},
	})
	switch {
	case err != nil:
		return false, err
	case again && code != fsm.OK:
		return false, ErrOutcomeUnknown // it may be this put that has created it
	case code == fsm.HasTokens:
		return false, &ArgumentError{"cannot create service account [" + principal + "] because it has leftover service tokens; delete the tokens first"}
	}
	return code == fsm.OK, nil
}

// checkOwnAccount refuses names that no service account of one's own can have.
func checkOwnAccount(namespace, service string) error {
	if err := checkPath(namespace, service); err != nil {
		return err
	}
	if err := account.CheckServiceName(namespace, service); err != nil {
		return &ArgumentError{err.Error()}
	}
	return nil
}

func checkRoleNames(roles []string) error {
	if roles == nil {
		return &ValidationError{[]string{"roles are missing"}}
	}
	if len(roles) > maxAccountRoles {
		return &ArgumentError{"a service account has at most 100 roles"}
	}
	for _, name := range roles {
		if err := account.CheckName("role", name); err != nil {
			return &ArgumentError{err.Error()}
		}
	}
	return nil
}

// DeleteServiceAccount removes a service account of one's own; its tokens stop
// at once. One that has tokens is removed by force only, and leaves them behind.
// Errors: *PermissionError, *TLSRequiredError, *EmptyPathError, *ArgumentError,
// ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) DeleteServiceAccount(ctx context.Context, who Identity, namespace, service string, force bool) (found bool, err error) {
	if err := s.authorize(ctx, who, account.ActionDeleteServiceAccount); err != nil {
		return false, err
	}
	if err := s.checkTLS(featureDeleteAccount); err != nil {
		return false, err
	}
	if err := checkOwnAccount(namespace, service); err != nil {
		return false, err
	}
	principal := namespace + "/" + service
	code, again, err := s.propose(ctx, &fsm.DeleteServiceAccount{Name: principal, Force: force})
	switch {
	case err != nil:
		return false, err
	case again && code != fsm.OK:
		return false, ErrOutcomeUnknown // it may be this delete that found it
	case code == fsm.HasTokens:
		return false, &ArgumentError{"cannot delete service account [" + principal + "] because it has service tokens; delete the tokens first, or use force=true to leave them behind, good for nothing"}
	}
	return code == fsm.OK, nil
}
