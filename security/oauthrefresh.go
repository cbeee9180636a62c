package security

import (
	"context"
	"fmt"
	"time"

	"jeton/fsm"
	"jeton/security/token"
)

// The descriptions of refused refreshes.
const (
	notRefreshed       = "could not refresh the requested token"
	refreshExpired     = "token document has expired"
	refreshInvalidated = "token has been invalidated"
	notTheClient       = "tokens must be refreshed by the creating client"
	refreshedBefore    = "token has already been refreshed more than 30 seconds in the past"
	refreshedAhead     = "token has been refreshed more than 30 seconds in the future, clock skew too great"
)

func refusedGrant(description string) error { return &GrantError{invalidGrant, description} }

// grantRefresh spends a refresh token on a new pair. Who comes second, with the
// same refresh token and soon enough, gets that same pair.
func (s *Service) grantRefresh(ctx context.Context, who Identity, r TokenRequest) (IssuedToken, error) {
	presented, ok := token.ParseOAuth(*r.RefreshToken)
	if !ok || presented.Kind != token.RefreshToken {
		return IssuedToken{}, refusedGrant(notRefreshed)
	}
	// The token may have been made a moment ago by another node, and its owner
	// deleted by a third.
	state, err := s.fresh(ctx)
	if err != nil {
		return IssuedToken{}, err
	}
	old, ok := state.OAuthToken(presented.ID)
	if !ok || !sameHash(old.Refresh, *r.RefreshToken) {
		return IssuedToken{}, s.unknownRefresh(presented)
	}
	owner, ok := s.identityOf(state, old.Owner)
	if !ok {
		return IssuedToken{}, refusedGrant(notRefreshed)
	}
	pair, err := s.refresh(ctx, who, old, *r.RefreshToken)
	if err != nil {
		return IssuedToken{}, err
	}
	return issued(pair, owner), nil
}

// unknownRefresh refuses a token that there is not. One that is older than
// refreshLife has been purged, and is told as before that.
func (s *Service) unknownRefresh(presented token.OAuth) error {
	if !s.now().Before(presented.Made.Add(refreshLife)) {
		return refusedGrant(refreshExpired)
	}
	return refusedGrant(notRefreshed)
}

// refresh lets the log settle who comes first, and returns the pair that did.
func (s *Service) refresh(ctx context.Context, who Identity, old *fsm.OAuthToken, presented token.Secret) (token.Pair, error) {
	if old.Refreshed == 0 {
		if err := s.checkRoom(ctx, old.Owner); err != nil {
			return token.Pair{}, err
		}
	}
	pair := token.NewPair(s.now())
	sealed, err := token.Seal(presented, pair)
	if err != nil {
		return token.Pair{}, err
	}
	client := clientOf(who)
	code, _, err := s.propose(ctx, &fsm.RefreshOAuthToken{
		ID:      old.ID,
		Refresh: old.Refresh,
		Client:  client,
		Now:     s.now().UnixMilli(),
		New:     s.recordOf(pair, old.Owner, client),
		Sealed:  fsm.Sensitive(sealed),
	})
	if err != nil {
		return token.Pair{}, err
	}
	switch code {
	case fsm.OK:
		return pair, nil
	case fsm.Refreshed: // by another, or by an attempt whose outcome was forgotten
		return s.successor(old.ID, presented)
	case fsm.Expired:
		return token.Pair{}, refusedGrant(refreshExpired)
	case fsm.Invalidated:
		return token.Pair{}, refusedGrant(refreshInvalidated)
	case fsm.NotTheClient:
		return token.Pair{}, refusedGrant(notTheClient)
	default: // NotFound: purged meanwhile
		return token.Pair{}, refusedGrant(notRefreshed)
	}
}

// successor opens the pair that took the place of a token, within the window on
// both sides of it: the clocks of two nodes differ.
func (s *Service) successor(id string, presented token.Secret) (token.Pair, error) {
	succession, ok := s.state.Current().Succession(id)
	if !ok {
		return token.Pair{}, refusedGrant(refreshedBefore) // purged, hence longer ago
	}
	ago := s.now().Sub(time.UnixMilli(succession.At))
	switch {
	case ago > refreshWindow:
		return token.Pair{}, refusedGrant(refreshedBefore)
	case ago < -refreshWindow:
		return token.Pair{}, refusedGrant(refreshedAhead)
	}
	pair, err := token.Open(presented, succession.Sealed.Reveal())
	if err != nil {
		return token.Pair{}, fmt.Errorf("refresh a token: %w", err)
	}
	return pair, nil
}
