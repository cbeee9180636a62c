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
	room := maxPurged
	// All of them are looked at: one without a refresh token is over long before
	// older ones that have one.
	for t := range first(&room, state.OAuthTokens(), func(t *fsm.OAuthToken) bool { return t.Until <= c.Now }) {
		c.OAuthTokens = append(c.OAuthTokens, t.ID)
	}
	for t := range first(&room, state.Successions(), func(t *fsm.Succession) bool { return t.At < c.SuccessionsBefore }) {
		c.Successions = append(c.Successions, t.ID)
	}
	for t := range first(&room, state.AllServiceTokens(), func(t *fsm.ServiceToken) bool {
		return t.Expires != 0 && t.Expires < c.ServiceTokensBefore
	}) {
		c.ServiceTokens = append(c.ServiceTokens, fsm.TokenKey{Account: t.Account, Name: t.Name})
	}
	return c
}

// first yields the records that are over, for as long as there is room, and
// takes the room of each.
func first[T any](room *int, records iter.Seq[*T], over func(*T) bool) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for t := range records {
			if *room == 0 {
				return
			}
			if !over(t) {
				continue
			}
			*room--
			if !yield(t) {
				return
			}
		}
	}
}
