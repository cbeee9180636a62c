package nodetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jeton/node"
)

// JoinSecret is that of every declared cluster, unless a story says otherwise.
const JoinSecret = "a join secret for stories, long enough"

// Declare prepares n nodes, node0 and so on, that are told how their cluster forms
// by the same settings at every start: their names are the list, and their
// addresses the hosts. None is started.
func Declare(t testing.TB, n int, o Options) *Cluster {
	t.Helper()
	reserved := reservePorts(t)
	c := newCluster(t, o)
	c.reserved = reserved
	for i := range n {
		c.Prepare(fmt.Sprintf("node%d", i)).reserve()
	}
	var names, hosts []string
	for _, n := range c.Nodes {
		names, hosts = append(names, n.Name), append(hosts, n.address())
	}
	c.declared = []string{
		"cluster.initial_master_nodes=" + strings.Join(names, ","),
		"discovery.seed_hosts=" + strings.Join(hosts, ","),
		"cluster.join_secret=" + JoinSecret,
	}
	return c
}

// Declared are the settings by which the nodes form, name=value.
func (c *Cluster) Declared() []string { return c.declared }

// PrepareDeclared adds one more node that is told the same, without starting it; in
// the list or among the hosts it is only under a name that was there before.
func (c *Cluster) PrepareDeclared(name string) *Node {
	c.t.Helper()
	n := c.Prepare(name)
	n.reserve()
	return n
}

// reserve finds two ports that the node takes at every start, so that others can be
// told of it before it is there.
func (n *Node) reserve() {
	n.c.t.Helper()
	n.ports, n.fixed = nil, true
	for _, setting := range []string{"transport.port", "http.port"} {
		port, err := n.c.reserved.take()
		if err != nil {
			n.c.t.Fatal(err)
		}
		n.ports = append(n.ports, fmt.Sprintf("%s=%d", setting, port))
	}
}

func (n *Node) address() string {
	return net.JoinHostPort("127.0.0.1", strings.TrimPrefix(n.ports[0], "transport.port="))
}

// Starting is a node that may have to wait for others before it has started.
type Starting struct {
	n      *Node
	cancel context.CancelFunc
	done   chan struct{}
	node   *node.Node
	err    error
	waited bool
}

// Begin starts the node without waiting for it. End or Wait must follow. More
// settings are for this start only.
func (n *Node) Begin(settings ...string) *Starting {
	n.c.t.Helper()
	o, err := n.options("", settings...)
	if err != nil {
		n.c.t.Fatalf("start %s: %v", n.Name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Starting{n: n, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.node, s.err = node.Start(ctx, o)
	}()
	n.c.t.Cleanup(s.End)
	return s
}

// Wait returns once the node has started.
func (s *Starting) Wait() {
	s.n.c.t.Helper()
	select {
	case <-s.done:
	case <-time.After(Patience):
		s.n.c.t.Fatalf("waited %s in vain for %s to start", Patience, s.n.Name)
	}
	if s.err != nil {
		s.n.c.t.Fatalf("start %s: %v", s.n.Name, s.err)
	}
	s.waited = true
	s.n.mu.Lock()
	s.n.Node = s.node
	s.n.mu.Unlock()
}

// End breaks a start off, as a kill does. A node that Wait has seen is left alone.
func (s *Starting) End() {
	s.cancel()
	<-s.done
	if s.node != nil && !s.waited {
		s.waited = true
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.node.Stop(ctx) // that requests were cut off
	}
}

// Err is why the start failed; it waits for that.
func (s *Starting) Err() error {
	<-s.done
	return s.err
}

// Started reports whether the start has come to an end.
func (s *Starting) Started() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Readiness is what /readyz says, also of a node that has no cluster yet.
func (s *Starting) Readiness() (status int, text string) {
	return s.n.probe("readyz")
}

// Alive reports whether /livez answers 200.
func (s *Starting) Alive() bool {
	status, _ := s.n.probe("livez")
	return status == http.StatusOK
}

// ClientAddress is the host:port at which the node answers clients, or will.
func (n *Node) ClientAddress() string {
	return net.JoinHostPort("127.0.0.1", strings.TrimPrefix(n.ports[1], "http.port="))
}

func (n *Node) probe(name string) (status int, text string) {
	res, err := n.c.http.Get("http://" + n.ClientAddress() + "/" + name)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(data)
}

// StartAll starts the nodes at the same time and waits for all of them.
func (c *Cluster) StartAll(nodes ...*Node) {
	c.t.Helper()
	var starting []*Starting
	for _, n := range nodes {
		starting = append(starting, n.Begin())
	}
	for _, s := range starting {
		s.Wait()
	}
}

// LoseDisk wipes the data directory of a stopped node.
func (n *Node) LoseDisk() {
	n.c.t.Helper()
	if err := os.RemoveAll(filepath.Join(n.Dir, "data")); err != nil {
		n.c.t.Fatal(err)
	}
}
