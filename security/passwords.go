package security

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"unicode/utf8"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// The limits of a password that is given in clear.
const (
	minPassword = 6    // characters
	maxPassword = 4096 // bytes; a header has no room for many more
	maxBcrypt   = 72   // bytes; bcrypt does not look at what follows
)

// newPassword returns the hash of a new password, or "" when none is given.
// Errors: *ValidationError, *ArgumentError, ErrOverloaded.
func (s *Service) newPassword(ctx context.Context, p NewPassword) (fsm.Sensitive, error) {
	switch {
	case p.Clear != nil && p.Hash != nil:
		return "", invalid("password_hash and password cannot both be set")
	case p.Hash != nil:
		return givenHash(*p.Hash)
	case p.Clear == nil:
		return "", nil
	}
	if err := s.checkPassword(p.Clear.Reveal()); err != nil {
		return "", err
	}
	hash, err := s.verifier.hash(ctx, s.hashing, *p.Clear)
	return fsm.Sensitive(hash.Text()), err
}

func (s *Service) checkPassword(clear string) error {
	limit := maxPassword
	if strings.HasPrefix(s.hashing.String(), "bcrypt") {
		limit = maxBcrypt
	}
	switch {
	case utf8.RuneCountInString(clear) < minPassword:
		return invalid(fmt.Sprintf("passwords must be at least [%d] characters long", minPassword))
	case len(clear) > limit:
		return invalid(fmt.Sprintf("passwords hashed with [%s] must be at most [%d] bytes long", s.hashing, limit))
	}
	return nil
}

// givenHash takes a hash that was made elsewhere. A fast one is for secrets
// that nobody can guess, which a password is not.
func givenHash(text token.Secret) (fsm.Sensitive, error) {
	hash, err := token.ParseHash(text.Reveal())
	switch {
	case err != nil:
		return "", &ArgumentError{"The provided password hash is not a hash or it could not be resolved to a supported hash algorithm: it " + err.Error()}
	case !hash.Slow():
		return "", &ArgumentError{"The provided password hash is made by a function that is too fast for passwords. Supported are bcrypt, pbkdf2 and pbkdf2_stretch"}
	}
	return fsm.Sensitive(hash.Text()), nil
}

// ChangePassword gives a native or reserved user another password; name "" is
// the caller's own. Native and reserved users may change their own. Errors:
// *PermissionError, *ValidationError, *ArgumentError, ErrNoLeader,
// ErrOutcomeUnknown, ErrOverloaded.
func (s *Service) ChangePassword(ctx context.Context, who Identity, name string, p NewPassword) error {
	if name == "" {
		name = who.Username
	}
	if err := s.authorizePassword(ctx, who, name); err != nil {
		return err
	}
	if p.Clear == nil && p.Hash == nil {
		return invalid("password is missing")
	}
	newID, err := s.changeable(ctx, name)
	if err != nil {
		return err
	}
	password, err := s.newPassword(ctx, p)
	if err != nil {
		return err
	}
	code, _, err := s.propose(ctx, &fsm.SetPassword{Name: name, Password: password, NewID: newID})
	if err == nil && code == fsm.NotFound {
		err = errNoSuchUser()
	}
	return err
}

func errNoSuchUser() error { return invalid("user must exist in order to change password") }

// authorizePassword: everybody may change the own password, as far as this API
// can change it.
func (s *Service) authorizePassword(ctx context.Context, who Identity, name string) error {
	if who.is(name) && who.deniedRunAs == "" && account.GrantedToSelf(account.ActionChangePassword) {
		switch who.Realm {
		case realmNative, realmReserved:
			return nil
		case realmFile:
			return fileUserError(name)
		}
	}
	return s.authorize(ctx, who, account.ActionChangePassword)
}

func fileUserError(name string) error {
	return invalid(fmt.Sprintf("user [%s] is a(n) %s/%s user and cannot be managed via this API: use `jeton users passwd` on each node that has it",
		name, realmFile.Type, realmFile.Name))
}

// changeable looks, before a password is hashed, whether there is somebody to
// have it, and returns the id that a first record of a reserved user gets.
func (s *Service) changeable(ctx context.Context, name string) (newID string, err error) {
	if _, reserved := account.LookupReservedUser(name); reserved {
		return rand.Text(), nil
	}
	if _, ok := s.state.Current().User(name); ok {
		return "", nil
	}
	if err := s.log.CatchUp(ctx); err != nil {
		return "", err
	}
	if _, ok := s.state.Current().User(name); ok {
		return "", nil
	}
	if _, ok := s.fileUser(name); ok {
		return "", fileUserError(name)
	}
	return "", errNoSuchUser()
}

// SetUserEnabled lets a native or reserved user log in, or not any more. Errors:
// *PermissionError, *ArgumentError, *ValidationError, ErrNoLeader,
// ErrOutcomeUnknown.
func (s *Service) SetUserEnabled(ctx context.Context, who Identity, name string, enabled bool) error {
	if err := s.authorize(ctx, who, account.ActionSetEnabled); err != nil {
		return err
	}
	if name == who.Username && (who.Realm == realmNative || who.Realm == realmReserved) {
		return &ArgumentError{"users may not update the enabled status of their own account"}
	}
	newID := ""
	if _, reserved := account.LookupReservedUser(name); reserved {
		newID = rand.Text()
	} else if account.CheckName("user", name) != nil {
		return errNotToEnable(enabled)
	}
	code, _, err := s.propose(ctx, &fsm.SetUserEnabled{Name: name, Enabled: enabled, NewID: newID})
	if err == nil && code == fsm.NotFound {
		err = errNotToEnable(enabled)
	}
	return err
}

func errNotToEnable(enabled bool) error {
	if enabled {
		return invalid("only existing users can be enabled")
	}
	return invalid("only existing users can be disabled")
}
