package cluster

import (
	"context"
	"encoding/json"
	"time"

	"jeton/internal/mutant"
)

// Confirmation tells how a take-away became safe to acknowledge.
type Confirmation struct {
	// Confirmed is how many members said that they hold it. The leases of the
	// others are over.
	Confirmed int `json:"confirmed"`
	Members   int `json:"members"`
}

// barrier returns once no member can go on answering from a state without the
// entry at index: each has said that it holds it, to a question asked after the
// entry was applied here, or its lease is over. before is the reign in which the
// entry was proposed. Errors: ErrUnknown when ctx ends first.
func (c *Cluster) barrier(ctx context.Context, before *reign, index uint64) (Confirmation, error) {
	if mutant.Is(mutant.NoBarrier) {
		return Confirmation{}, nil
	}
	began := c.cfg.Clock().Boot
	defer func() { c.counters.barrierEnded(c.cfg.Clock().Boot - began) }()
	c.cfg.Pause(PauseApplyBarrier)
	held := c.held(before)
	endings := make(chan ending, len(held))
	for id, until := range held {
		go func() { endings <- c.awaitMember(ctx, id, index, until) }()
	}
	result := Confirmation{Members: len(held)}
	var err error
	for range held {
		switch <-endings {
		case confirmed:
			result.Confirmed++
		case unsafe:
			err = ErrUnknown
		}
	}
	if err != nil {
		c.counters.barrierTimeouts.Add(1)
	}
	return result, err
}

// held is until when each member may hold a lease, by this node's clock. Frozen
// after the entry was applied: what is granted later goes with an index that holds
// the entry. When the reign is over, another leader may have granted anything up
// to now.
func (c *Cluster) held(before *reign) map[string]time.Duration {
	f := c.cfg.Registry.Freshness()
	held := map[string]time.Duration{}
	before.mu.Lock()
	for _, s := range c.configuration() {
		held[string(s.ID)] = c.heldUntil(before, before.grants[string(s.ID)], f)
	}
	before.mu.Unlock()
	if now, ok := c.reigning(); !ok || now != before {
		latest := c.cfg.Clock().Boot + f.outstanding() + c.timing.margin(f.outstanding())
		for id := range held {
			held[id] = latest
		}
	}
	return held
}

// heldUntil is when a member's lease is over, as far as this leader must fear.
// What a former leader granted was granted before this one was ready.
func (c *Cluster) heldUntil(r *reign, g grant, f Freshness) time.Duration {
	until := g.lease
	if !mutant.Is(mutant.NoReadyWait) {
		until = max(until, r.since+f.outstanding()+c.timing.margin(f.outstanding()))
	}
	if f.Stale == 0 {
		until = max(until, g.stale)
	}
	return until
}

// ending is how the wait for a member ended.
type ending int

const (
	confirmed ending = iota // it holds the entry
	over                    // its lease is over
	unsafe                  // neither, and the caller waits no longer
)

// awaitMember asks the member, again and again, until it holds the entry or its
// lease is over. One whose lease is over is not asked.
func (c *Cluster) awaitMember(ctx context.Context, id string, index uint64, until time.Duration) ending {
	if id == c.cfg.Self.ID {
		c.dropIfRetired()
		return confirmed
	}
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		left := until - c.cfg.Clock().Boot
		switch {
		case left < 0:
			return over
		case ctx.Err() != nil:
			return unsafe
		}
		asking, cancel := context.WithTimeout(ctx, left+time.Millisecond)
		holds, err := c.holder(id).join(asking)
		if err == nil && holds >= index {
			cancel()
			return confirmed
		}
		sleep(asking, wait)
		cancel()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// holder are the rounds that ask a member what it holds: at most one question is
// under way, however many take-aways wait for it.
func (c *Cluster) holder(id string) *rounds[uint64] {
	if r, ok := c.holders.Load(id); ok {
		return r.(*rounds[uint64])
	}
	r, _ := c.holders.LoadOrStore(id, &rounds[uint64]{
		run: func(ctx context.Context) (uint64, error) { return c.askHolds(ctx, id) },
		ctx: c.ctx,
		max: maxWaiters,
	})
	return r.(*rounds[uint64])
}

// holdsLimit is how long a member waits before it says what it holds.
const holdsLimit = 200 * time.Millisecond

// askHolds asks a member to wait a little until it holds all that is applied here, which
// is at least what those wait for who have joined.
func (c *Cluster) askHolds(ctx context.Context, id string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	body, err := json.Marshal(indexAnswer{Index: c.index()})
	if err != nil {
		return 0, err
	}
	var a indexAnswer
	err = c.wire.call(ctx, id, rpcHolds, body, &a)
	return a.Index, err
}

// holds answers askHolds. A member that learns here that it was retired ends its
// lease before it says so: nobody will wait for it again.
func (c *Cluster) holds(ctx context.Context, _ string, body []byte) (any, error) {
	q, err := decode[indexAnswer](body)
	if err != nil {
		return nil, err
	}
	// One that lags behind steady writes holds what is waited for long before it
	// holds all of this, so it says soon what it has.
	waiting, cancel := context.WithTimeout(ctx, holdsLimit)
	defer cancel()
	_ = c.cfg.Machine.Wait(waiting, q.Index)
	index := c.index() // before the test: this handle or an earlier one holds a retirement that it tells of
	c.dropIfRetired()
	return indexAnswer{index}, nil
}

// dropIfRetired comes before a confirmation, this node's to itself included.
func (c *Cluster) dropIfRetired() {
	if c.cfg.Registry.Removed(c.cfg.Self.ID) && !mutant.Is(mutant.RetiredKeepsLease) {
		c.leases.retire()
	}
}
