package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"jeton/internal/history"
)

// simWorld is one simulated run: a cluster, its clients and what befalls it, all of
// it in a bubble of testing/synctest, where time passes when everybody waits.
type simWorld struct {
	seed    uint64
	rand    *rand.Rand // of the run's plan; the clients have their own
	began   time.Time
	lease   time.Duration // at first
	net     *simNet
	nodes   []*simNode
	history *history.Recorder
	profile profile
	serial  atomic.Int64
	closing sync.WaitGroup // what crashes have left
	quiet   atomic.Bool    // the clients wait
	over    chan struct{}  // closed when nothing is disturbed and asked any more

	mu       sync.Mutex
	lost     string // the node whose disk is gone, once one is
	replaced bool   // and another has come in its place
	failures []string
	trace    []string
	entries  map[uint64]simEntry // what was applied first at each index
	secrets  map[string][]string // the latest of each name
}

const (
	simVoters    = 3
	simNonVoters = 2
	simNames     = 5
	simClients   = 5
	simSpan      = 2500 * time.Millisecond
)

func newSimWorld(seed uint64, p profile) *simWorld {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := &simWorld{
		seed: seed, profile: p, rand: rng, began: time.Now(), lease: time.Duration(200+rng.IntN(400)) * time.Millisecond,
		net:  newSimNet(rand.New(rand.NewPCG(seed, 2))),
		over: make(chan struct{}), secrets: map[string][]string{}, entries: map[uint64]simEntry{},
	}
	or(&w.profile.holds, 20)
	or(&w.profile.hashes, 12)
	if p.lease != 0 {
		w.lease = p.lease
	}
	w.history = history.NewRecorder(w.elapsed)
	var servers []raft.Server
	for i := range simVoters + simNonVoters {
		n := w.newNode(i)
		suffrage := raft.Voter
		if i >= simVoters {
			suffrage = raft.Nonvoter
		}
		servers = append(servers, raft.Server{ID: raft.ServerID(n.id), Address: raft.ServerAddress(n.id), Suffrage: suffrage})
	}
	for _, n := range w.nodes {
		bootstrap(n, servers)
		n.start()
	}
	return w
}

// bootstrap writes the same first entry to every disk.
func bootstrap(n *simNode, servers []raft.Server) {
	l := &raft.Log{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(raft.Configuration{Servers: servers})}
	_ = n.disk.SetUint64([]byte("CurrentTerm"), 1)
	_ = n.disk.StoreLog(l)
}

func (w *simWorld) newNode(i int) *simNode {
	n := &simNode{
		world: w, id: fmt.Sprint("n", i), disk: newSimDisk(rand.New(rand.NewPCG(w.seed, uint64(100+i)))),
		heartbeat: w.profile.heartbeat(i, w.rand),
		rate:      (w.rand.Float64() - 0.5) * 0.008,
		offset:    time.Duration(w.rand.Int64N(int64(1000 * time.Hour))),
	}
	w.nodes = append(w.nodes, n)
	return n
}

func (w *simWorld) elapsed() time.Duration { return time.Since(w.began) }

// Write keeps what the nodes log.
func (w *simWorld) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, string(line))
	return len(line), nil
}

func (w *simWorld) unique(what string) string { return fmt.Sprint(what, " ", w.serial.Add(1)) }

func (w *simWorld) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

// simEntry is an entry of the log, and the node that was the first to apply it.
type simEntry struct{ id, node string }

// applied holds that all machines apply the same entries: what Raft promises, and
// everything here rests on.
func (w *simWorld) applied(node string, index uint64, id string) {
	w.mu.Lock()
	first, known := w.entries[index]
	if !known {
		w.entries[index] = simEntry{id, node}
	}
	w.mu.Unlock()
	if known && first.id != id {
		w.fail("at index %d %s applied %q, and %s %q", index, first.node, first.id, node, id)
	}
}

// run lets clients work while things go wrong, then lets all come right, and
// judges.
func (w *simWorld) run() []string {
	var clients, faults sync.WaitGroup
	for i := range simClients {
		clients.Go(func() { w.client(rand.New(rand.NewPCG(w.seed, uint64(10+i)))) })
	}
	for i, kind := range w.profile.faults {
		faults.Go(func() { w.disturb(rand.New(rand.NewPCG(w.seed, uint64(50+i))), kind) })
	}
	time.Sleep(simSpan)
	close(w.over)
	faults.Wait()
	clients.Wait()
	w.comeRight()
	for _, n := range w.nodes {
		n.crash()
	}
	w.closing.Wait()
	ops := w.history.Ops()
	for _, v := range history.Check(history.Restored(ops, simBackups)) {
		w.fail("%v", v)
	}
	if len(w.failures) > 0 && *simTrace {
		for _, op := range ops {
			w.fail("trace %v", op)
		}
		for i := uint64(0); i < 2000; i++ {
			if e, ok := w.entries[i]; ok {
				w.fail("entry %d %v", i, e)
			}
		}
		for _, l := range w.trace {
			w.fail("raft %s", l)
		}
	}
	return w.failures
}

// comeRight starts what is down, and holds that the cluster can be written to when
// nothing stands in its way any more.
func (w *simWorld) comeRight() {
	w.net.heal()
	for _, n := range w.nodes {
		if !w.retired(n.id) && n.id != w.lostNode() {
			n.start()
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for i := 0; time.Now().Before(deadline); i++ {
		at, ok := w.nodes[i%len(w.nodes)].enter()
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, 500*time.Millisecond)
		err := at.simLife.cluster.Commit(ctx, simCommand{ID: w.unique("at the end"), Op: simDelete, Name: "nothing"}.entry())
		cancel()
		at.leave()
		if err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	w.fail("nothing stands in its way, and the cluster cannot be written to")
}

// retired reports whether any machine knows that the id was retired.
func (w *simWorld) retired(id string) bool {
	for _, n := range w.nodes {
		if l := n.alive(); l != nil && l.machine.current.Load().Retired[id] {
			return true
		}
	}
	return false
}

func (w *simWorld) isOver() bool {
	select {
	case <-w.over:
		return true
	default:
		return false
	}
}
