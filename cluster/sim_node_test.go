package cluster

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"jeton/internal/freshness"
)

// simNode is one node of a simulation. Its stores outlive its crashes.
type simNode struct {
	world *simWorld
	id    string
	disk  *simDisk
	// heartbeat differs between nodes: one with a long one goes on believing that
	// it leads while those with short ones have elected another.
	heartbeat time.Duration
	rate      float64 // of its clock
	offset    time.Duration

	turning sync.Mutex // held while it starts or crashes
	mu      sync.Mutex
	life    *simLife      // nil while it is down
	slow    time.Duration // Apply takes up to this
	travels time.Duration // before the next Apply the machine goes back in time for this long
	jump    time.Duration // of the wall clock
}

// simLife is a node from a start to a crash.
type simLife struct {
	node    *simNode
	wire    *simWire
	cluster *Cluster
	machine *simMachine
	doing   sync.WaitGroup // who is at the node
}

// alive is the node's present life, or nil.
func (n *simNode) alive() *simLife {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life
}

// clock runs a little too fast or too slow.
func (n *simNode) clock() Reading {
	elapsed := n.world.elapsed()
	boot := n.offset + elapsed + time.Duration(float64(elapsed)*n.rate)
	n.mu.Lock()
	defer n.mu.Unlock()
	return Reading{Boot: boot, Wall: boot + n.jump + time.Hour}
}

var errNoCertificates = errors.New("a simulated cluster signs nothing")

// start opens the node from its stores, if it is down.
func (n *simNode) start() {
	n.turning.Lock()
	defer n.turning.Unlock()
	if n.alive() != nil {
		return
	}
	l := &simLife{node: n, wire: n.world.net.newWire(n.id)}
	l.machine = newSimMachine(n.world.lease, l.delayApply, l.applied)
	c := newCluster(Config{
		Self:     Node{ID: n.id, Name: n.id},
		Machine:  l.machine,
		Registry: simRegistry{l},
		Logger:   slog.New(slog.DiscardHandler),
		Timing: Timing{
			Heartbeat: n.heartbeat, Commit: 20 * time.Millisecond, Attempt: 400 * time.Millisecond, Tick: 30 * time.Millisecond,
			Survey: 100 * time.Millisecond, Stabilization: 150 * time.Millisecond, Grain: 10 * time.Millisecond, SnapshotThreshold: 12, TrailingLogs: 3, SnapshotInterval: 150 * time.Millisecond,
			Silence: 200 * time.Millisecond,
		},
		Removed: l.removed,
		Fatal:   func(err error) { n.world.fail("node %s stopped: %v", n.id, err) },
		Clock:   n.clock,
		Pause:   func(string) { l.linger() },
	})
	l.cluster = c
	wire := l.wire
	c.wire, c.book = wire, &addressBook{}
	c.stores = &stores{log: n.disk, stable: n.disk, snapshots: n.disk, close: func() error { return nil }}
	c.busy.addresses.Store(true)
	conf := c.raftConfig(&raftLog{log: c.log, name: "raft", closing: func() bool { return true }})
	conf.Logger = hclog.NewNullLogger()
	if *simTrace {
		conf.Logger = hclog.New(&hclog.LoggerOptions{Name: n.id, Level: hclog.Debug, Output: n.world, TimeFormat: "05.000000"})
	}
	conf.BatchApplyCh = false // what waits in a buffer when Raft stops is never answered
	if err := c.run(conf); err != nil {
		n.world.fail("open %s: %v", n.id, err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.life = l
}

// applied tells what the node applies, while it lives: what was not closed yet after
// a crash goes on by itself, and nobody hears of it.
func (l *simLife) applied(index uint64, id string) {
	if !l.wire.dead() {
		l.node.world.applied(l.node.id, index, id)
	}
}

// removed ends a node that learns of its removal, as package node does; now and
// then one that does not hear of it in time goes on being asked.
func (l *simLife) removed() {
	if l.node.world.net.chance(2) == 0 {
		l.node.world.closing.Go(l.node.crash)
	}
}

// linger is what happens at the Pause points: now and then the node is held up
// there, and always while it is paused.
func (l *simLife) linger() {
	net := l.node.world.net
	if net.chance(l.node.world.profile.holds) == 0 {
		sleepUntil(l.wire.ctx.Done(), net.chance(60*time.Millisecond))
	}
	l.wire.gate()
}

// delayApply is what may happen before an entry is applied.
func (l *simLife) delayApply() {
	n := l.node
	n.mu.Lock()
	slow, travels, living := n.slow, n.travels, n.life == l
	if living {
		n.travels = 0
	}
	n.mu.Unlock()
	if !living {
		return
	}
	if slow > 0 {
		time.Sleep(n.world.net.chance(slow))
	}
	l.wire.gate()
	if travels > 0 && !l.cluster.Leads() { // nobody sends a leader a snapshot
		l.machine.travel(travels)
	}
}

// crash ends the node at once, as far as anybody can see.
func (n *simNode) crash() {
	n.turning.Lock()
	defer n.turning.Unlock()
	n.mu.Lock()
	l := n.life
	n.life = nil
	n.mu.Unlock()
	if l == nil {
		return
	}
	l.wire.kill()
	n.disk = n.disk.afterCrash() // the old one is written on by what is ending
	n.world.closing.Go(l.end)
}

// end closes what a crash has left. Raft, which reaches nobody any more, answers
// all that waits for it when it notices; what it is closed over it never answers.
func (l *simLife) end() {
	l.doing.Wait()
	time.Sleep(4*l.node.heartbeat + time.Second)
	if err := l.cluster.Close(); err != nil {
		l.node.world.fail("close %s: %v", l.node.id, err)
	}
}

// simRegistry is what the simulation's state knows of nodes.
type simRegistry struct{ life *simLife }

func (r simRegistry) state() *simState       { return r.life.machine.current.Load() }
func (r simRegistry) Nodes() []Node          { return r.life.node.world.namesakes() }
func (r simRegistry) Removed(id string) bool { return r.state().Retired[id] }
func (r simRegistry) Freshness() Freshness   { return r.state().Fresh }

func (r simRegistry) Admit(context.Context, JoinRequest, func(string) bool) error {
	return errNoCertificates
}

func (r simRegistry) Admissible(context.Context, Node) error { return nil }

func (r simRegistry) AdmitSeeded(context.Context, Node, func(string) bool) error {
	return errNoCertificates
}

func (r simRegistry) Sign([]byte, string) (Certificate, error) {
	return Certificate{}, errNoCertificates
}

func (r simRegistry) Update(context.Context, Node) error { return nil }

func (r simRegistry) Retire(ctx context.Context, id string) error {
	_, err := r.life.cluster.Revoke(ctx, simCommand{ID: r.life.node.world.unique(simRetire), Op: simRetire, Name: id}.entry())
	return err
}

func (r simRegistry) Level() int { return firstLevel }

func (r simRegistry) Raise(context.Context, int, []string) error { return nil }
func (r simRegistry) Replica(id string) bool                     { return r.state().Replicas[id] }
func (r simRegistry) Autopilot() Autopilot                       { return autopilotDefaults }

func (r simRegistry) SetVoting(ctx context.Context, id string, vote bool) error {
	op := simDemote
	if vote {
		op = simPromote
	}
	return r.life.cluster.Commit(ctx, simCommand{ID: r.life.node.world.unique(op), Op: op, Name: id}.entry())
}

func (r simRegistry) Settle(ctx context.Context, version uint64) error {
	return r.life.cluster.Commit(ctx, simCommand{ID: r.life.node.world.unique(simSettle), Op: simSettle, Seen: version}.entry())
}

// simSource is a node's state as security sees it.
type simSource struct {
	cluster *Cluster
	machine *simMachine
}

func (s simSource) Permit() freshness.Permit { return freshness.Permit(s.cluster.Permit()) }
func (s simSource) Current() *simState       { return s.machine.current.Load() }

func (s simSource) CatchUp(ctx context.Context) (*simState, error) {
	index, err := s.cluster.ReadIndex(ctx)
	if err != nil {
		return nil, err
	}
	state, err := s.machine.at(ctx, index)
	if err != nil {
		return nil, ErrNoLeader
	}
	return state, nil
}
