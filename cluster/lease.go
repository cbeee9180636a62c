package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"jeton/internal/mutant"
)

// lease is a leader's permission to answer from this node's state for a while.
type lease struct {
	until time.Duration // on the boot clock
	stale time.Duration // until when the state may be used without a lease; 0: not at all
	epoch uint64        // of the state that it is for
	skew  time.Duration // of the clocks when it was asked for
}

// leases holds the one lease of this node.
type leases struct {
	current atomic.Pointer[lease] // nil: none
	offered chan promise          // for installLeases; has room for one
	// owed is the index that goes with the latest lease that was promised. Until
	// the machine holds it no other is asked for: a node that cannot take a lease on
	// would have every take-away wait for it.
	owed atomic.Uint64

	mu sync.Mutex
	// generation grows when the lease is dropped, so that one that was asked for
	// before is not taken on afterwards.
	generation uint64
	retired    bool // this node was removed: it takes on none any more
}

// Permit says from which state of its machine this node may answer now.
type Permit struct {
	Epoch uint64
	Lease bool // a lease holds
	// Stale: the time is not over for which the setting `available` lets a node
	// answer without a lease.
	Stale bool
}

// Permit is this node's at this moment. It must be asked for before the state is
// looked at: that a lease holds now proves nothing about a state seen before.
func (c *Cluster) Permit() Permit {
	l := c.leases.current.Load()
	if l == nil {
		return Permit{}
	}
	now := c.cfg.Clock()
	if l.jumped(now) {
		now = c.cfg.Clock() // this goroutine may have been held up between the two clocks
	}
	if l.jumped(now) {
		c.distrustClock(l, now.skew()-l.skew)
		return Permit{}
	}
	p := Permit{Epoch: l.epoch, Lease: now.Boot < l.until, Stale: now.Boot < l.stale}
	c.cfg.Pause(PauseLeaseLookup)
	return p
}

// jumped reports whether the clocks went apart since the lease was asked for.
func (l *lease) jumped(now Reading) bool {
	jump := now.skew() - l.skew
	return jump > maxSkew || jump < -maxSkew
}

func (c *Cluster) distrustClock(l *lease, jump time.Duration) {
	if c.leases.drop(l) {
		c.counters.anomalies.Add(1)
		c.log.Warn("the clocks of this machine went apart; its lease is dropped and asked for anew: was the machine frozen, or its time set?", "by", jump)
	}
}

// drop ends the lease, if it is still this one.
func (ls *leases) drop(l *lease) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.current.Load() != l {
		return false
	}
	ls.generation++
	ls.current.Store(nil)
	return true
}

// retire drops the lease for good.
func (ls *leases) retire() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.retired = true
	ls.current.Store(nil)
}

// request is what this node knew when it asked for a lease.
type request struct {
	at         Reading
	epoch      uint64
	generation uint64
	wanted     bool // whether a lease is asked for
}

// request begins a request. What it notes must be noted before the leader is
// asked: the lease is about the time from here on.
func (c *Cluster) request() request {
	c.leases.mu.Lock()
	defer c.leases.mu.Unlock()
	index, epoch := c.cfg.Machine.Position()
	return request{at: c.cfg.Clock(), epoch: epoch, generation: c.leases.generation, wanted: index >= c.leases.owed.Load()}
}

// promise is a leader's answer to a request: a lease of that length, once this
// node's machine holds the index.
type promise struct {
	request
	answer readAnswer
}

// offer hands the promise to installLeases. One that finds it busy is given up.
func (c *Cluster) offer(p promise) {
	if p.answer.Lease <= 0 {
		return
	}
	c.leases.owed.Store(p.answer.Index)
	select {
	case c.leases.offered <- p:
	default:
	}
}

// installLeases takes on leases, one after the other.
func (c *Cluster) installLeases() {
	for {
		select {
		case p := <-c.leases.offered:
			c.install(p)
		case <-c.ctx.Done():
			return
		}
	}
}

// install takes a lease on when one handle of the machine holds the index and is
// of the epoch in which the lease was asked for. Seen on two handles, an older
// state could come in between.
func (c *Cluster) install(p promise) {
	l := c.leaseOf(p)
	ctx, cancel := context.WithTimeout(c.ctx, p.answer.Lease)
	defer cancel()
	if c.cfg.Machine.Wait(ctx, p.answer.Index) != nil {
		return
	}
	index, epoch := c.cfg.Machine.Position()
	fits := index >= p.answer.Index && epoch == p.epoch
	switch {
	case mutant.Is(mutant.NoEpoch):
		fits = true
	case mutant.Is(mutant.TwoHandles): // Wait has seen the index, on one handle; the epoch is of another
		c.cfg.Pause(PauseLeaseLookup)
		_, l.epoch = c.cfg.Machine.Position()
		fits = true
	}
	if !fits || c.cfg.Registry.Removed(c.cfg.Self.ID) && !mutant.Is(mutant.RetiredKeepsLease) {
		return
	}
	if c.leases.install(l, p.generation) {
		c.counters.taken.Add(1)
	}
}

func (c *Cluster) leaseOf(p promise) *lease {
	begin := p.at.Boot
	if mutant.Is(mutant.StartAtReply) {
		begin = c.cfg.Clock().Boot
	}
	l := &lease{epoch: p.epoch, skew: p.at.skew(), until: begin + p.answer.Lease - c.timing.margin(p.answer.Lease)}
	if p.answer.Stale > 0 {
		l.stale = begin + p.answer.Stale - c.timing.margin(p.answer.Stale)
	}
	return l
}

// install keeps the later lease; one of another epoch is of no use any more.
func (ls *leases) install(l *lease, generation uint64) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	now := ls.current.Load()
	later := now == nil || now.epoch != l.epoch || now.until < l.until
	if ls.retired || ls.generation != generation || !later {
		return false
	}
	ls.current.Store(l)
	return true
}

// renewals is how many times in the length of a lease it is renewed.
const renewals = 10

// keepLease renews this node's lease in time, whatever the load: an election must
// be over before it ends.
func (c *Cluster) keepLease() {
	for c.ctx.Err() == nil {
		every := c.timing.Tick
		if length := c.cfg.Registry.Freshness().Lease; length > 0 {
			every = max(every, length/renewals)
			ctx, cancel := context.WithTimeout(c.ctx, 2*every)
			_, _ = c.catchUps.join(ctx) // a round renews it; after one that fails comes another
			cancel()
		}
		sleep(c.ctx, every)
	}
}
