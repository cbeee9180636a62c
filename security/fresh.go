package security

import (
	"context"
	"errors"
	"sync"

	"jeton/fsm"
	"jeton/internal/freshness"
)

// decide is the one place where replicated state turns into a yes or a no. A yes
// from this node's own state needs a lease; anything else is looked at again
// after a round with the leader, because a credential whose creation was
// acknowledged anywhere must not be refused here. Errors: errMiss, ErrNoLeader
// when the node cannot know, ErrOverloaded, or look's own.
func (s *Service) decide(ctx context.Context, look func(*fsm.State) (bool, error)) error {
	read, err := freshness.Decide(ctx, replica{s}, func(v view) (bool, error) { return look(v.State) })
	if err == nil {
		reportOf(ctx).readBy(string(read))
	}
	return err
}

// errMiss: a fresh state does not accept.
var errMiss = freshness.ErrMiss

// replica is this node's state as a freshness.Source.
type replica struct{ s *Service }

// Permit implements freshness.Source.
func (r replica) Permit() freshness.Permit { return r.s.log.Permit() }

// Current implements freshness.Source.
func (r replica) Current() view { return view{r.s.state.Current()} }

// CatchUp implements freshness.Source, within auth.timeout.
func (r replica) CatchUp(ctx context.Context) (view, error) {
	state, err := r.s.freshSoon(ctx)
	return view{state}, err
}

// view is a state as a freshness.State.
type view struct{ *fsm.State }

// Mode implements freshness.State.
func (v view) Mode() freshness.Mode {
	switch SettingsOf(v.State).Consistency {
	case ConsistencyQuorum:
		return freshness.Quorum
	case ConsistencyAvailable:
		return freshness.Available
	default:
		return freshness.Lease
	}
}

// freshSoon is fresh within auth.timeout.
func (s *Service) freshSoon(ctx context.Context) (*fsm.State, error) {
	ctx, cancel := context.WithTimeout(ctx, s.authTimeout)
	defer cancel()
	return s.fresh(ctx)
}

// fresh returns a state of this node that holds everything that any node had
// acknowledged before the call, by a round with the leader. Errors: ErrNoLeader,
// ErrOverloaded, ErrNotMember.
func (s *Service) fresh(ctx context.Context) (*fsm.State, error) {
	leave, ok := s.misses.enter(source(ctx))
	if !ok {
		return nil, ErrOverloaded
	}
	defer leave()
	index, err := s.log.ReadIndex(ctx)
	if err != nil {
		return nil, err
	}
	state, err := s.state.At(ctx, index)
	if err != nil {
		return nil, errors.Join(ErrNoLeader, err)
	}
	reportOf(ctx).readBy(string(freshness.ByRound))
	return state, nil
}

// maxMisses is how many of one source's requests may wait for a round: a quarter
// of those that a round has room for.
const maxMisses = 1024

// queues counts who waits, by source.
type queues struct {
	each int

	mu sync.Mutex
	by map[string]int
	// shed is how many were turned away.
	shed uint64
}

func (c *queues) enter(source string) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[source] >= c.each {
		c.shed++
		return nil, false
	}
	c.by[source]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.by[source]--; c.by[source] == 0 {
			delete(c.by, source)
		}
	}, true
}

// Shed is how many requests were refused because too many of their source waited
// for a round already.
func (s *Service) Shed() uint64 {
	s.misses.mu.Lock()
	defer s.misses.mu.Unlock()
	return s.misses.shed
}
