package compose

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// budget is how long all of a run may take before it is given up.
const budget = 8 * time.Minute

// project is docker-compose.yml, started under a name of its own.
type project struct {
	t       *testing.T
	ctx     context.Context // ends with the budget, and when somebody interrupts
	program []string        // docker compose, or docker-compose
	name    string
	image   string
	env     []string // of the program
	nodes   []*node  // that are to be there
	later   *node    // that joins them one day
	dir     string   // holds the CA certificate, and what a failed run leaves
}

// node is a service of the project.
type node struct{ name, port string }

func (n *node) url() string { return "https://127.0.0.1:" + n.port }

// startProject builds the image, starts three nodes and waits until Docker calls
// them healthy.
func startProject(t *testing.T, program []string) *project {
	t.Helper()
	id := strings.ToLower(rand.Text()[:8])
	p := &project{t: t, program: program, name: "jeton-test-" + id, image: "jeton:test-" + id}
	p.dir = reportDir(t)
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	p.ctx, _ = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	t.Cleanup(cancel)
	p.env = []string{"COMPOSE_PROJECT_NAME=" + p.name, "JETON_IMAGE=" + p.image, "ELASTIC_PASSWORD=", "COMPOSE_PROFILES="}
	for i, port := range freePorts(t, 4) {
		p.nodes = append(p.nodes, &node{fmt.Sprintf("node%d", i), port})
		p.env = append(p.env, fmt.Sprintf("NODE%d_PORT=%s", i, port))
	}
	p.nodes, p.later = p.nodes[:3:3], p.nodes[3]
	t.Cleanup(p.remove)
	p.must(run(p.ctx, nil, "", "make", "image", "IMAGE="+p.image))
	p.compose("up", "-d")
	p.waitHealthy(p.nodes...)
	return p
}

// reportDir is a directory that stays when the test fails.
func reportDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "jeton-compose-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the nodes' logs and the history are in %s", dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	return dir
}

// freePorts are ports that nobody has.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // once all are known, so that no two are the same
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// remove takes away all that the project has, whatever became of it. A run that
// was interrupted comes here too.
func (p *project) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if p.t.Failed() {
		p.report(ctx)
	}
	env := append(slices.Clone(p.env), "COMPOSE_PROFILES=more")
	down := append(slices.Clone(p.program), "down", "--volumes", "--remove-orphans", "--timeout", "1")
	if _, err := run(ctx, env, "", down...); err != nil {
		p.t.Errorf("the project %s is still there: %v", p.name, err)
	}
	if _, err := run(ctx, nil, "", "docker", "image", "rm", "--force", p.image); err != nil {
		p.t.Errorf("the image %s is still there: %v", p.image, err)
	}
}

// report keeps the nodes' logs and shows their ends.
func (p *project) report(ctx context.Context) {
	for _, n := range p.nodes {
		logs, err := run(ctx, p.env, "", append(slices.Clone(p.program), "logs", "--no-color", n.name)...)
		if err != nil {
			logs += err.Error()
		}
		_ = os.WriteFile(filepath.Join(p.dir, n.name+".log"), []byte(logs), 0o600)
		p.t.Logf("%s:\n%s", n.name, last(logs, 3000))
	}
}

// compose runs Compose, and returns what it printed.
func (p *project) compose(args ...string) string {
	p.t.Helper()
	return p.must(run(p.ctx, p.env, "", append(slices.Clone(p.program), args...)...))
}

// docker runs docker, and returns what it printed.
func (p *project) docker(args ...string) string {
	p.t.Helper()
	return p.must(run(p.ctx, nil, "", append([]string{"docker"}, args...)...))
}

// jeton runs a command in a node's container, as docs/operations.md has it.
func (p *project) jeton(n *node, stdin string, args ...string) string {
	p.t.Helper()
	command := append(slices.Clone(p.program), "exec", "-T", n.name, "jeton")
	return p.must(run(p.ctx, p.env, stdin, append(command, args...)...))
}

func (p *project) must(stdout string, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(stdout)
}

// container is the id of a node's container.
func (p *project) container(n *node) string {
	p.t.Helper()
	id := p.compose("ps", "-q", n.name)
	if id == "" {
		p.t.Fatalf("%s has no container", n.name)
	}
	return id
}

// network is the project's own.
func (p *project) network() string { return p.name + "_default" }
