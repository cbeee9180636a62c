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

// newPassword returns the hash of a new password, or "" when none is given. own:
// whoever gives it may do no more than that. Errors: *ValidationError, *ArgumentError, ErrOverloaded.
func (s *Service) newPassword(ctx context.Context, p NewPassword, own bool) (fsm.Sensitive, error) {
	switch {
	case p.Clear != nil && p.Hash != nil:
		return "", invalid("password_hash and password cannot both be set")
	case p.Hash != nil:
		return s.givenHash(*p.Hash, own)
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
// that nobody can guess, which a password is not. One of the caller's own must not
// cost this cluster more than usual: everybody waits while it is compared.
func (s *Service) givenHash(text token.Secret, own bool) (fsm.Sensitive, error) {
	hash, err := token.ParseHash(text.Reveal())
	switch {
	case err != nil:
		return "", &ArgumentError{"The provided password hash is not a hash or it could not be resolved to a supported hash algorithm: it " + err.Error()}
	case !hash.Slow():
		return "", &ArgumentError{"The provided password hash is made by a function that is too fast for passwords. Supported are bcrypt, pbkdf2 and pbkdf2_stretch"}
	case own && hash.Costlier(s.hashing):
		return "", &ArgumentError{"The provided password hash costs more than users may spend on their own; the usual costs are [bcrypt], [pbkdf2], [pbkdf2_stretch] and [" + s.hashing.String() + "]"}
	}
	return fsm.Sensitive(hash.Text()), nil
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
	code, again, err := s.propose(ctx, &fsm.SetUserEnabled{Name: name, Enabled: enabled, NewID: newID})
	switch {
	case err != nil || code == fsm.OK:
		return err
	case again:
		return ErrOutcomeUnknown // the user was there for an earlier attempt, perhaps
	}
	return errNotToEnable(enabled)
}

func errNotToEnable(enabled bool) error {
	if enabled {
		return invalid("only existing users can be enabled")
	}
	return invalid("only existing users can be disabled")
}
