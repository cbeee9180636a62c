package security

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

const (
	// refreshLife is how long a refresh token can be used after it was made.
	refreshLife = 24 * time.Hour
	// refreshWindow is how long after a refresh the same refresh token still
	// gets the pair that took its place.
	refreshWindow = 30 * time.Second
	// maxTokensOfOwner bounds what one owner's tokens take: so many are kept,
	// those that were refreshed or invalidated too, until their time is over.
	maxTokensOfOwner = 50_000
)

// fullScope is the only scope there is.
const fullScope = "full"

// CreateToken grants an OAuth token: of a user whose password the caller has, of
// the caller, or in place of a refresh token. Errors: *PermissionError,
// ErrTokensDisabled, *GrantError (for the request, the refresh token, or too many
// tokens), *AuthenticationError for a password and for Kerberos, ErrNoLeader,
// ErrOverloaded, ErrOutcomeUnknown.
func (s *Service) CreateToken(ctx context.Context, who Identity, r TokenRequest) (IssuedToken, error) {
	if err := s.authorize(ctx, who, actionOf(r)); err != nil {
		return IssuedToken{}, err
	}
	if !s.tokens.Enabled {
		return IssuedToken{}, ErrTokensDisabled
	}
	grant, err := checkTokenRequest(r)
	if err != nil {
		return IssuedToken{}, err
	}
	issued, err := grant.carryOut(s, ctx, who, r)
	if err != nil {
		return IssuedToken{}, err
	}
	issued.ExpiresIn = s.tokens.Timeout
	if r.Scope != nil {
		issued.Scope = fullScope
	}
	return issued, nil
}

// grantPassword makes a token of the user whose password the caller has.
func (s *Service) grantPassword(ctx context.Context, who Identity, r TokenRequest) (IssuedToken, error) {
	owner, err := s.authenticateUser(ctx, *r.Username, *r.Password)
	if err != nil {
		return IssuedToken{}, s.refusedFor(ctx, account.ActionCreateToken, err)
	}
	return s.issue(ctx, who, owner, true)
}

// grantClientCredentials makes a token of the caller. It cannot be refreshed:
// the caller can ask again.
func (s *Service) grantClientCredentials(ctx context.Context, who Identity, _ TokenRequest) (IssuedToken, error) {
	return s.issue(ctx, who, who, false)
}

// kerberosPrincipal is whom a Kerberos ticket stands for before it is opened.
const kerberosPrincipal = "<Kerberos Token>"

// grantKerberos refuses as a cluster without a realm for Kerberos does.
func (s *Service) grantKerberos(ctx context.Context, _ Identity, _ TokenRequest) (IssuedToken, error) {
	return IssuedToken{}, s.refusedFor(ctx, account.ActionCreateToken, &AuthenticationError{Kind: BadUser, Principal: kerberosPrincipal})
}

// refusedFor has a refused credential told as one for an action.
func (s *Service) refusedFor(ctx context.Context, action string, err error) error {
	refused, ok := errors.AsType[*AuthenticationError](err)
	if !ok {
		return err
	}
	told := *refused
	told.Action = action
	s.auditAuthentication(ctx, Identity{}, &told)
	return &told
}

// issue makes a token that stands for owner. client is who asked for it.
func (s *Service) issue(ctx context.Context, client, owner Identity, refreshable bool) (IssuedToken, error) {
	kept, err := ownerOf(owner)
	if err != nil {
		return IssuedToken{}, err
	}
	if err := s.checkRoom(ctx, kept); err != nil {
		return IssuedToken{}, err
	}
	pair := token.NewPair(s.now())
	record := s.recordOf(pair, kept, clientOf(client))
	if !refreshable {
		pair.Refresh, record.Refresh, record.Until = token.Secret{}, "", record.Expires
	}
	// A token of this id can only be this one, made by an attempt whose outcome
	// was forgotten.
	if _, _, err := s.propose(ctx, &fsm.CreateOAuthToken{Token: record}); err != nil {
		return IssuedToken{}, err
	}
	// Whoever takes a credential away and then invalidates the tokens must have
	// stopped this one too, even if it was on its way all the time.
	if !owner.standsIn(s.state.Current()) {
		return IssuedToken{}, s.notAnyMore(ctx, owner, account.ActionCreateToken)
	}
	return issued(pair, owner), nil
}

// recordOf is what is kept of a new pair.
func (s *Service) recordOf(pair token.Pair, owner fsm.Owner, client fsm.Client) fsm.OAuthToken {
	now := s.now()
	return fsm.OAuthToken{
		ID:      pair.ID,
		Access:  fsm.Sensitive(token.HashOAuth(pair.Access)),
		Refresh: fsm.Sensitive(token.HashOAuth(pair.Refresh)),
		Created: now.UnixMilli(),
		Expires: now.Add(s.tokens.Timeout).UnixMilli(),
		Until:   now.Add(refreshLife).UnixMilli(),
		Owner:   owner,
		Client:  client,
	}
}

func clientOf(who Identity) fsm.Client {
	return fsm.Client{Username: who.Username, Realm: who.Realm.Name}
}

func issued(pair token.Pair, owner Identity) IssuedToken {
	return IssuedToken{AccessToken: pair.Access.Reveal(), RefreshToken: pair.Refresh.Reveal(), Authentication: owner}
}

// checkRoom refuses one token too many. Requests at the same time may exceed
// the limit by their number. Errors: *GrantError, and those of decide.
func (s *Service) checkRoom(ctx context.Context, owner fsm.Owner) error {
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		kept := 0
		for range state.OAuthTokensOf(owner.Username, owner.Realm) {
			if kept++; kept >= s.tokenLimit {
				return false, nil
			}
		}
		return true, nil
	})
	if errors.Is(err, errMiss) {
		return &GrantError{invalidRequest, fmt.Sprintf("user [%s] of realm [%s] has the %d tokens that one may have; "+
			"use them, and ask again when some of them have expired: a token that can be refreshed counts for %s",
			owner.Username, owner.Realm, s.tokenLimit, refreshLife)}
	}
	return err
}
