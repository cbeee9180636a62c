package security

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

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
	if err := checkUser(u); err != nil {
		return false, err
	}
	metadata, err := compacted(u.Metadata)
	if err != nil {
		return false, err
	}
	password, err := s.newPassword(ctx, u.Password)
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

// checkUser tests all of a user but its password and the form of its metadata.
func checkUser(u UserChange) error {
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
	if hasReservedKey(u.Metadata) {
		reasons = append(reasons, "metadata keys may not start with [_]")
	}
	if reasons != nil {
		return invalid(reasons...)
	}
	return nil
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

func hasReservedKey(metadata json.RawMessage) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(metadata, &keys) != nil {
		return false // see compacted
	}
	for key := range keys {
		if strings.HasPrefix(key, "_") {
			return true
		}
	}
	return false
}

// compacted is an object as records keep it: nil for none, and for an empty one.
func compacted(object json.RawMessage) (json.RawMessage, error) {
	if object == nil {
		return nil, nil
	}
	var keys map[string]json.RawMessage
	var b bytes.Buffer
	if json.Unmarshal(object, &keys) != nil || keys == nil || json.Compact(&b, object) != nil {
		return nil, invalid("metadata must be an object")
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return b.Bytes(), nil
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
