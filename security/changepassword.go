package security

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"jeton/fsm"
	"jeton/security/account"
)

// ChangePassword gives a native or reserved user another password; name "" is
// the caller's own. Native and reserved users may change their own, as long as it
// is the one that they have shown. Errors: *PermissionError,
// *AuthenticationError, *ValidationError, *ArgumentError, ErrNoLeader,
// ErrOutcomeUnknown, ErrOverloaded.
func (s *Service) ChangePassword(ctx context.Context, who Identity, name string, p NewPassword) error {
	if name == "" {
		name = who.Username
	}
	own, err := s.authorizePassword(ctx, who, name)
	if err != nil {
		return err
	}
	if p.Clear == nil && p.Hash == nil {
		return invalid("password is missing")
	}
	c := &fsm.SetPassword{Name: name}
	if own {
		c.Former, err = s.shownPassword(ctx, who)
	} else {
		c.NewID, err = s.changeable(ctx, name)
	}
	if err != nil {
		return err
	}
	if c.Password, err = s.newPassword(ctx, p, own); err != nil {
		return err
	}
	code, again, err := s.propose(ctx, c)
	switch {
	case err != nil || code == fsm.OK:
		return err
	case again:
		return ErrOutcomeUnknown // the user was as expected for an earlier attempt, perhaps
	case own:
		return s.notAnyMore(ctx, who, account.ActionChangePassword)
	}
	return errNoSuchUser()
}

func errNoSuchUser() error { return invalid("user must exist in order to change password") }

// notAnyMore refuses a user whose password was good when the request came, and is
// no more.
func (s *Service) notAnyMore(ctx context.Context, who Identity, action string) error {
	err := &AuthenticationError{Kind: BadUser, Principal: who.Username, Action: action}
	s.auditAuthentication(ctx, Identity{}, err)
	return err
}

// shownPassword is the hash of the password by which the caller has
// authenticated.
func (s *Service) shownPassword(ctx context.Context, who Identity) (shown fsm.Sensitive, err error) {
	err = s.decide(ctx, func(state *fsm.State) (bool, error) {
		u, ok := state.User(who.Username)
		if !ok || !who.standsIn(state) {
			return false, nil
		}
		shown = u.Password
		return true, nil
	})
	if errors.Is(err, errMiss) {
		err = s.notAnyMore(ctx, who, account.ActionChangePassword)
	}
	return shown, err
}

// authorizePassword: everybody may change the own password, as far as this API
// can change it. own: that is why the caller may.
func (s *Service) authorizePassword(ctx context.Context, who Identity, name string) (own bool, err error) {
	if who.is(name) && who.deniedRunAs == "" && account.GrantedToSelf(account.ActionChangePassword) {
		switch who.Realm {
		case realmNative, realmReserved:
			s.auditAccess(ctx, who, account.ActionChangePassword, nil)
			return true, nil
		case realmFile:
			return false, fileUserError(name)
		}
	}
	return false, s.authorize(ctx, who, account.ActionChangePassword)
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
	state, err := s.fresh(ctx)
	if err != nil {
		return "", err
	}
	if _, ok := state.User(name); ok {
		return "", nil
	}
	if _, ok := s.fileUser(name); ok {
		return "", fileUserError(name)
	}
	return "", errNoSuchUser()
}
