package nodetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Ports that nobody is given who asks for any: a node that is told beforehand where
// it will listen, or comes back there, would find a free one taken by a connection.
const firstPort, lastPort, portBlock = 10_000, 32_000, 40

// ports are a block of them, this cluster's for as long as it listens at the first.
type ports struct {
	next, end int
}

func reservePorts(t testing.TB) *ports {
	t.Helper()
	for range 1000 {
		first := firstPort + portBlock*rand.IntN((lastPort-firstPort)/portBlock)
		if l, err := net.Listen("tcp", loopback(first)); err == nil {
			t.Cleanup(func() { _ = l.Close() })
			return &ports{first + 1, first + portBlock}
		}
	}
	t.Fatal("no block of ports is free")
	return nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// take returns one where nobody listens.
func (p *ports) take() (int, error) {
	for ; p.next < p.end; p.next++ {
		l, err := net.Listen("tcp", loopback(p.next))
		if err != nil {
			continue
		}
		p.next++
		return p.next - 1, l.Close()
	}
	return 0, fmt.Errorf("the block of ports is used up")
}
