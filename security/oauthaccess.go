package security

import (
	"context"
	"crypto/subtle"
	"errors"

	"jeton/fsm"
	"jeton/security/token"
)

// authenticateAccessToken decides who presents an OAuth access token. A token
// whose time is over, or that was invalidated, is refused at once: nothing can
// make it good again.
func (s *Service) authenticateAccessToken(ctx context.Context, value string) (Identity, error) {
	secret := token.SecretFrom(value)
	presented, ok := token.ParseOAuth(secret)
	if !ok || presented.Kind != token.AccessToken || !s.tokens.Enabled {
		return Identity{}, &AuthenticationError{Kind: BadBearer}
	}
	// A token that is older than a token gets, and unknown, has been purged.
	existed := !s.now().Before(presented.Made.Add(s.tokens.Timeout))
	look := func(state *fsm.State) (Identity, bool, error) {
		record, ok := state.OAuthToken(presented.ID)
		if !ok || !sameHash(record.Access, secret) {
			return Identity{}, false, nil
		}
		if record.AccessInvalidatedBy != "" || record.Expires <= s.now().UnixMilli() {
			return Identity{}, false, &AuthenticationError{Kind: TokenExpired}
		}
		existed = true
		who, ok := s.identityOf(state, record.Owner)
		return who, ok, nil
	}
	var who Identity
	err := s.decide(ctx, func(state *fsm.State) (yes bool, err error) {
		who, yes, err = look(state)
		return yes, err
	})
	switch {
	case errors.Is(err, errMiss) && existed:
		return Identity{}, &AuthenticationError{Kind: TokenExpired}
	case errors.Is(err, errMiss):
		return Identity{}, &AuthenticationError{Kind: BadBearer}
	case err != nil:
		return Identity{}, err
	}
	who.anew = func(state *fsm.State) (Identity, bool) {
		now, ok, err := look(state)
		return now, ok && err == nil
	}
	return who, nil
}

// sameHash compares in constant time. No secret has the hash "".
func sameHash(stored fsm.Sensitive, secret token.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(stored.Reveal()), []byte(token.HashOAuth(secret))) == 1
}
