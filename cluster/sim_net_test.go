package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// simNet is the network of a simulation: calls between nodes that take time, and
// that wait where a direction is cut, as bytes on a connection would.
type simNet struct {
	mu      sync.Mutex
	rand    *rand.Rand
	wires   map[string]*simWire
	cut     map[[2]string]bool
	delay   map[[2]string]time.Duration       // added to what is sent in a direction
	holds   func(to string, command any) bool // what of Raft's does not arrive; nil: nothing
	changed broadcast
}

func newSimNet(rng *rand.Rand) *simNet {
	return &simNet{rand: rng, wires: map[string]*simWire{}, cut: map[[2]string]bool{}, delay: map[[2]string]time.Duration{}}
}

func (n *simNet) change(f func()) {
	n.mu.Lock()
	f()
	n.mu.Unlock()
	n.changed.notify()
}

func (n *simNet) sever(from, to []string) {
	n.change(func() {
		for _, f := range from {
			for _, t := range to {
				n.cut[[2]string{f, t}] = true
			}
		}
	})
}

func (n *simNet) heal() {
	n.change(func() { clear(n.cut); clear(n.delay) })
}

// chance is one number of the simulation's, below max.
func (n *simNet) chance(max time.Duration) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Duration(n.rand.Int64N(int64(max)))
}

// travel lets a message pass from one node to the other; false means that it was
// lost, with its connection, or that nobody waits for it any more.
func (n *simNet) travel(from, to *simWire, done <-chan struct{}) bool {
	if to == nil {
		return false
	}
	direction := [2]string{from.id, to.id}
	sleepUntil(done, 100*time.Microsecond+n.chance(400*time.Microsecond))
	for {
		changed := n.changed.wait()
		n.mu.Lock()
		cut, delay := n.cut[direction], n.delay[direction]
		n.mu.Unlock()
		switch {
		case from.dead() || to.dead():
			return false
		case cut || from.paused() || to.paused():
			select {
			case <-changed:
				continue
			case <-done:
				return false
			}
		}
		if delay > 0 {
			sleepUntil(done, n.chance(delay))
		}
		return true
	}
}

func sleepUntil(done <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	}
}

// simWire is one node's way into the simulated network.
type simWire struct {
	net      *simNet
	id       string
	consumer chan raft.RPC
	closed   chan struct{}
	once     sync.Once

	mu        sync.Mutex
	isDead    bool
	isPaused  bool
	heartbeat func(raft.RPC)
	handlers  map[string]rpcHandler
	answering sync.WaitGroup
	ctx       context.Context
	cancel    context.CancelFunc
}

func (n *simNet) newWire(id string) *simWire {
	w := &simWire{net: n, id: id, consumer: make(chan raft.RPC), closed: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	n.change(func() { n.wires[id] = w })
	return w
}

func (n *simNet) isHeld(to string, command any) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.holds != nil && n.holds(to, command)
}

// wire is that of the node's present life, or nil.
func (n *simNet) wire(id string) *simWire {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.wires[id]
}

func (w *simWire) dead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isDead
}

func (w *simWire) paused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isPaused
}

// kill ends all that comes from the node and goes to it.
func (w *simWire) kill() {
	w.mu.Lock()
	w.isDead, w.isPaused = true, false
	w.mu.Unlock()
	w.net.changed.notify()
}

func (w *simWire) pause(on bool) {
	w.mu.Lock()
	w.isPaused = on
	w.mu.Unlock()
	w.net.changed.notify()
}

// gate holds who acts on the node for as long as it is paused.
func (w *simWire) gate() {
	for {
		changed := w.net.changed.wait()
		if !w.paused() {
			return
		}
		<-changed
	}
}

func (w *simWire) transport() raftTransport { return simTransport{w} }
func (w *simWire) hurry(bool)               {}

func (w *simWire) serve(_ *raft.Raft, members, _, _ map[string]rpcHandler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers = members
}

func (w *simWire) close() {
	w.kill()
	w.cancel()
	w.answering.Wait()
}

var errSimTimeout = errors.New("simulated call timed out")

// call is a question to another node.
func (w *simWire) call(ctx context.Context, id, name string, body []byte, answer any) error {
	far := w.net.wire(id)
	if !w.net.travel(w, far, ctx.Done()) {
		return errUnreached
	}
	type reply struct {
		data []byte
		err  error
	}
	replies := make(chan reply, 1)
	if !far.answer(ctx, func(ctx context.Context, handlers map[string]rpcHandler) {
		v, err := handlers[name](ctx, w.id, body)
		if err != nil {
			replies <- reply{err: toWire(err).toError()}
			return
		}
		data, err := json.Marshal(v)
		replies <- reply{data, err}
	}) {
		return errUnreached
	}
	select {
	case r := <-replies:
		if !w.net.travel(far, w, ctx.Done()) {
			return errLost
		}
		if r.err != nil {
			return r.err
		}
		return json.Unmarshal(r.data, answer)
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errLost, ctx.Err())
	}
}

// answer runs a handler; false means that the node does not answer yet or any
// more.
func (w *simWire) answer(ctx context.Context, f func(context.Context, map[string]rpcHandler)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handlers == nil || w.isDead {
		return false
	}
	handlers := w.handlers
	w.answering.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer context.AfterFunc(w.ctx, cancel)()
		defer cancel()
		f(ctx, handlers)
	})
	return true
}
