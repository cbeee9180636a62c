//go:build linux

package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// link is one direction between two nodes: what the network does to the bytes
// that go from the one to the other, whoever opened the connection.
type link struct {
	// cut holds all bytes, as lost packets do: the connection stands. What is
	// held arrives when the link is healed, unless the connection is reset.
	cut bool
	// loss is the share of packets that are lost. Clients of TCP do not see a
	// lost packet but a pause, of 200 ms and twice as much for each further loss,
	// and at last a reset; so does this, for every piece that is passed on.
	loss float64
	// delay is how long each piece is under way; rate, how many bytes a second
	// fit through, 0 for any number.
	delay time.Duration
	rate  int
}

type pair struct{ from, to string }

// network is what stands between the nodes.
type network struct {
	mu      sync.Mutex
	links   map[pair]link
	changed chan struct{} // closed when a link changes
	conns   map[*wire]bool
}

func newNetwork() *network {
	return &network{links: map[pair]link{}, changed: make(chan struct{}), conns: map[*wire]bool{}}
}

// set changes the links from one node to another.
func (n *network) set(l link, pairs ...pair) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range pairs {
		n.links[p] = l
	}
	n.change()
}

// heal makes all links good. With reset, all connections break, and what was
// held is lost; without, it arrives now.
func (n *network) heal(reset bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.conns {
		if reset {
			w.reset()
		}
	}
	clear(n.links)
	n.change()
}

func (n *network) change() {
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *network) link(p pair) (l link, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.links[p], n.changed
}

// open waits until the link carries something.
func (n *network) open(ctx context.Context, p pair) (link, bool) {
	for {
		l, changed := n.link(p)
		if !l.cut {
			return l, ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return l, false
		}
	}
}

// carry waits for as long as so many bytes are under way on the link. It is
// false when they never arrive.
func (n *network) carry(ctx context.Context, p pair, size int) bool {
	l, ok := n.open(ctx, p)
	if !ok {
		return false
	}
	for lost := 200 * time.Millisecond; l.loss > 0 && rand.Float64() < l.loss; lost *= 2 {
		if lost > 10*time.Second || !pause(ctx, lost) {
			return false
		}
	}
	under := l.delay
	if l.rate > 0 {
		under += time.Duration(size) * time.Second / time.Duration(l.rate)
	}
	if under > 0 && !pause(ctx, under) {
		return false
	}
	_, ok = n.open(ctx, p) // it may have been cut meanwhile
	return ok
}

// pause lets time pass; it is false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// between are both directions between each of a and each of b.
func between(a, b []string) []pair { return append(oneWay(a, b), oneWay(b, a)...) }

// oneWay are the directions from each of a to each of b.
func oneWay(a, b []string) []pair {
	var pairs []pair
	for _, from := range a {
		for _, to := range b {
			if from != to {
				pairs = append(pairs, pair{from, to})
			}
		}
	}
	return pairs
}
