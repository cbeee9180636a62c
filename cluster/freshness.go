package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
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
	return errors.As(err, &refusal) || errors.Is(err, ErrNotMember) || errors.Is(err, ErrOverloaded)
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

// readQuestion is a member's for its round.
type readQuestion struct {
	Lease bool `json:"lease"` // whether it wants one
}

// readAnswer is a leader's answer to a member's round.
type readAnswer struct {
	indexAnswer
	Lease time.Duration `json:"lease,omitempty"` // from when the member asked; 0: none
	Stale time.Duration `json:"stale,omitempty"`
}

// readIndex answers a member's round; only a leader can.
func (c *Cluster) readIndex(ctx context.Context, peer string, body []byte) (any, error) {
	if err := c.requireMember(peer); err != nil {
		return nil, err
	}
	q, err := decode[readQuestion](body)
	if err != nil {
		return nil, err
	}
	return c.answerRound(ctx, peer, q.Lease)
}

// answerRound gives the member an index and, if it wants one, a lease, both by one
// round that begins after the grant was recorded.
func (c *Cluster) answerRound(ctx context.Context, member string, lease bool) (a readAnswer, err error) {
	r, ok := c.reigning()
	if !ok {
		return a, errNotLeader
	}
	if lease && !mutant.Is(mutant.GrantAfterIndex) {
		a.Lease, a.Stale = c.grant(r, member)
	}
	of, err := c.confirms.join(ctx)
	if err != nil {
		return readAnswer{}, err
	}
	if lease && mutant.Is(mutant.GrantAfterIndex) {
		c.cfg.Pause(PauseRoundAnswer)
		a.Lease, a.Stale = c.grant(r, member)
	}
	if of.term != r.term {
		return readAnswer{}, errNotLeader
	}
	a.Index = of.index
	c.cfg.Pause(PauseRoundAnswer)
	return a, nil
}

// confirmation is the result of a leader's round.
type confirmation struct {
	term  uint64
	index uint64
}

// confirm is a round of the leader: it returns an index that covers everything
// acknowledged before the round began, having made sure, after it began, that
// no other leader can have acknowledged anything that the index leaves out.
//
// hashicorp/raft's VerifyLeader does not make sure of that: it counts answers
// that were on their way before the call, and those of non-voters.
func (c *Cluster) confirm(context.Context) (confirmation, error) {
	r, ok := c.reigning()
	if !ok {
		return confirmation{}, errNotLeader
	}
	before := c.configuration()
	index := c.index()
	// Only now are the voters asked: an answer proves something about the time
	// after the question.
	if !c.majority(before, r.term) {
		return confirmation{}, errNotLeader
	}
	if now, ok := c.reigning(); !ok || now != r || !sameServers(before, c.configuration()) {
		return confirmation{}, errNotLeader
	}
	return confirmation{r.term, index}, nil
}

// majority asks every voter for its term and reports whether more than half of
// them are in none later than term. The leader counts only if it votes.
func (c *Cluster) majority(servers []raft.Server, term uint64) bool {
	switch {
	case mutant.Is(mutant.NoConfirmation):
		return true
	case mutant.Is(mutant.VerifyLeader):
		return await(c.ctx, c.raft.VerifyLeader()) == nil
	}
	voters := 0
	answers := make(chan bool, len(servers))
	for _, s := range servers {
		if s.Suffrage != raft.Voter && !mutant.Is(mutant.NonVotersCounted) {
			continue
		}
		voters++
		if id := string(s.ID); id == c.cfg.Self.ID {
			answers <- true // confirm tests its own term at the end
		} else {
			go func() { answers <- c.confirmsTerm(id, term) }()
		}
	}
	yes, no := 0, 0
	for range voters {
		if <-answers {
			yes++
		} else {
			no++
		}
		if 2*yes > voters {
			return true
		}
		if 2*no >= voters {
			return false
		}
	}
	return false
}

// confirmsTerm asks a voter. A question that the majority did not wait for is
// not broken off, which would cost its connection; until it ends, the voter is
// not asked again and counts as silent.
func (c *Cluster) confirmsTerm(id string, term uint64) bool {
	if mutant.Is(mutant.LateAnswers) {
		if late, ok := c.late.Load(id); ok {
			return late.(uint64) <= term
		}
	}
	if _, busy := c.asking.LoadOrStore(id, true); busy {
		return false
	}
	defer c.asking.Delete(id)
	ctx, cancel := context.WithTimeout(c.ctx, askLimit)
	defer cancel()
	var a termAnswer
	err := c.wire.call(ctx, id, rpcTerm, nil, &a)
	if err == nil && mutant.Is(mutant.LateAnswers) {
		c.late.Store(id, a.Term)
	}
	return err == nil && a.Term <= term
}

type termAnswer struct {
	Term uint64 `json:"term"`
}

// term answers a leader's question. A voter raises its term before it grants a
// vote, so one that says "n" has not voted for a leader of a later term.
func (c *Cluster) term(context.Context, string, []byte) (any, error) {
	return termAnswer{c.raft.CurrentTerm()}, nil
}

func sameServers(a, b []raft.Server) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
