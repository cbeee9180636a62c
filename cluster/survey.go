package cluster

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	autopilot "github.com/hashicorp/raft-autopilot"
)

// silentAfter is for how long a member may not have answered the leader and still
// count. It is a little longer than a question may take.
const silentAfter = askLimit + 200*time.Millisecond

// survey is how the members have answered a leader in its reign.
type survey struct {
	c     *Cluster
	reign *reign

	// before is for how long a member had not answered a former leader, as far as
	// that told: a change of leaders makes nobody less dead.
	before map[string]time.Duration

	mu      sync.Mutex
	asking  map[string]bool
	answers map[string]reported
	watched time.Duration // see watch; until the latest round
	round   time.Duration // the latest, on the boot clock
}

// longestGap is how much of the time between two rounds counts. A leader that asks
// nobody for longer, because its machine was suspended, has heard of nobody either.
const longestGap = 2 * time.Second

// reported is a member's latest answer, and when it came, on the survey's watch.
type reported struct {
	Status
	at time.Duration
}

func newSurvey(c *Cluster, r *reign) *survey {
	now := c.cfg.Clock().Boot
	s := &survey{c: c, reign: r, before: map[string]time.Duration{}, asking: map[string]bool{}, answers: map[string]reported{}, round: now}
	if held := c.overview.Load(); held != nil {
		for id, m := range held.Members {
			if m.Silence >= 0 {
				s.before[id] = min(now-held.at, longestGap) + time.Duration(m.Silence)*time.Millisecond
			}
		}
	}
	return s
}

// watch is for how long this leader has looked at the members: the time of its
// reign, without that in which it asked nobody. Silence is measured on it.
func (s *survey) watch() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watchLocked()
}

func (s *survey) watchLocked() time.Duration {
	return s.watched + min(s.c.cfg.Clock().Boot-s.round, longestGap)
}

func (s *survey) beginRound() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched, s.round = s.watchLocked(), s.c.cfg.Clock().Boot
}

// ask asks all that are not being asked still, and waits for them until ctx ends.
// An answer that comes later counts from then.
func (s *survey) ask(ctx context.Context, ids []string) {
	s.beginRound()
	body, err := json.Marshal(s.c.ownOverview(s.reign))
	if err != nil {
		return
	}
	answered, asked := make(chan struct{}, len(ids)), 0
	for _, id := range ids {
		if !s.begin(id) {
			continue
		}
		asked++
		s.c.background.Go(func() {
			s.askOne(id, body)
			answered <- struct{}{}
		})
	}
	for range asked {
		select {
		case <-answered:
		case <-ctx.Done():
			return
		}
	}
}

func (s *survey) begin(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking[id] {
		return false
	}
	s.asking[id] = true
	return true
}

func (s *survey) askOne(id string, body []byte) {
	status, err := s.c.ownStatus(), error(nil)
	if id != s.c.cfg.Self.ID {
		ctx, cancel := context.WithTimeout(s.c.ctx, askLimit)
		status = Status{}
		err = s.c.wire.call(ctx, id, rpcStatus, body, &status)
		cancel()
	}
	if err == nil {
		s.c.silences.heard(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asking, id)
	if err == nil {
		s.answers[id] = reported{status, s.watchLocked()}
	}
}

func (s *survey) latest(id string) (reported, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.answers[id]
	return r, ok
}

// silence is for how long the member has not answered this leader or those before
// it. Of one of which nothing is known it is how long it has had the time to, and
// false.
func (s *survey) silence(id string) (d time.Duration, known bool) {
	if r, ok := s.latest(id); ok {
		return s.watch() - r.at, true
	}
	before, told := s.before[id]
	return s.watch() + before, told
}

// ownLook is how long a leader that begins looks for itself before it believes those
// before it that a member is dead.
const ownLook = 30 * time.Second

// dead reports whether the member has been silent for that long.
func (s *survey) dead(id string, threshold time.Duration) bool {
	silence, _ := s.silence(id)
	return silence >= threshold && s.watch() >= min(threshold, ownLook)
}

// stats are a member's as autopilot judges them. One that is silent has no contact,
// whatever its last answer was.
func (s *survey) stats(id string) *autopilot.ServerStats {
	r, ok := s.latest(id)
	if silence, _ := s.silence(id); !ok || silence > silentAfter {
		return &autopilot.ServerStats{LastContact: -1, LastTerm: r.LastTerm, LastIndex: r.LastIndex}
	}
	if r.LastIndex == 0 { // of a release that does not tell
		return &autopilot.ServerStats{LastTerm: s.c.lastLogTerm(), LastIndex: r.Index}
	}
	return &autopilot.ServerStats{
		LastContact: time.Duration(r.LastContact) * time.Millisecond,
		LastTerm:    r.LastTerm,
		LastIndex:   r.LastIndex,
	}
}

// caughtUp reports whether the member's machine holds nearly all that this one's does.
func (s *survey) caughtUp(id string) bool {
	r, ok := s.latest(id)
	return ok && r.Index+promotionLag >= s.c.index()
}

// overview is what autopilot has found, for everybody.
func (s *survey) overview(state *autopilot.State) Overview {
	o := Overview{Term: s.reign.term, FailureTolerance: state.FailureTolerance, Members: map[string]MemberHealth{}}
	for raftID, server := range state.Servers {
		id := string(raftID)
		health := MemberHealth{Healthy: server.Health.Healthy, Silence: -1}
		if silence, known := s.silence(id); known {
			health.Silence = silence.Milliseconds()
		}
		o.Members[id] = health
	}
	return o
}
