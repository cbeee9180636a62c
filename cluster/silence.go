package cluster

import (
	"context"
	"errors"
	"sync"
	"time"
)

// silences are the members that did not answer when a newcomer wanted their name.
type silences struct {
	mu    sync.Mutex
	since map[string]silence
}

// silence is since when, on the boot clock of the leader of that term.
type silence struct {
	term  uint64
	since time.Duration
}

// heard ends a member's silence: it has answered, or asked.
func (s *silences) heard(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.since, id)
}

// note returns since when the member has been silent in the term, at least.
func (s *silences) note(id string, term uint64, now time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since == nil {
		s.since = map[string]silence{}
	}
	if known, ok := s.since[id]; ok && known.term == term {
		return known.since
	}
	s.since[id] = silence{term, now}
	return now
}

// isSilent asks the member, and reports whether it has answered nothing for so
// long that its name may go to another. Silence counts from the first question in
// vain in this reign: a leader that is new knows nothing of before.
func (c *Cluster) isSilent(ctx context.Context, r *reign, id string) bool {
	if !c.asksInVain(ctx, id) {
		return false
	}
	now := c.cfg.Clock().Boot
	return now-c.silences.note(id, r.term, now) >= c.timing.Silence
}

// asksInVain asks the member, and reports whether nothing came back, not even a no.
func (c *Cluster) asksInVain(ctx context.Context, id string) bool {
	if id == c.cfg.Self.ID {
		return false
	}
	_, err := c.statusOf(ctx, id)
	if ctx.Err() != nil {
		return false
	}
	if !errors.Is(err, errUnreached) && !errors.Is(err, errLost) {
		c.silences.heard(id)
		return false
	}
	return true
}
