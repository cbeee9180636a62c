package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
)

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
