package cluster

import (
	"context"
	"sync"
)

// rounds runs one round at a time for all who wait for one.
//
// Who asks joins the next round and never the one in flight: that one began
// before the question, so it proves nothing about what was acknowledged
// between its beginning and the question.
type rounds struct {
	// run does one round. Its context ends with the cluster, not with any of
	// those who wait.
	run func(context.Context) (uint64, error)
	ctx context.Context
	max int // waiters of one round

	mu      sync.Mutex
	pending *round
	running bool
}

type round struct {
	waiters int // guarded by rounds.mu
	done    chan struct{}
	index   uint64
	err     error
}

// join waits for a round that begins after the call, and returns its result.
func (r *rounds) join(ctx context.Context) (uint64, error) {
	r.mu.Lock()
	if r.pending == nil {
		r.pending = &round{done: make(chan struct{})}
	}
	mine := r.pending
	if mine.waiters >= r.max {
		r.mu.Unlock()
		return 0, ErrOverloaded
	}
	mine.waiters++
	if !r.running {
		r.running = true
		go r.loop()
	}
	r.mu.Unlock()
	select {
	case <-mine.done:
		return mine.index, mine.err
	case <-ctx.Done():
		r.mu.Lock()
		mine.waiters--
		r.mu.Unlock()
		return 0, ErrNoLeader
	}
}

// loop runs rounds until nobody waits for one.
func (r *rounds) loop() {
	for {
		r.mu.Lock()
		current := r.pending
		r.pending = nil
		r.running = current != nil
		r.mu.Unlock()
		if current == nil {
			return
		}
		current.index, current.err = r.run(r.ctx)
		close(current.done)
	}
}
