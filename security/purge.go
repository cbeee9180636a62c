package security

import (
	"context"
	"iter"
	"time"

	"jeton/fsm"
)

const (
	// maxPurged bounds the records of one purge.
	maxPurged = 500
	// keptExpired is how long an expired service token stays, so that listings
	// show what has expired.
	keptExpired = 7 * 24 * time.Hour
	// successionMargin is for nodes whose clocks differ: one of them may still be
	// within the window in which a refresh is answered again.
	successionMargin = refreshWindow
)

// Purge drops records whose time is over, at most 500 in one entry, and none
// when nothing is over; more tells that there may be others. Nothing but the
// room that they take depends on it: what has expired is refused at each use.
// The leader calls it. Errors: ErrNoLeader, ErrOutcomeUnknown, ErrNotMember.
func (s *Service) Purge(ctx context.Context) (more bool, err error) {
	c := overdue(s.state.Current(), s.now())
	named := len(c.OAuthTokens) + len(c.Successions) + len(c.ServiceTokens)
	if named == 0 {
		return false, nil
	}
	if _, _, err := s.propose(ctx, c); err != nil {
		return false, err
	}
	return named == maxPurged, nil
}

// overdue names what is over, the oldest OAuth tokens first.
func overdue(state *fsm.State, now time.Time) *fsm.PurgeExpired {
	c := &fsm.PurgeExpired{
		Now:                 now.UnixMilli(),
		SuccessionsBefore:   now.Add(-refreshWindow - successionMargin).UnixMilli(),
		ServiceTokensBefore: now.Add(-keptExpired).UnixMilli(),
	}
	for t := range overdueOAuthTokens(state, c.Now) {
		if len(c.OAuthTokens) == maxPurged {
			break
		}
		c.OAuthTokens = append(c.OAuthTokens, t.ID)
	}
	for t := range overdueSuccessions(state, c.SuccessionsBefore) {
		if len(c.OAuthTokens)+len(c.Successions) == maxPurged {
			break
		}
		c.Successions = append(c.Successions, t.ID)
	}
	for t := range overdueServiceTokens(state, c.ServiceTokensBefore) {
		if len(c.OAuthTokens)+len(c.Successions)+len(c.ServiceTokens) == maxPurged {
			break
		}
		c.ServiceTokens = append(c.ServiceTokens, fsm.TokenKey{Account: t.Account, Name: t.Name})
	}
	return c
}

// overdueOAuthTokens goes through all of them: one without a refresh token is
// over long before older ones that have one.
func overdueOAuthTokens(state *fsm.State, now int64) iter.Seq[*fsm.OAuthToken] {
	return func(yield func(*fsm.OAuthToken) bool) {
		for t := range state.OAuthTokens() {
			if t.Until <= now && !yield(t) {
				return
			}
		}
	}
}

func overdueSuccessions(state *fsm.State, before int64) iter.Seq[*fsm.Succession] {
	return func(yield func(*fsm.Succession) bool) {
		for t := range state.Successions() {
			if t.At < before && !yield(t) {
				return
			}
		}
	}
}

func overdueServiceTokens(state *fsm.State, before int64) iter.Seq[*fsm.ServiceToken] {
	return func(yield func(*fsm.ServiceToken) bool) {
		for t := range state.AllServiceTokens() {
			if t.Expires != 0 && t.Expires < before && !yield(t) {
				return
			}
		}
	}
}
