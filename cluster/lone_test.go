package cluster

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// lone is one node without a network or a disk, for rules that need no more. The
// other members are what the test says of them.
type lone struct {
	*Cluster
	machine *machine
	clock   *handClock
	puppets *puppets
}

// newLone is a node whose Raft is not open.
func newLone() *lone {
	l := &lone{machine: newMachine(), clock: newHandClock(testTime()), puppets: newPuppets()}
	l.Cluster = newCluster(Config{
		Self:     Node{ID: "self"},
		Machine:  l.machine,
		Registry: &registry{machine: l.machine},
		Logger:   slog.New(slog.DiscardHandler),
		Timing:   Timing{Heartbeat: 100 * time.Millisecond, Commit: 5 * time.Millisecond},
		Clock:    l.clock.read,
		Removed:  func() {},
		Fatal:    func(error) {},
	})
	l.wire = l.puppets
	return l
}

// newLoneLeader is a node that leads, and is ready, in a cluster with the others,
// none of whom votes. Nothing is done by itself: housekeeping does not run.
func newLoneLeader(t *testing.T, others ...string) *lone {
	t.Helper()
	l := newLone()
	store := raft.NewInmemStore()
	l.stores = &stores{log: store, stable: store, snapshots: raft.NewInmemSnapshotStore(), close: func() error { return nil }}
	_, transport := raft.NewInmemTransport("self")
	servers := []raft.Server{{ID: "self", Address: "self"}}
	for _, id := range others {
		servers = append(servers, raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(id), Suffrage: raft.Nonvoter})
	}
	conf := l.raftConfig(l.raftLog())
	if err := raft.BootstrapCluster(conf, store, store, l.stores.snapshots, transport, raft.Configuration{Servers: servers}); err != nil {
		t.Fatal(err)
	}
	if err := l.openRaft(transport, l.raftConfig(l.raftLog())); err != nil {
		t.Fatal(err)
	}
	l.cfg.Registry.(*registry).cluster.Store(l.Cluster)
	t.Cleanup(func() {
		l.cancel()
		if err := l.raft.Shutdown().Error(); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the node to lead", l.Leads)
	l.becomeReady()
	if _, ok := l.reigning(); !ok {
		t.Fatal("it leads and is not ready")
	}
	return l
}

// settings puts the settings in force on this node.
func (l *lone) settings(f Freshness) {
	l.machine.mu.Lock()
	defer l.machine.mu.Unlock()
	l.machine.ledger.Fresh = f
}

// reach brings the machine to the index.
func (l *lone) reach(index uint64) {
	if err := l.machine.Apply(index, command{ID: NewID()}.entry()); err != nil {
		panic(err)
	}
}

// goBack replaces the machine's state by one of an earlier index, as a snapshot
// may.
func (l *lone) goBack(index uint64) {
	l.machine.mu.Lock()
	earlier := l.machine.ledger
	l.machine.mu.Unlock()
	earlier.Index = index
	data, err := json.Marshal(earlier)
	if err != nil {
		panic(err)
	}
	l.machine.restoreFrom(data)
}

// takes has the node take on what a leader promised to the request.
func (l *lone) takes(r request, answer readAnswer) {
	l.install(promise{request: r, answer: answer})
}

func (l *lone) reignNow() *reign {
	r, _ := l.reigning()
	return r
}

// handClock is a machine's clock that a test may put forward.
type handClock struct {
	base func() Reading

	mu    sync.Mutex
	ahead Reading
}

func newHandClock(base func() Reading) *handClock { return &handClock{base: base} }

// testTime is a clock that goes with time.Now, which in a bubble of synctest is not
// the machine's.
func testTime() func() Reading {
	start := time.Now()
	return func() Reading {
		passed := time.Since(start)
		return Reading{Boot: time.Hour + passed, Wall: 1000*time.Hour + passed}
	}
}

func (h *handClock) read() Reading {
	now := h.base()
	h.mu.Lock()
	defer h.mu.Unlock()
	return Reading{Boot: now.Boot + h.ahead.Boot, Wall: now.Wall + h.ahead.Wall}
}

// advance lets time pass for this machine alone.
func (h *handClock) advance(d time.Duration) { h.put(d, d) }

// put puts the two clocks forward, or back, each by its own amount.
func (h *handClock) put(boot, wall time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead.Boot += boot
	h.ahead.Wall += wall
}

// puppets are the other members: a wire whose far ends a test plays.
type puppets struct {
	mu    sync.Mutex
	plays map[string]func(ctx context.Context, question indexAnswer) (indexAnswer, error)
	asked map[string]int
}

func newPuppets() *puppets {
	return &puppets{plays: map[string]func(context.Context, indexAnswer) (indexAnswer, error){}, asked: map[string]int{}}
}

// play says how a member answers what it holds. One without a part is silent.
func (p *puppets) play(id string, part func(ctx context.Context, question indexAnswer) (indexAnswer, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plays[id] = part
}

// follows is the part of a member that holds whatever it is asked for.
func (p *puppets) follows(ids ...string) {
	for _, id := range ids {
		p.play(id, func(_ context.Context, q indexAnswer) (indexAnswer, error) { return q, nil })
	}
}

// questions is how many times the member was asked.
func (p *puppets) questions(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[id]
}

func (p *puppets) call(ctx context.Context, id, name string, body []byte, answer any) error {
	p.mu.Lock()
	p.asked[id]++
	part := p.plays[id]
	p.mu.Unlock()
	if part == nil || name != rpcHolds {
		<-ctx.Done()
		return errLost
	}
	q, err := decode[indexAnswer](body)
	if err == nil {
		*answer.(*indexAnswer), err = part(ctx, q)
	}
	return err
}

func (p *puppets) transport() raftTransport                          { return nil }
func (p *puppets) serve(_ *raft.Raft, _, _, _ map[string]rpcHandler) {}
func (p *puppets) hurry(bool)                                        {}
func (p *puppets) close()                                            {}
