package security

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// InvalidateTokens invalidates one token, or all that are still good of a user,
// of a realm, or of both. The two tokens of a pair are invalidated, and counted,
// apart. Errors: *PermissionError, ErrTokensDisabled, *ArgumentError,
// *ValidationError, ErrNothingToInvalidate for an unknown token as long as there
// was never any, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) InvalidateTokens(ctx context.Context, who Identity, i Invalidation) (Invalidated, error) {
	if err := s.authorize(ctx, who, account.ActionInvalidateToken); err != nil {
		return Invalidated{}, err
	}
	if !s.tokens.Enabled {
		return Invalidated{}, ErrTokensDisabled
	}
	if err := checkInvalidation(i); err != nil {
		return Invalidated{}, err
	}
	// A token that was made a moment ago on any node must be found.
	if _, err := s.fresh(ctx); err != nil {
		return Invalidated{}, err
	}
	switch {
	case i.AccessToken != nil:
		return s.invalidateOne(ctx, *i.AccessToken, token.AccessToken)
	case i.RefreshToken != nil:
		return s.invalidateOne(ctx, *i.RefreshToken, token.RefreshToken)
	default:
		return s.invalidateAll(ctx, i.Username, i.Realm)
	}
}

// checkInvalidation holds what may stand together in a request.
func checkInvalidation(i Invalidation) error {
	if i.AccessToken != nil && i.RefreshToken != nil {
		return &ArgumentError{"only one of [token, refresh_token] may be sent per request"}
	}
	text := revealed(cmp.Or(i.AccessToken, i.RefreshToken))
	if blank(i.Username) && blank(i.Realm) {
		if text == nil || *text == "" {
			return &ValidationError{[]string{"token string must be provided when not specifying a realm name or a username"}}
		}
		return nil
	}
	if text == nil {
		return nil
	}
	var reasons []string
	if !blank(*text) {
		reasons = append(reasons, "token string must not be provided when realm name or username is specified")
	}
	return &ValidationError{append(reasons, "token type must not be provided when realm name or username is specified")}
}

// blank names nobody, and is no token.
func blank(text string) bool { return strings.TrimSpace(text) == "" }

// invalidateOne invalidates an access token or a refresh token, also one whose
// time is over.
func (s *Service) invalidateOne(ctx context.Context, secret token.Secret, kind token.OAuthKind) (Invalidated, error) {
	named, _ := token.ParseOAuth(secret)
	if _, ok := s.state.Current().OAuthToken(named.ID); !ok {
		return s.unknownToken() // not worth an entry
	}
	c := &fsm.InvalidateOAuthToken{ID: named.ID, By: rand.Text()}
	if hash := fsm.Sensitive(token.HashOAuth(secret)); kind == token.AccessToken {
		c.Access = hash
	} else {
		c.Refresh = hash
	}
	code, _, err := s.propose(ctx, c)
	switch {
	case err != nil:
		return Invalidated{}, err
	case code == fsm.OK:
		return Invalidated{Now: 1}, nil
	case code == fsm.Invalidated:
		return Invalidated{Before: 1}, nil
	default:
		return s.unknownToken()
	}
}

// unknownToken answers for a token that there is not.
func (s *Service) unknownToken() (Invalidated, error) {
	if s.state.Current().OAuthSince() == 0 {
		return Invalidated{}, ErrNothingToInvalidate
	}
	return Invalidated{Unknown: true}, nil
}

// invalidateAll invalidates what is still good. A blank name stands for all.
func (s *Service) invalidateAll(ctx context.Context, username, realm string) (Invalidated, error) {
	if blank(username) {
		username = ""
	}
	if blank(realm) {
		realm = ""
	}
	c := &fsm.InvalidateOAuthTokens{Username: username, Realm: realm, By: rand.Text(), Now: s.now().UnixMilli()}
	if _, _, err := s.propose(ctx, c); err != nil {
		return Invalidated{}, err
	}
	var done Invalidated
	for t := range s.state.Current().OAuthTokensOf(username, realm) {
		if t.AccessInvalidatedBy == c.By {
			done.Now++
		}
		if t.RefreshInvalidatedBy == c.By {
			done.Now++
		}
	}
	return done, nil
}
