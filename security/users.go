package security

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"jeton/fsm"
	"jeton/security/account"
)

// maxUserRoles bounds the roles of one user.
const maxUserRoles = 1000

// PutUser makes a native user, or replaces all of an existing one but, when no
// new one is given, its password. Errors: *PermissionError, *ValidationError,
// *ArgumentError, ErrNoLeader, ErrOutcomeUnknown, ErrOverloaded, ErrTooLarge.
func (s *Service) PutUser(ctx context.Context, who Identity, u UserChange) (created bool, err error) {
	if err := s.authorize(ctx, who, account.ActionPutUser); err != nil {
		return false, err
	}
	metadata, err := checkUser(u)
	if err != nil {
		return false, err
	}
	password, err := s.newPassword(ctx, u.Password, false)
	if err != nil {
		return false, err
	}
	user := fsm.User{
		Name: u.Username, ID: rand.Text(), Password: password, Roles: u.Roles,
		FullName: u.FullName, Email: u.Email, Metadata: metadata, Disabled: !u.Enabled,
	}
	code, again, err := s.propose(ctx, &fsm.PutUser{User: user})
	switch {
	case err != nil:
		return false, err
	case code == fsm.NotFound && again:
		return false, ErrOutcomeUnknown // the user may have been there the first time
	case code == fsm.NotFound:
		return false, invalid("password must be specified unless you are updating an existing user")
	}
	// The id is random, so a record that has it is of this very put, carried out
	// by an attempt whose outcome was forgotten.
	record, _ := s.state.Current().User(u.Username)
	return code == fsm.OK || again && record != nil && record.ID == user.ID, nil
}

func invalid(reasons ...string) error { return &ValidationError{reasons} }

// checkUser tests all of a user but its password, and returns the metadata as they
// are recorded.
func checkUser(u UserChange) (json.RawMessage, error) {
	var reasons []string
	if _, reserved := account.LookupReservedUser(u.Username); reserved {
		reasons = append(reasons, "user ["+u.Username+"] is reserved and only the password can be changed")
	} else if err := account.CheckName("user", u.Username); err != nil {
		reasons = append(reasons, err.Error())
	}
	switch {
	case u.Roles == nil:
		reasons = append(reasons, "roles are missing")
	case len(u.Roles) > maxUserRoles:
		reasons = append(reasons, fmt.Sprintf("a user may have at most [%d] roles", maxUserRoles))
	default:
		reasons = append(reasons, wrongRoleNames(u.Roles)...)
	}
	metadata, reason := compactMetadata(u.Metadata)
	if reason != "" {
		reasons = append(reasons, reason)
	}
	if reasons != nil {
		return nil, invalid(reasons...)
	}
	return metadata, nil
}

// wrongRoleNames tells of the first name that no role can have.
func wrongRoleNames(names []string) []string {
	for _, name := range names {
		if err := account.CheckName("role", name); err != nil {
			return []string{err.Error()}
		}
	}
	return nil
}

// DeleteUser removes a native user. Errors: *PermissionError, *ArgumentError,
// ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) DeleteUser(ctx context.Context, who Identity, name string) (found bool, err error) {
	if err := s.authorize(ctx, who, account.ActionDeleteUser); err != nil {
		return false, err
	}
	if _, reserved := account.LookupReservedUser(name); reserved {
		return false, &ArgumentError{"user [" + name + "] is reserved and cannot be deleted"}
	}
	if account.CheckName("user", name) != nil {
		return false, nil // there is none
	}
	return deleted(s.propose(ctx, &fsm.DeleteUser{Name: name}))
}

// deleted is what the outcome of a delete means.
func deleted(code fsm.Code, again bool, err error) (found bool, _ error) {
	if err == nil && again && code == fsm.NotFound {
		err = ErrOutcomeUnknown // it may be this delete that found it
	}
	return code == fsm.OK, err
}
