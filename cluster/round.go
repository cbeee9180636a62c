package cluster

import (
	"context"
	"sync"

	"jeton/internal/mutant"
)

// rounds runs one round at a time for all who wait for one.
//
// Who asks joins the next round and never the one in flight: that one began
// before the question, so it proves nothing about what was acknowledged
// between its beginning and the question.
type rounds[T any] struct {
	// run does one round. Its context ends with the cluster, not with any of
	// those who wait.
	run func(context.Context) (T, error)
	ctx context.Context
	max int // waiters of one round

	mu      sync.Mutex
	pending *round[T]
	current *round[T] // in flight; nil when loop does not run
}

type round[T any] struct {
	waiters int // guarded by rounds.mu
	done    chan struct{}
	result  T
	err     error
}

// join waits for a round that begins after the call, and returns its result.
func (r *rounds[T]) join(ctx context.Context) (result T, err error) {
	mine, err := r.enter()
	if err != nil {
		return result, err
	}
	select {
	case <-mine.done:
		return mine.result, mine.err
	case <-ctx.Done():
		r.mu.Lock()
		mine.waiters--
		r.mu.Unlock()
		return result, ErrNoLeader
	}
}

// enter makes the caller one of those who wait for the next round.
func (r *rounds[T]) enter() (*round[T], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if mutant.Is(mutant.JoinInFlight) && r.current != nil {
		return r.current, nil
	}
	if r.pending == nil {
		r.pending = &round[T]{done: make(chan struct{})}
	}
	if r.pending.waiters >= r.max {
		return nil, ErrOverloaded
	}
	r.pending.waiters++
	mine := r.pending
	if r.current == nil {
		r.next()
		go r.loop()
	}
	return mine, nil
}

// next makes the pending round, if there is one, the current; r.mu is held.
func (r *rounds[T]) next() { r.current, r.pending = r.pending, nil }

// loop runs rounds until nobody waits for one.
func (r *rounds[T]) loop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.current != nil {
		current := r.current
		r.mu.Unlock()
		current.result, current.err = r.run(r.ctx)
		close(current.done)
		r.mu.Lock()
		r.next()
	}
}
