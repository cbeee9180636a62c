package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	accountPath    = "/_security/service/elastic/fleet-server/credential"
	tokenPath      = accountPath + "/token/"
	authenticate   = "/_security/_authenticate"
	fleetServer    = "elastic/fleet-server"
	fleetServerMin = "AAEAAWVsYXN0aWMv"
)

// creators create tokens at nodes until they are told to stop, each request
// once, and keep what they were told.
type creators struct {
	mu       sync.Mutex
	bearers  map[string]string // name → bearer, acknowledged
	refused  []string          // anything but 200 that was answered
	stopping chan struct{}
	running  sync.WaitGroup
}

func startCreators(urls []string, each int) *creators {
	c := &creators{bearers: map[string]string{}, stopping: make(chan struct{})}
	for u, url := range urls {
		for i := range each {
			c.running.Go(func() { c.create(url, fmt.Sprintf("t-%d-%d", u, i)) })
		}
	}
	return c
}

func (c *creators) create(url, prefix string) {
	for i := 0; ; i++ {
		select {
		case <-c.stopping:
			return
		default:
		}
		name := fmt.Sprintf("%s-%d", prefix, i)
		status, body, err := send(http.MethodPost, url+tokenPath+name, "")
		if err != nil {
			return // the node was killed
		}
		var answer struct{ Token struct{ Value string } }
		_ = json.Unmarshal([]byte(body), &answer)
		c.mu.Lock()
		if status == http.StatusOK {
			c.bearers[name] = answer.Token.Value
		} else {
			c.refused = append(c.refused, fmt.Sprintf("%s: %d %s", name, status, body))
		}
		c.mu.Unlock()
	}
}

func (c *creators) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bearers)
}

// stop ends the creators and returns what was acknowledged and refused.
func (c *creators) stop() (map[string]string, []string) {
	close(c.stopping)
	c.running.Wait()
	return c.bearers, c.refused
}

// wait waits until so many creates more were acknowledged.
func (c *creators) wait(t *testing.T, more int) {
	t.Helper()
	goal := c.count() + more
	eventually(t, "more creates", func() error {
		if n := c.count(); n < goal {
			return fmt.Errorf("%d of %d", n, goal)
		}
		return nil
	})
}

// verifyAccepted checks that a node accepts every token.
func verifyAccepted(t *testing.T, url string, bearers map[string]string) {
	t.Helper()
	for name, bearer := range bearers {
		if status, body, err := send(http.MethodGet, url+authenticate, bearer); err != nil || status != http.StatusOK {
			t.Fatalf("%s was acknowledged and is refused at %s: %v %d %s", name, url, err, status, body)
		}
	}
}

// deleteAll makes the names free again, and checks that each is there.
func deleteAll(t *testing.T, url string, bearers map[string]string) {
	t.Helper()
	for name := range bearers {
		if status, body, err := send(http.MethodDelete, url+tokenPath+name, ""); err != nil || status != http.StatusOK {
			t.Fatalf("%s was acknowledged and is gone: %v %d %s", name, err, status, body)
		}
	}
}

func TestTheLeaderIsKilledInTheMiddleOfCreates(t *testing.T) {
	t.Parallel()
	nodes := startThree(t)
	for round := range 2 {
		leader := leaderOf(t, nodes, nodes[0].ready())
		var survivors []string
		for _, p := range nodes {
			if p != leader {
				survivors = append(survivors, p.ready())
			}
		}
		c := startCreators(survivors, 8)
		c.wait(t, 100)
		leader.kill()
		c.wait(t, 100) // through a leader that has been elected since
		bearers, refused := c.stop()
		// A create whose first attempt died with the leader is found again by
		// its proposal id, so none is told that it "already exists".
		for _, r := range refused {
			t.Errorf("round %d: a create at a survivor was refused: %s", round, r)
		}
		for _, url := range survivors {
			verifyAccepted(t, url, bearers)
		}
		deleteAll(t, survivors[0], bearers)
		leader.start()
		waitGreen(t, leader.ready(), 3)
	}
}

func TestEveryAcknowledgedWriteSurvivesTheDeathOfAllNodes(t *testing.T) {
	t.Parallel()
	nodes := startThree(t)
	for range 2 {
		var urls []string
		for _, p := range nodes {
			urls = append(urls, p.ready())
		}
		deleted := mustClient(t, urls[1], "token", "create", fleetServer, "deleted")
		mustClient(t, urls[2], "token", "revoke", fleetServer, "deleted")
		c := startCreators(urls, 4)
		c.wait(t, 100)
		var killing sync.WaitGroup
		for _, p := range nodes {
			killing.Go(p.kill)
		}
		killing.Wait()
		bearers, _ := c.stop()
		for _, p := range nodes {
			p.start()
		}
		for _, p := range nodes {
			url := p.ready()
			verifyAccepted(t, url, bearers)
			if status, _, err := send(http.MethodGet, url+authenticate, deleted); err != nil || status != http.StatusUnauthorized {
				t.Errorf("a token that was deleted before the crash: %v %d", err, status)
			}
		}
		url := nodes[0].ready()
		waitGreen(t, url, 3)
		deleteAll(t, url, bearers)
	}
}

func TestAFounderThatIsKilledAnywhereFoundsOneCluster(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	for range 4 {
		p := newProcess(t, "founder")
		for range 3 {
			p.start()
			select {
			case <-p.gone:
			case <-time.After(time.Duration(chance.IntN(1500)) * time.Millisecond):
			}
			p.kill()
		}
		p.start()
		url := p.ready()
		if status, body, err := send(http.MethodGet, url+"/", ""); err != nil || status != http.StatusOK {
			t.Errorf("the first password is not accepted: %v %d %s", err, status, body)
		}
		if p.terminate() != exitOK {
			t.Error("the founder did not stop in order")
		}
	}
}

func TestANewcomerRunsAClusterByHand(t *testing.T) {
	t.Parallel()
	nodes := []*process{newProcess(t, "node0"), newProcess(t, "node1"), newProcess(t, "node2")}
	nodes[0].start("--bootstrap")
	url := nodes[0].ready()

	token := mustClient(t, url, "node", "join-token")
	if strings.ContainsAny(token, " \n") || token == "" {
		t.Fatalf("join-token prints more than the token: %q", token)
	}
	nodes[1].start("--join", token)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(mustClient(t, url, "node", "join-token")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nodes[2].start("--join-file", file)
	for _, p := range nodes {
		p.ready()
	}
	waitGreen(t, url, 3)

	bearer := mustClient(t, nodes[1].ready(), "token", "create", fleetServer, "ci")
	if !strings.HasPrefix(bearer, fleetServerMin) || strings.Contains(bearer, "\n") {
		t.Errorf("token create prints %q", bearer)
	}
	if status, _, err := send(http.MethodGet, nodes[2].ready()+authenticate, bearer); err != nil || status != http.StatusOK {
		t.Errorf("the token at another node: %v %d", err, status)
	}
	if o := jetonClient(t, url, "token", "create", fleetServer, "ci"); o.code != exitFailed || !strings.Contains(o.stderr, "already exists") {
		t.Errorf("create again: %d %s", o.code, o.stderr)
	}
	if list := mustClient(t, url, "token", "list", fleetServer); !strings.Contains(list, "ci") {
		t.Errorf("token list: %s", list)
	}
	inspected := mustClient(t, url, "token", "inspect", fleetServer, "--all-nodes")
	for _, p := range nodes {
		if !strings.Contains(inspected, p.name) {
			t.Errorf("inspect does not show %s:\n%s", p.name, inspected)
		}
	}
	mustClient(t, url, "token", "revoke", fleetServer, "ci")
	if o := jetonClient(t, url, "token", "revoke", fleetServer, "ci"); o.code != exitFailed {
		t.Errorf("revoke again: exit code %d", o.code)
	}

	// A unit file goes on naming the token's file, which is gone at the reboot.
	if code := nodes[2].terminate(); code != exitOK {
		t.Errorf("SIGTERM ends the node with %d", code)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	nodes[2].start("--join-file", file)
	nodes[2].ready()
	waitGreen(t, url, 3)

	mustClient(t, url, "node", "transfer-leadership", "node2")
	if leader := leaderOf(t, nodes, url); leader != nodes[2] {
		t.Errorf("%s leads after the transfer to node2", leader.name)
	}
	if o := jetonClient(t, url, "ready"); o.code != exitOK {
		t.Errorf("ready: %d %s", o.code, o.stderr)
	}
	if ca := mustClient(t, url, "node", "ca"); !strings.Contains(ca, "BEGIN CERTIFICATE") {
		t.Errorf("node ca: %s", ca)
	}
	mustClient(t, nodes[1].ready(), "node", "remove", "node2")
	<-nodes[2].gone
	if code := nodes[2].cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("the removed node ends with %d", code)
	}
	mustClient(t, nodes[1].ready(), "node", "leave")
	<-nodes[1].gone
	if code := nodes[1].cmd.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("the node that left ends with %d", code)
	}
	waitGreen(t, url, 1)
	if o := jetonClient(t, url, "node", "leave"); o.code != exitFailed || !strings.Contains(o.stderr, "last voter") {
		t.Errorf("the last node may leave: %d %s", o.code, o.stderr)
	}
	if code := nodes[0].terminate(); code != exitOK {
		t.Errorf("SIGTERM ends the node with %d", code)
	}
	if o := jetonClient(t, url, "ready"); o.code != exitFailed {
		t.Errorf("ready of a stopped node: exit code %d", o.code)
	}
	for _, p := range nodes {
		if p.logged(bearer) || p.logged(token) || p.logged(testPassword) {
			t.Errorf("the log of %s holds a secret", p.name)
		}
	}
}

func TestAFileTokenMadeByTheToolIsAcceptedByTheRunningNode(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "node0")
	p.start()
	url := p.ready()
	// Orchestrators call it by the name of Elasticsearch's tool.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "elasticsearch-service-tokens")
	if err := os.Symlink(self, tool); err != nil {
		t.Skipf("symbolic links cannot be made here: %v", err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(tool, args...)
		cmd.Env = []string{runAsJeton + "=1", "JETON_PATH_CONF=" + filepath.Join(p.dir, "config")}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	printed := run("create", fleetServer, "my-token")
	bearer, ok := strings.CutPrefix(strings.TrimSuffix(printed, "\n"), "SERVICE_TOKEN elastic/fleet-server/my-token = ")
	if !ok {
		t.Fatalf("create prints %q", printed)
	}
	eventually(t, "the file token to be live", func() error {
		status, body, err := send(http.MethodGet, url+authenticate, bearer)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, body)
		}
		return err
	})
	if listed := run("list"); listed != "elastic/fleet-server/my-token\n" {
		t.Errorf("list prints %q", listed)
	}
	if out := run("delete", fleetServer, "my-token"); out != "" {
		t.Errorf("delete prints %q", out)
	}
	eventually(t, "the file token to be gone", func() error {
		status, _, err := send(http.MethodGet, url+authenticate, bearer)
		if err == nil && status != http.StatusUnauthorized {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
}

func TestDevRunsAClusterAndItsLinesCanBeCopied(t *testing.T) {
	t.Parallel()
	cmd := command(t, "dev", "--http-port", "0", "--transport-port", "0")
	temporary := t.TempDir()
	cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	text := readUntil(t, stdout, "-X DELETE")
	t.Logf("ready after %s", time.Since(began).Round(10*time.Millisecond))
	if _, err := exec.LookPath("curl"); err != nil {
		t.Log("no curl here: the printed lines are not run")
	} else {
		_, lines, _ := strings.Cut(text, "each on any node:\n")
		out, err := exec.Command("sh", "-ec", lines).CombinedOutput()
		if err != nil || !strings.Contains(string(out), `"username" : "elastic/fleet-server"`) || !strings.Contains(string(out), `{"found":true}`) {
			t.Errorf("the printed lines: %v\n%s", err, out)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind in the temporary directory: %v %v", left, err)
	}
}

// readUntil reads lines until one holds the text, for as long as patience
// lasts.
func readUntil(t *testing.T, r interface{ Read([]byte) (int, error) }, text string) string {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		var all strings.Builder
		buffer := make([]byte, 4096)
		for {
			n, err := r.Read(buffer)
			all.Write(buffer[:n])
			if i := strings.Index(all.String(), text); i >= 0 && strings.Contains(all.String()[i:], "\n") || err != nil {
				found <- all.String()
				return
			}
		}
	}()
	select {
	case all := <-found:
		return all
	case <-time.After(patience):
		t.Fatalf("waited in vain for %q", text)
		return ""
	}
}
