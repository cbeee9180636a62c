package cluster

import (
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
)

// reign is this node's leadership in one term, from when it is ready: it has
// applied an entry of the term, and so everything of earlier terms.
type reign struct {
	term  uint64
	since time.Duration // on the boot clock

	mu sync.Mutex
	// settled is a configuration that is known to be committed. A lease that was
	// granted by one that is not could be one of which no later leader knows.
	settled []raft.Server
	grants  map[string]grant // by member
	// version is that of the settings, and since when it was seen here.
	version   uint64
	versionAt time.Duration
}

// grant is when what was promised to a member is over, by this leader's clock.
type grant struct{ lease, stale time.Duration }

// reigning is this node's reign, if it goes on.
func (c *Cluster) reigning() (*reign, bool) {
	r := c.reign.Load()
	return r, r != nil && c.raft.State() == raft.Leader && c.raft.CurrentTerm() == r.term && c.fsm.failed.Load() == nil
}

// Freshness is what the replicated settings say about answering from a node's own
// state.
type Freshness struct {
	Lease time.Duration // a lease's length; 0: none are granted
	// Stale is for how long after a round a node may answer without a lease;
	// 0: not at all.
	Stale time.Duration
	// Former is for how long an answer may have been allowed by the settings
	// before these; 0 once such answers are known to be over.
	Former  time.Duration
	Version uint64 // grows with each change
}

// outstanding is the longest for which a member may go on without having heard of
// anything: what a leader waits for that does not know what was granted. Where
// stale answers are allowed, they are nobody's to wait for.
func (f Freshness) outstanding() time.Duration {
	if f.Stale > 0 || mutant.Is(mutant.LowerAtOnce) {
		return f.Lease
	}
	return max(f.Lease, f.Former)
}

// grant records that the member is about to be promised a lease, and returns what
// is promised: nothing to a server that is not in a configuration known to be
// committed, or was retired.
//
// It must be recorded before the index is read that goes with it: a take-away that
// is applied in between finds either the grant or, in the index, itself.
func (c *Cluster) grant(r *reign, member string) (lease, stale time.Duration) {
	f := c.cfg.Registry.Freshness()
	if f.Lease <= 0 || c.cfg.Registry.Removed(member) && !mutant.Is(mutant.NoDrain) {
		return 0, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !hasServer(r.settled, member) || !hasServer(c.configuration(), member) {
		return 0, 0
	}
	now := c.cfg.Clock().Boot
	g := r.grants[member]
	g.lease = max(g.lease, now+f.Lease+c.timing.margin(f.Lease))
	if f.Stale > 0 {
		g.stale = max(g.stale, now+f.Stale+c.timing.margin(f.Stale))
	}
	r.grants[member] = g
	return f.Lease, f.Stale
}

func hasServer(servers []raft.Server, id string) bool {
	for _, s := range servers {
		if string(s.ID) == id {
			return true
		}
	}
	return false
}

// becomeReady makes a new leader ready: a barrier that returns in the term in
// which it was issued means that an entry of this term, and so everything
// before it, has been applied here, and that the configuration read before it is
// committed.
func (c *Cluster) becomeReady() {
	term := c.raft.CurrentTerm()
	if now := c.reign.Load(); c.raft.State() != raft.Leader || now != nil && now.term == term {
		return
	}
	servers := c.configuration()
	if !mutant.Is(mutant.NoOwnTerm) {
		if err := await(c.ctx, c.raft.Barrier(c.timing.Attempt)); err != nil {
			c.stuck(term, err)
			return // not leader any more, or tried again at the next tick
		}
	}
	if c.raft.State() == raft.Leader && c.raft.CurrentTerm() == term {
		c.reign.Store(&reign{term: term, since: c.cfg.Clock().Boot, settled: servers, grants: map[string]grant{}})
		c.leadership.notify()
		c.log.Info("this node leads the cluster", "term", term)
	}
}

// stuckAfter is for how many heartbeats a leader may take itself to be handing
// over.
const stuckAfter = 10

// stuck ends the node when it leads and can never write again. hashicorp/raft
// v1.7.3 can lose the end of a hand-over, when two went to a follower that hung;
// from then on it refuses every entry whenever this node leads, and only a start
// anew makes it forget. Another leader is elected when this one is gone.
func (c *Cluster) stuck(term uint64, err error) {
	if !errors.Is(err, raft.ErrLeadershipTransferInProgress) {
		c.handingOver = handOver{}
		return
	}
	if c.handingOver.term != term {
		c.handingOver = handOver{term: term, since: c.cfg.Clock().Boot}
	}
	if c.cfg.Clock().Boot-c.handingOver.since > stuckAfter*c.timing.Heartbeat {
		c.cfg.Fatal(errors.New("cluster: Raft takes a hand-over of leadership to be going on that has ended, and refuses every write; start this node again"))
	}
}

// handOver is since when Raft has refused to write because of one.
type handOver struct {
	term  uint64
	since time.Duration
}

// settle notes a configuration once it is known to be committed, and settings
// once nobody can go on any more by those before them.
func (c *Cluster) settle() {
	r, ok := c.reigning()
	if !ok {
		return
	}
	if servers := c.configuration(); !sameServers(servers, r.settledServers()) {
		if await(c.ctx, c.raft.Barrier(c.timing.Attempt)) != nil {
			return
		}
		if now, ok := c.reigning(); ok && now == r {
			r.settleServers(servers)
		}
	}
	if f := c.cfg.Registry.Freshness(); f.Former > 0 && r.formerIsOver(f, c.cfg.Clock().Boot, c.timing.margin) {
		if err := c.cfg.Registry.Settle(c.ctx, f.Version); err != nil {
			c.log.Debug("the settings could not be settled; trying again", "error", err)
		}
	}
}

func (r *reign) settledServers() []raft.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settled
}

func (r *reign) settleServers(servers []raft.Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled = servers
}

// formerIsOver reports whether the time of the former settings has passed since
// this leader first saw the present ones.
func (r *reign) formerIsOver(f Freshness, now time.Duration, margin func(time.Duration) time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.version != f.Version {
		r.version, r.versionAt = f.Version, now
	}
	return now > r.versionAt+f.Former+margin(f.Former)
}
