package cluster

import (
	"sync/atomic"
	"time"
)

// Stats is how this node's part in the cluster has done since it was opened.
type Stats struct {
	Leads bool
	Term  uint64
	Index uint64        // of the latest entry that the machine holds
	Lease time.Duration // what is left of this node's; 0: it has none

	Rounds, RoundsFailed uint64  // of this node with the leader
	RoundSeconds         float64 // in all of them
	Barriers             uint64  // at this node as the leader
	BarrierTimeouts      uint64  // of those, how many could not wait long enough
	BarrierSeconds       float64
	Shed                 uint64 // callers who were refused because too many waited
	ClockAnomalies       uint64 // leases dropped because the clocks went apart
	LeasesTaken          uint64 // taken on by this node
	Cleanups             uint64 // dead members that this node removed as the leader
}

// Stats returns the figures as they are now.
func (c *Cluster) Stats() Stats {
	n := &c.counters
	return Stats{
		Leads:           c.Leads(),
		Term:            c.raft.CurrentTerm(),
		Index:           c.index(),
		Lease:           c.leaseLeft(),
		Rounds:          n.rounds.Load(),
		RoundsFailed:    n.roundsFailed.Load(),
		RoundSeconds:    seconds(&n.roundTime),
		Barriers:        n.barriers.Load(),
		BarrierTimeouts: n.barrierTimeouts.Load(),
		BarrierSeconds:  seconds(&n.barrierTime),
		Shed:            n.shed.Load(),
		ClockAnomalies:  n.anomalies.Load(),
		LeasesTaken:     n.taken.Load(),
		Cleanups:        n.cleanups.Load(),
	}
}

// leaseLeft is for how much longer this node may answer from its own state.
func (c *Cluster) leaseLeft() time.Duration {
	l := c.leases.current.Load()
	_, epoch := c.cfg.Machine.Position()
	if l == nil || l.epoch != epoch || c.cfg.Registry.Freshness().Lease == 0 {
		return 0
	}
	return max(0, l.until-c.cfg.Clock().Boot)
}

// counters only grow.
type counters struct {
	rounds, roundsFailed, roundTime        atomic.Uint64 // times in nanoseconds
	barriers, barrierTimeouts, barrierTime atomic.Uint64
	shed, anomalies, taken, cleanups       atomic.Uint64
}

func (n *counters) roundEnded(took time.Duration, err error) {
	n.rounds.Add(1)
	n.roundTime.Add(uint64(max(0, took)))
	if err != nil {
		n.roundsFailed.Add(1)
	}
}

func (n *counters) barrierEnded(took time.Duration) {
	n.barriers.Add(1)
	n.barrierTime.Add(uint64(max(0, took)))
}

func seconds(nanoseconds *atomic.Uint64) float64 {
	return time.Duration(nanoseconds.Load()).Seconds()
}
