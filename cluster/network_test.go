package cluster

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

// network is what the nodes of a test dial through. A direction from one node
// to another can be cut: what is sent in it is held back, on connections that
// there are too, and arrives late if the network heals before somebody gives
// up. Nothing can be dialled while either direction is cut.
type network struct {
	mu      sync.Mutex
	at      map[string]string // address → node id
	cut     map[[2]string]bool
	changed broadcast

	pairing sync.Mutex
	pairs   net.Listener
}

func newNetwork(t testing.TB) *network {
	t.Helper()
	pairs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{at: map[string]string{}, cut: map[[2]string]bool{}, pairs: pairs}
	t.Cleanup(func() { _ = pairs.Close() })
	return n
}

func (n *network) place(id, address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at[address] = id
}

// sever cuts the direction from each of the senders to each of the receivers.
func (n *network) sever(senders, receivers []*member) {
	n.mu.Lock()
	for _, s := range senders {
		for _, r := range receivers {
			n.cut[[2]string{s.self.ID, r.self.ID}] = true
		}
	}
	n.mu.Unlock()
	n.changed.notify()
}

// split cuts both directions between the two sides.
func (n *network) split(side, other []*member) {
	n.sever(side, other)
	n.sever(other, side)
}

func (n *network) heal() {
	n.mu.Lock()
	clear(n.cut)
	n.mu.Unlock()
	n.changed.notify()
}

func (n *network) target(address string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at[address]
}

func (n *network) isCut(from, to string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut[[2]string{from, to}]
}

// pass waits until nothing is cut, or until done.
func (n *network) pass(done <-chan struct{}, directions ...[2]string) bool {
	for {
		changed := n.changed.wait()
		cut := false
		for _, d := range directions {
			cut = cut || n.isCut(d[0], d[1])
		}
		if !cut {
			return true
		}
		select {
		case <-changed:
		case <-done:
			return false
		}
	}
}

// dialer is one node's way out.
func (n *network) dialer(from string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		to := n.target(address)
		if to == "" { // a connection to nobody would be cut by nothing, also once somebody listens there
			return nil, errors.New("nobody is placed at " + address)
		}
		there, back := [2]string{from, to}, [2]string{to, from}
		if !n.pass(ctx.Done(), there, back) {
			return nil, ctx.Err()
		}
		far, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		near, inner, err := n.pair()
		if err != nil {
			_ = far.Close()
			return nil, err
		}
		closed := make(chan struct{})
		end := sync.OnceFunc(func() {
			close(closed)
			_ = inner.Close()
			_ = far.Close()
		})
		go n.carry(inner, far, there, closed, end)
		go n.carry(far, inner, back, closed, end)
		return near, nil
	}
}

func (n *network) carry(from, to net.Conn, direction [2]string, closed <-chan struct{}, end func()) {
	defer end()
	buffer := make([]byte, 32<<10)
	for {
		size, err := from.Read(buffer)
		if size > 0 {
			if !n.pass(closed, direction) {
				return
			}
			if _, err := to.Write(buffer[:size]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pair returns the two ends of a new TCP connection.
func (n *network) pair() (near, far net.Conn, err error) {
	n.pairing.Lock()
	defer n.pairing.Unlock()
	if near, err = net.Dial("tcp", n.pairs.Addr().String()); err != nil {
		return nil, nil, err
	}
	if far, err = n.pairs.Accept(); err != nil {
		_ = near.Close()
		return nil, nil, err
	}
	return near, far, nil
}
