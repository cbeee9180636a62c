package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"
)

// Autopilot is what the replicated settings say about looking after members.
type Autopilot struct {
	// CleanupDeadServers: a member that has not answered a leader for
	// DeadServerThreshold is removed, while MinQuorum that are meant to vote remain.
	CleanupDeadServers  bool
	DeadServerThreshold time.Duration
	MinQuorum           uint
	// A member is well that has heard of its leader within LastContactThreshold and
	// is no more than MaxTrailingLogs entries behind it.
	LastContactThreshold time.Duration
	MaxTrailingLogs      uint64
	// ServerStabilization is for how long a newcomer must have been well before it
	// votes.
	ServerStabilization time.Duration
}

// pilot is hashicorp/raft-autopilot during one reign of this node. A next reign has
// a next one: how long a member has been well is what this leader has seen.
type pilot struct {
	c        *Cluster
	survey   *survey
	auto     *autopilot.Autopilot
	cleaning atomic.Bool
	cleanups sync.WaitGroup
	ctx      context.Context // ends with the reign
	cancel   context.CancelFunc
}

var _ autopilot.ApplicationIntegration = (*pilot)(nil)

func newPilot(c *Cluster, r *reign) *pilot {
	p := &pilot{c: c, survey: newSurvey(c, r)}
	p.ctx, p.cancel = context.WithCancel(c.ctx)
	// What it cannot do it tries again, and what it does is logged by who does it.
	quiet := &raftLog{log: c.log.With("component", "raft"), name: "raft", closing: func() bool { return true }}
	p.auto = autopilot.New(autopilotRaft{c}, p,
		autopilot.WithLogger(quiet),
		autopilot.WithPromoter(promoter{c, p.survey}),
		autopilot.WithUpdateInterval(c.timing.Survey),
		autopilot.WithReconcileInterval(c.timing.Tick),
	)
	return p
}

// pilotReigns runs autopilot whenever this node reigns.
func (c *Cluster) pilotReigns() {
	tick := time.NewTicker(c.timing.Tick)
	defer tick.Stop()
	next := func() bool {
		select {
		case <-c.leadership.wait():
		case <-tick.C:
		case <-c.ctx.Done():
		}
		return c.ctx.Err() == nil
	}
	for next() {
		r, ok := c.reigning()
		if !ok {
			continue
		}
		p := newPilot(c, r)
		p.auto.Start(p.ctx)
		for next() {
			if !c.reignsStill(r) {
				break
			}
		}
		p.stop()
	}
}

// stop waits for what autopilot began; it may still want to change members, and
// finds that it may not.
func (p *pilot) stop() {
	p.cancel()
	<-p.auto.Stop()
	p.cleanups.Wait()
}

// AutopilotConfig implements autopilot.ApplicationIntegration.
func (p *pilot) AutopilotConfig() *autopilot.Config {
	s := p.c.autopilot()
	return &autopilot.Config{
		CleanupDeadServers:      s.CleanupDeadServers,
		LastContactThreshold:    s.LastContactThreshold,
		MaxTrailingLogs:         s.MaxTrailingLogs,
		MinQuorum:               s.MinQuorum,
		ServerStabilizationTime: s.ServerStabilization,
	}
}

// autopilot is what the settings say, but for the times that Timing replaces.
func (c *Cluster) autopilot() Autopilot {
	s := c.cfg.Registry.Autopilot()
	if c.timing.Stabilization != 0 {
		s.ServerStabilization = c.timing.Stabilization
	}
	if c.timing.DeadAfter != 0 {
		s.DeadServerThreshold = c.timing.DeadAfter
	}
	return s
}

// NotifyState implements autopilot.ApplicationIntegration.
func (p *pilot) NotifyState(s *autopilot.State) { p.c.takeOverview(p.survey.overview(s)) }

// FetchServerStats implements autopilot.ApplicationIntegration.
func (p *pilot) FetchServerStats(ctx context.Context, servers map[raft.ServerID]*autopilot.Server) map[raft.ServerID]*autopilot.ServerStats {
	ids := make([]string, 0, len(servers))
	for id := range servers {
		ids = append(ids, string(id))
	}
	p.survey.ask(ctx, ids)
	stats := map[raft.ServerID]*autopilot.ServerStats{}
	for id := range servers {
		stats[id] = p.survey.stats(string(id))
	}
	return stats
}

// KnownServers implements autopilot.ApplicationIntegration: all that Raft's
// configuration has. One that autopilot found there and not here it would take out
// without a look at its leases.
func (p *pilot) KnownServers() map[raft.ServerID]*autopilot.Server {
	known := map[raft.ServerID]*autopilot.Server{}
	dead := p.c.autopilot().DeadServerThreshold
	for _, s := range p.c.configuration() {
		status := autopilot.NodeAlive
		if p.survey.dead(string(s.ID), dead) {
			status = autopilot.NodeFailed
		}
		known[s.ID] = &autopilot.Server{
			ID: s.ID, Name: string(s.ID), Address: s.Address, NodeStatus: status, RaftVersion: raft.ProtocolVersionMax,
			IsLeader: string(s.ID) == p.c.cfg.Self.ID, NodeType: p.c.nodeType(string(s.ID)),
		}
	}
	return known
}

// RemoveFailedServer implements autopilot.ApplicationIntegration. It may not wait,
// and a removal waits for leases.
func (p *pilot) RemoveFailedServer(s *autopilot.Server) {
	if p.cleaning.CompareAndSwap(false, true) {
		p.cleanups.Go(func() {
			defer p.cleaning.Store(false)
			p.cleanUp(string(s.ID))
		})
	}
}

// cleanUp removes a dead server, unless it answers after all or others have gone.
func (p *pilot) cleanUp(id string) {
	c := p.c
	ctx, cancel := context.WithTimeout(p.ctx, c.attempt(rpcRevoke))
	defer cancel()
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return
	}
	defer leave()
	if !p.mayCleanUp(id) || !c.asksInVain(ctx, id) {
		return
	}
	silence, _ := p.survey.silence(id)
	c.log.Warn("a member has not answered for so long that it is removed", "node", id, "silent", silence.Round(time.Second))
	if err := c.removeEntered(ctx, p.survey.reign, id); err != nil {
		c.log.Warn("a dead member could not be removed; trying again", "node", id, "error", err)
		return
	}
	c.counters.cleanups.Add(1)
}

// mayCleanUp looks once more at what may have changed while others were waited for.
// After its reign a survey hears of nobody, and finds everybody dead.
func (p *pilot) mayCleanUp(id string) bool {
	settings := p.c.autopilot()
	return p.c.reignsStill(p.survey.reign) && settings.CleanupDeadServers &&
		p.survey.dead(id, settings.DeadServerThreshold) && p.c.leavesQuorum(id, settings.MinQuorum)
}

// leavesQuorum reports whether so many that are meant to vote remain without the id.
func (c *Cluster) leavesQuorum(id string, least uint) bool {
	n := uint(0)
	for _, s := range c.configuration() {
		if string(s.ID) != id && c.meantToVote(string(s.ID)) {
			n++
		}
	}
	return !c.meantToVote(id) || n >= least
}
