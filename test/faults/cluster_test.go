//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// password is that of the user elastic.
const password = "correct-horse-battery"

// patience is how long a cluster may take for what must happen once nothing is
// broken any more. It is a bound for slow machines, not a promise.
const patience = 90 * time.Second

// cluster is a cluster under test, and the network between its nodes.
type cluster struct {
	t       testing.TB
	dir     string // holds a directory for each node, and the reports
	program string
	env     []string // of every node
	net     *network
	prefix  string // of the nodes' addresses
	// declared are the settings by which nodes find each other, without a step of
	// anybody's; none: the first one founds, and the others have join tokens.
	declared []string

	mu    sync.Mutex
	nodes []*process // all that there ever were
}

// startCluster starts n nodes, the first of which founds, and waits until all
// of them vote and are ready.
func startCluster(t testing.TB, n int, program string, env ...string) *cluster {
	t.Helper()
	c := newCluster(t, program, env)
	for range n {
		c.mustLaunch(c.add())
		c.waitReady(c.members()...)
	}
	c.settle(n)
	return c
}

// formCluster is startCluster for nodes that are told the same, and find each other.
func formCluster(t testing.TB, n int, program string, env ...string) *cluster {
	t.Helper()
	c := newCluster(t, program, env)
	c.declare(n)
	for range n {
		c.mustLaunch(c.add())
	}
	c.waitReady(c.members()...)
	c.settle(n)
	return c
}

func newCluster(t testing.TB, program string, env []string) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: reportDir(t), program: program, env: env, net: newNetwork()}
	c.prefix = freePrefix(t)
	t.Cleanup(c.close)
	return c
}

// declare makes the settings by which n nodes form a cluster.
func (c *cluster) declare(n int) {
	c.t.Helper()
	var names, hosts []string
	for i := range n {
		names, hosts = append(names, nameOf(i)), append(hosts, net.JoinHostPort(c.ipOf(i), publishPort))
	}
	secret := filepath.Join(c.dir, "join-secret")
	if err := os.WriteFile(secret, []byte("a secret of the nodes that nobody else knows"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.declared = []string{
		"-E", "cluster.initial_master_nodes=" + strings.Join(names, ","),
		"-E", "discovery.seed_hosts=" + strings.Join(hosts, ","),
		"-E", "cluster.join_secret_file=" + secret,
	}
}

func nameOf(i int) string { return fmt.Sprintf("node%d", i) }

func (c *cluster) ipOf(i int) string { return fmt.Sprintf("%s.%d", c.prefix, i+1) }

// settle waits until all vote, and lets those that come later vote soon.
func (c *cluster) settle(n int) {
	c.t.Helper()
	c.put(map[string]any{"autopilot.server_stabilization_time": "1s"})
	c.waitVoters(n)
}

func (c *cluster) mustLaunch(p *process) {
	c.t.Helper()
	if err := c.launch(p); err != nil {
		c.t.Fatal(err)
	}
}

// reportDir is a directory that stays when the test fails.
func reportDir(t testing.TB) string {
	t.Helper()
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skipf("without /proc/net/tcp nobody knows whose a connection is: %v", err)
	}
	dir, err := os.MkdirTemp("", "jeton-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() || *keepFlag {
			t.Logf("logs and history are in %s", dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	return dir
}

// freePrefix is 127.a.b with nobody's port on it, so that the nodes can have the
// same ports on addresses of their own.
func freePrefix(t testing.TB) string {
	t.Helper()
	for range 100 {
		prefix := fmt.Sprintf("127.%d.%d", 64+rand.IntN(128), 1+rand.IntN(250))
		l, err := net.Listen("tcp", prefix+".1:"+publishPort)
		if err == nil {
			_ = l.Close()
			return prefix
		}
	}
	t.Skip("this machine has no addresses 127.a.b.c to listen on")
	return ""
}

// add prepares the next node without starting it.
func (c *cluster) add() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := len(c.nodes)
	p := &process{
		name:    nameOf(i),
		ip:      c.ipOf(i),
		program: c.program,
		env:     append([]string{"ELASTIC_PASSWORD=" + password}, c.env...),
	}
	p.dir = filepath.Join(c.dir, p.name)
	c.nodes = append(c.nodes, p)
	return p
}

// launch starts the node for the first time, with the proxy before it.
func (c *cluster) launch(p *process) error {
	if err := os.MkdirAll(filepath.Join(p.dir, "config"), 0o700); err != nil {
		return err
	}
	err := c.entrance(p)
	if err != nil {
		return err
	}
	p.proxy, err = c.net.listen(p.name, net.JoinHostPort(p.ip, publishPort), net.JoinHostPort(p.ip, transportPort), c.owner)
	if err != nil {
		return err
	}
	return p.start()
}

// entrance gives a node what it needs to found, or to join.
func (c *cluster) entrance(p *process) error {
	switch {
	case c.declared != nil:
		p.args = c.declared
		return nil
	case len(c.members()) == 0:
		p.args = []string{"--bootstrap"}
		return nil
	}
	token, err := c.joinToken()
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, "join-token")
	p.args = []string{"--join-file", file}
	return os.WriteFile(file, []byte(token), 0o600)
}

// owner is the node that holds the other end of a connection.
func (c *cluster) owner(conn net.Conn) string {
	inode := socketInode(conn)
	for _, p := range c.all() {
		if pid := p.pid(); pid > 0 && holds(pid, inode) {
			return p.name
		}
	}
	return ""
}

// all are all nodes that there ever were.
func (c *cluster) all() []*process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.nodes)
}

// members are the nodes that nobody has taken out.
func (c *cluster) members() []*process {
	return slices.DeleteFunc(c.all(), func(p *process) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.gone || p.cmd == nil
	})
}

func (c *cluster) names() []string {
	var names []string
	for _, p := range c.members() {
		names = append(names, p.name)
	}
	return names
}

// repair ends all that is broken: links, frozen and dead processes.
func (c *cluster) repair() {
	c.net.heal(false)
	for _, p := range c.members() {
		p.thaw()
		if err := p.start(); err != nil {
			c.t.Errorf("start %s again: %v", p.name, err)
		}
	}
	c.eventually("who lost a disk is replaced", func(ctx context.Context) error {
		return c.replaceWiped(ctx, c.t.Logf)
	})
	c.eventually("replicas are to vote again", c.promoteAll)
	c.eventually("there is one CA", c.rotated)
}

func (c *cluster) close() {
	c.net.heal(true)
	for _, p := range c.all() {
		p.kill()
		if p.proxy != nil {
			p.proxy.close()
		}
	}
}

// waitReady waits until the nodes say that they are.
func (c *cluster) waitReady(nodes ...*process) {
	c.t.Helper()
	for _, p := range nodes {
		c.eventually(p.name+" is ready", func(ctx context.Context) error {
			a := request{node: p, path: "/readyz"}.send(ctx)
			if a.err == nil && a.status != 200 {
				return fmt.Errorf("%d %s", a.status, a.body)
			}
			return a.err
		})
	}
}

// eventually waits for what must hold once nothing is broken.
func (c *cluster) eventually(what string, holds func(ctx context.Context) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		short, done := context.WithTimeout(ctx, 5*time.Second)
		err := holds(short)
		done()
		if err == nil {
			return
		}
		if !pause(ctx, 50*time.Millisecond) {
			c.t.Fatalf("not within %s: %s: %v", patience, what, err)
		}
	}
}
