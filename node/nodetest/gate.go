package nodetest

import (
	"io"
	"net"
	"sync"
)

// gate stands before a node's cluster port, at the address that the others are
// told. While it is shut nobody reaches the node through it: what was open is
// broken off, and what is new is hung up on.
type gate struct {
	listener net.Listener
	target   string // the cluster port

	mu      sync.Mutex
	shut    bool
	conns   map[net.Conn]bool
	serving sync.WaitGroup
}

// openGate listens on a free port, and passes on to the same port of another
// loopback address.
func openGate(host string) (*gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{listener: l, conns: map[net.Conn]bool{}}
	g.target = net.JoinHostPort(host, g.port())
	g.serving.Go(g.serve)
	return g, nil
}

func (g *gate) port() string {
	_, port, _ := net.SplitHostPort(g.listener.Addr().String())
	return port
}

func (g *gate) close() {
	_ = g.listener.Close()
	g.setShut(true)
	g.serving.Wait()
}

func (g *gate) setShut(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	if !shut {
		return
	}
	for conn := range g.conns {
		_ = conn.Close()
	}
}

// track notes a connection, unless the gate is shut.
func (g *gate) track(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.conns[conn] = true
	}
	return !g.shut
}

func (g *gate) forget(conn net.Conn) {
	_ = conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
}

func (g *gate) serve() {
	for {
		near, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.serving.Go(func() { g.join(near) })
	}
}

func (g *gate) join(near net.Conn) {
	defer g.forget(near)
	if !g.track(near) {
		return
	}
	far, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	defer g.forget(far)
	if !g.track(far) {
		return
	}
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	both.Go(func() { pass(far, near) })
	both.Go(func() { pass(near, far) })
	both.Wait()
}

// Gate is where the others reach the node: host:port.
func (n *Node) Gate() string { return n.gate.listener.Addr().String() }

// CutOff cuts a follower off from the leader, both ways, until Heal. A gate does
// not know who knocks, so the leader's is shut to all: it keeps its majority by
// its own ways to the others, who cannot ask it anything. The nodes must have been
// started with gates, and be three.
func (c *Cluster) CutOff(n *Node) (leader *Node) {
	c.t.Helper()
	leader = c.Leader()
	if n == leader || len(c.Nodes) != 3 || n.gate == nil {
		c.t.Fatalf("%s cannot be cut off", n.Name)
	}
	n.gate.setShut(true)
	leader.gate.setShut(true)
	return leader
}

// Heal opens all gates.
func (c *Cluster) Heal() {
	for _, n := range c.Nodes {
		if n.gate != nil {
			n.gate.setShut(false)
		}
	}
}
