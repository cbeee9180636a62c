package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	// maxWaiters bounds who waits for one round, on a node and on the leader.
	maxWaiters = 4096
	// catchUpLimit ends a round that found no leader, so that its waiters, who
	// have deadlines of their own, do not hold it open for ever.
	catchUpLimit = 5 * time.Second
	// askLimit bounds the leader's question to a voter for its term.
	askLimit = time.Second
	retryMin = 10 * time.Millisecond
	retryMax = 250 * time.Millisecond
)

// ReadIndex returns an index that covers everything that any node had
// acknowledged before the call: a state of this node that holds it is fresh. It
// costs one round with the leader, shared with all who ask at the same time
// (docs/consistency.md), which renews this node's lease as well. Errors:
// ErrNoLeader, ErrOverloaded, ErrNotMember.
func (c *Cluster) ReadIndex(ctx context.Context) (uint64, error) {
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	index, err := c.catchUps.join(ctx)
	for errors.Is(err, ErrNoLeader) && ctx.Err() == nil {
		index, err = c.catchUps.join(ctx) // the round gave up; the caller has not
	}
	if errors.Is(err, ErrOverloaded) {
		c.counters.shed.Add(1)
	}
	return index, err
}

// askIndex is a round of this node: it asks whoever leads for an index, again
// and again until it gets one.
func (c *Cluster) askIndex(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, catchUpLimit)
	defer cancel()
	began := c.cfg.Clock().Boot
	var p promise
	err := c.retry(ctx, c.timing.Attempt, func(ctx context.Context, leader string) (err error) {
		p = promise{request: c.request()}
		if leader == c.cfg.Self.ID {
			p.answer, err = c.answerRound(ctx, leader, p.wanted)
			return err
		}
		body, err := json.Marshal(readQuestion{Lease: p.wanted})
		if err != nil {
			return err
		}
		return c.wire.call(ctx, leader, rpcReadIndex, body, &p.answer)
	})
	c.counters.roundEnded(c.cfg.Clock().Boot-began, err)
	if err == nil {
		c.offer(p)
	}
	return p.answer.Index, err
}

// retry calls try with the current leader until it succeeds, until its error is
// an answer, or until ctx ends (ErrNoLeader). Each attempt has so much time, and is
// cut short when another leader appears: the one that was asked may be frozen.
func (c *Cluster) retry(ctx context.Context, each time.Duration, try func(ctx context.Context, leader string) error) error {
	wait := retryMin
	for {
		changed := c.leadership.wait()
		if leader := c.leaderID(); leader != "" {
			attempt, cancel := context.WithTimeout(ctx, each)
			stop := onEither(changed, attempt.Done(), func() {
				if c.leaderID() != leader {
					cancel()
				}
			})
			err := try(attempt, leader)
			stop()
			cancel()
			if err == nil || definite(err) {
				return err
			}
		}
		select {
		case <-changed:
		case <-time.After(wait):
			wait = min(2*wait, retryMax)
		case <-ctx.Done():
			return ErrNoLeader
		}
	}
}

// whileOpen is ctx that ends with the cluster too.
func (c *Cluster) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// definite reports whether an error is a leader's answer, which asking again
// would not change.
func definite(err error) bool {
	var refusal *Refusal
	var notYet *NotYet
	return errors.As(err, &refusal) || errors.As(err, &notYet) || errors.Is(err, ErrNotMember) || errors.Is(err, ErrOverloaded)
}

// onEither calls f when event happens before done; stop ends the watch.
func onEither(event, done <-chan struct{}, f func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		select {
		case <-event:
			f()
		case <-done:
		case <-stopped:
		}
	}()
	return func() { close(stopped) }
}

type indexAnswer struct {
	Index uint64 `json:"index"`
}
