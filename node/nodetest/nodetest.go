// Package nodetest gives tests whole nodes: real listeners on free ports of
// 127.0.0.1, real disks, real TLS between them, started by node.Start as the
// program does. At the end of each test it verifies that the nodes' states are
// equal.
package nodetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/cluster"
	"jeton/node"
)

// Patience is how long a story waits for something that must happen. It is a
// bound for broken runs on slow machines, not a promise.
const Patience = 60 * time.Second

// Password is elastic's, in every cluster of this package.
const Password = "correct-horse-battery"

// Cluster is a cluster under test.
type Cluster struct {
	// Nodes in the order in which they were added; a stopped one stays.
	Nodes    []*Node
	Password string

	t        testing.TB
	dir      string
	opts     Options
	declared []string // settings; nil unless the nodes form by themselves
	reserved *ports   // likewise
	http     *http.Client
}

// Options change how nodes are started; the zero value is the usual.
type Options struct {
	// Tune may change a node's options before each of its starts.
	Tune func(name string, o *node.Options)
	// Settings are further settings, name=value.
	Settings []string
	// Gates stand before the cluster ports, so that nodes can be cut off.
	Gates bool
}

// cheapPasswords keeps stories short: with the race detector a hash of the
// default cost takes the better part of a second, and each node makes several.
const cheapPasswords = "xpack.security.authc.password_hashing.algorithm=bcrypt4"

// settings are those of the story, and cheap passwords unless it says otherwise.
func (o Options) settings() []string {
	name, _, _ := strings.Cut(cheapPasswords, "=")
	if slices.ContainsFunc(o.Settings, func(s string) bool { return strings.HasPrefix(s, name) }) {
		return o.Settings
	}
	return append([]string{cheapPasswords}, o.Settings...)
}

// Node is one node under test.
type Node struct {
	*node.Node // nil while it is stopped
	Name       string
	Dir        string // holds "data" and "config"

	c     *Cluster
	mu    sync.Mutex
	ports []string // settings: the ports that it last had
	fixed bool     // whether it takes them again
	gate  *gate    // nil without Options.Gates
}

// Start starts n nodes and waits until all of them vote and are ready.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	return StartWith(t, n, Options{})
}

// StartWith is Start with options.
func StartWith(t testing.TB, n int, o Options) *Cluster {
	t.Helper()
	c := newCluster(t, o)
	for range n {
		c.Add()
	}
	c.WaitReady()
	return c
}

func newCluster(t testing.TB, o Options) *Cluster {
	// The directory before finish: cleanups run last first, and what the nodes
	// write to must outlive them.
	c := &Cluster{Password: Password, t: t, dir: t.TempDir(), opts: o}
	c.Trust(nil)
	t.Cleanup(c.finish)
	return c
}

// Add adds one node: the first founds, the others join by a token.
func (c *Cluster) Add() *Node {
	c.t.Helper()
	token := ""
	if len(c.Nodes) > 0 {
		token = c.JoinToken()
	}
	n := c.Prepare(fmt.Sprintf("node%d", len(c.Nodes)))
	if err := n.TryStart(token); err != nil {
		c.t.Fatalf("start %s: %v", n.Name, err)
	}
	return n
}

// Prepare adds a node to the list without starting it.
func (c *Cluster) Prepare(name string) *Node {
	i := len(c.Nodes)
	n := &Node{Name: name, Dir: filepath.Join(c.dir, strconv.Itoa(i), name), c: c}
	if c.opts.Gates {
		var err error
		if n.gate, err = openGate(fmt.Sprintf("127.0.0.%d", i+2)); err != nil {
			c.t.Fatalf("a gate for %s: %v", name, err)
		}
	}
	c.Nodes = append(c.Nodes, n)
	return n
}

// JoinToken makes a join token at any running node.
func (c *Cluster) JoinToken() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	token, err := c.Running()[0].CreateJoinToken(ctx)
	if err != nil {
		c.t.Fatalf("make a join token: %v", err)
	}
	return token
}

// Running are the nodes that are not stopped.
func (c *Cluster) Running() []*Node {
	var running []*Node
	for _, n := range c.Nodes {
		if n.Node != nil {
			running = append(running, n)
		}
	}
	return running
}

// TryStart starts the node from its directory.
func (n *Node) TryStart(joinToken string) error { return n.TryStartFor(Patience, joinToken) }

// TryStartFor is TryStart that gives up.
func (n *Node) TryStartFor(patience time.Duration, joinToken string) error {
	o, err := n.options(joinToken)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	started, err := node.Start(ctx, o)
	if err == nil {
		n.Node, n.ports = started, portsOf(started)
	}
	return err
}

// declared are the settings by which the node's cluster forms, but for those that
// this start has others of.
func (n *Node) declared(instead []string) []string {
	kept := slices.DeleteFunc(slices.Clone(n.c.declared), func(d string) bool {
		name, _, _ := strings.Cut(d, "=")
		return slices.ContainsFunc(instead, func(s string) bool { return strings.HasPrefix(s, name+"=") || strings.HasPrefix(s, name+"_file=") })
	})
	return append(kept, slices.DeleteFunc(slices.Clone(instead), func(s string) bool { return strings.HasSuffix(s, "=") })...)
}

// portsOf are the settings that would give the node the same ports again.
func portsOf(n *node.Node) []string {
	_, transport, _ := net.SplitHostPort(n.TransportAddress())
	_, http, _ := net.SplitHostPort(strings.SplitN(n.URL(), "//", 2)[1])
	return []string{"transport.port=" + transport, "http.port=" + http}
}

func (n *Node) options(joinToken string, more ...string) (node.Options, error) {
	config := filepath.Join(n.Dir, "config")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return node.Options{}, err
	}
	ports := []string{"http.port=0", "transport.port=0"}
	switch {
	case n.gate != nil:
		host, port, _ := net.SplitHostPort(n.gate.target)
		ports = []string{"http.port=0", "transport.host=" + host, "transport.port=" + port, "transport.publish_host=127.0.0.1"}
	case n.fixed:
		ports = n.ports
	}
	overrides := slices.Concat([]string{"node.name=" + n.Name, "path.data=" + filepath.Join(n.Dir, "data")}, ports, n.c.opts.settings(), n.declared(more))
	settings, _, err := node.LoadSettings(config, overrides, nil)
	if err != nil {
		return node.Options{}, err
	}
	o := node.Options{
		Settings:  settings,
		ConfigDir: config,
		JoinToken: joinToken,
		Password:  Password,
		Version:   "test",
		Timing:    cluster.Timing{Stabilization: 100 * time.Millisecond},
		Logger:    slog.New(slog.NewTextHandler(&testWriter{t: n.c.t}, &slog.HandlerOptions{Level: slog.LevelInfo})).With("node", n.Name),
	}
	if n.c.opts.Tune != nil {
		n.c.opts.Tune(n.Name, &o)
	}
	return o, nil
}

// Restart starts a stopped node again.
func (n *Node) Restart() {
	n.c.t.Helper()
	if err := n.TryStart(""); err != nil {
		n.c.t.Fatalf("restart %s: %v", n.Name, err)
	}
}

// RestartAtSameAddress is Restart at the ports that the node had.
func (n *Node) RestartAtSameAddress() {
	n.c.t.Helper()
	n.fixed = true
	n.Restart()
}

// Stop stops the node as SIGTERM does.
func (n *Node) Stop() {
	n.c.t.Helper()
	if err := n.stop(); err != nil {
		n.c.t.Errorf("stop %s: %v", n.Name, err)
	}
}

func (n *Node) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return n.stopWithin(ctx)
}

// Drop stops the node without a word to the others, and without finishing
// anything: a leader is missed.
func (n *Node) Drop() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = n.stopWithin(ctx) // that requests were cut off
}

func (n *Node) stopWithin(ctx context.Context) error {
	n.mu.Lock()
	running := n.Node
	n.Node = nil
	n.mu.Unlock()
	if running == nil {
		return nil
	}
	return running.Stop(ctx)
}

// ServiceTokens is the path of the node's service_tokens file.
func (n *Node) ServiceTokens() string { return filepath.Join(n.Dir, "config", "service_tokens") }

// Leader waits for a running node that leads.
func (c *Cluster) Leader() *Node {
	c.t.Helper()
	var leader *Node
	c.Eventually("a leader", func() error {
		for _, n := range c.Running() {
			if n.Leads() {
				leader = n
				return nil
			}
		}
		return fmt.Errorf("no node leads")
	})
	return leader
}

// Follower is a running node that does not lead.
func (c *Cluster) Follower() *Node {
	c.t.Helper()
	leader := c.Leader()
	for _, n := range c.Running() {
		if n != leader {
			return n
		}
	}
	c.t.Fatal("there is no follower")
	return nil
}

// WaitReady waits until all running nodes are ready and all members vote.
func (c *Cluster) WaitReady() {
	c.t.Helper()
	for _, n := range c.Running() {
		c.Eventually(n.Name+" to be ready", func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if err := n.Ready(ctx); err != nil {
				return err
			}
			if voters, members := n.Voters(); voters < members {
				return fmt.Errorf("%d of %d members vote", voters, members)
			}
			return nil
		})
	}
}

// Eventually waits until the condition's error is nil.
func (c *Cluster) Eventually(what string, condition func() error) {
	c.t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("waited %s in vain for %s: %v", Patience, what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// CACert is the PEM of the cluster's CA.
func (c *Cluster) CACert() []byte {
	c.t.Helper()
	pem, err := c.Running()[0].CACertificate()
	if err != nil {
		c.t.Fatal(err)
	}
	return pem
}

// Trust makes requests of the stories trust these CAs, in PEM, and no others.
func (c *Cluster) Trust(cas []byte) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cas)
	c.http = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: 128,
		TLSClientConfig:     &tls.Config{RootCAs: roots},
	}}
}

// finish verifies what must hold at the end of every story, and stops all.
func (c *Cluster) finish() {
	c.Heal()
	if len(c.Running()) > 1 {
		c.verifyEqualStates()
	}
	c.http.CloseIdleConnections()
	var stopping sync.WaitGroup
	for _, n := range c.Nodes {
		stopping.Go(func() {
			if err := n.stop(); err != nil {
				c.t.Errorf("stop %s: %v", n.Name, err)
			}
		})
	}
	stopping.Wait()
	for _, n := range c.Nodes {
		if n.gate != nil {
			n.gate.close()
		}
	}
}

// verifyEqualStates compares the members' states at equal index.
func (c *Cluster) verifyEqualStates() {
	c.t.Helper()
	c.Eventually("equal states at equal index", func() error {
		running := c.Running()
		index, digest := running[0].Fingerprint()
		for _, n := range running[1:] {
			switch at, d := n.Fingerprint(); {
			case at != index:
				return fmt.Errorf("%s stands at %d, %s at %d", n.Name, at, running[0].Name, index)
			case d != digest:
				c.t.Errorf("the states have diverged: at index %d %s has %s and %s has %s", at, n.Name, d, running[0].Name, digest)
			}
		}
		return nil
	})
}

// testWriter sends log lines to the test's log until the test is over.
type testWriter struct{ t testing.TB }

func (w *testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
