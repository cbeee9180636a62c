package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The stories of this file's kit run the program itself, one process for each
// node, because only a process can be killed. The test binary is the program
// when runAsJeton is set.
const runAsJeton = "TEST_RUN_AS_JETON"

func TestMain(m *testing.M) {
	if os.Getenv(runAsJeton) != "" {
		main()
	}
	os.Exit(m.Run())
}

// patience bounds waits in broken runs; it is no promise.
const patience = 60 * time.Second

const testPassword = "correct-horse-battery"

// process is one running `jeton start`.
type process struct {
	name string
	dir  string
	// ports are settings. They stay the same for all starts: nodes that have
	// all moved at the same time could not find each other.
	ports []string
	// within is put before the command line: where the process runs.
	within []string
	t      *testing.T
	cmd    *exec.Cmd
	gone   chan struct{} // closed when the process has ended

	mu    sync.Mutex
	url   string
	lines []string
}

// command is the program's command line, with nothing of this process's
// environment but what Go needs.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return commandWithin(t, nil, args...)
}

// commandWithin is command behind another command.
func commandWithin(t *testing.T, within []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	words := slices.Concat(within, []string{self}, args)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = []string{runAsJeton + "=1", "PATH=" + os.Getenv("PATH"), "ELASTIC_PASSWORD=" + testPassword}
	return cmd
}

// newProcess prepares a node of its own directory, which is not started.
func newProcess(t *testing.T, name string) *process {
	t.Helper()
	p := &process{name: name, dir: filepath.Join(t.TempDir(), name), t: t}
	for _, setting := range []string{"http.port", "transport.port"} {
		p.ports = append(p.ports, "-E", fmt.Sprintf("%s=%d", setting, freePort(t)))
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Logf("log of %s:\n%s", name, strings.Join(p.lines, "\n"))
		}
	})
	return p
}

// freePort is a port of 127.0.0.1 that nothing listens on, and that no connection is
// given before the node does.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(22_000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			defer l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// start starts the node; flags are further arguments of `jeton start`.
func (p *process) start(flags ...string) {
	p.t.Helper()
	args := []string{"start", "--config", filepath.Join(p.dir, "config"),
		"-E", "node.name=" + p.name, "-E", "path.data=" + filepath.Join(p.dir, "data"),
		"-E", "logger.format=json"}
	p.cmd = commandWithin(p.t, p.within, slices.Concat(args, p.ports, flags)...)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.gone = make(chan struct{})
	p.mu.Lock()
	p.url = ""
	p.mu.Unlock()
	go func() {
		defer close(p.gone)
		p.read(stderr)
		_ = p.cmd.Wait()
	}()
}

// read keeps the log, and takes the node's address from its line "ready".
func (p *process) read(r io.Reader) {
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		var line struct{ Msg, URL string }
		_ = json.Unmarshal(scanner.Bytes(), &line)
		p.mu.Lock()
		p.lines = append(p.lines, scanner.Text())
		if line.Msg == "ready" {
			p.url = line.URL
		}
		p.mu.Unlock()
	}
}

// ready waits until the node has said that it is, and returns its address.
func (p *process) ready() string {
	p.t.Helper()
	var url string
	eventually(p.t, p.name+" to be ready", func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if url = p.url; url == "" {
			return errors.New("it has not said so")
		}
		return nil
	})
	return url
}

// kill is kill -9.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// terminate is kill -15; it returns the exit code.
func (p *process) terminate() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.t.Fatalf("%s does not stop", p.name)
	}
	return p.cmd.ProcessState.ExitCode()
}

// logged reports whether a line of the node's log holds the text.
func (p *process) logged(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Contains(strings.Join(p.lines, "\n"), text)
}

// jetonClient runs a client command of the program against a node.
func jetonClient(t *testing.T, url string, args ...string) outcome {
	t.Helper()
	cmd := command(t, args...)
	cmd.Env = append(cmd.Env, "JETON_URL="+url, "JETON_USER=elastic", "JETON_PASSWORD="+testPassword)
	return finish(t, cmd)
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer overdue.Stop()
	err := cmd.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustClient is jetonClient for commands that must succeed; it returns stdout
// without its last line feed.
func mustClient(t *testing.T, url string, args ...string) string {
	t.Helper()
	o := jetonClient(t, url, args...)
	if o.code != exitOK {
		t.Fatalf("jeton %s: exit code %d: %s", strings.Join(args, " "), o.code, o.stderr)
	}
	return strings.TrimSuffix(o.stdout, "\n")
}

// startThree starts a founder and two that join it.
func startThree(t *testing.T) []*process {
	t.Helper()
	nodes := []*process{newProcess(t, "node0"), newProcess(t, "node1"), newProcess(t, "node2")}
	nodes[0].start("--bootstrap")
	url := nodes[0].ready()
	for _, p := range nodes[1:] {
		p.start("--join", mustClient(t, url, "node", "join-token"))
	}
	for _, p := range nodes {
		p.ready()
	}
	waitGreen(t, url, 3)
	return nodes
}

func waitGreen(t *testing.T, url string, nodes int) {
	t.Helper()
	eventually(t, "a green cluster", func() error {
		status, body, err := send(http.MethodGet, url+"/_cluster/health", "")
		if err == nil && (status != http.StatusOK || !strings.Contains(body, `"status":"green"`) || !strings.Contains(body, fmt.Sprintf(`"number_of_nodes":%d,`, nodes))) {
			err = errors.New(body)
		}
		return err
	})
}

// leaderOf finds the node that the cluster says leads.
func leaderOf(t *testing.T, nodes []*process, url string) *process {
	t.Helper()
	var leader *process
	eventually(t, "a leader", func() error {
		var list struct {
			Nodes []struct {
				Name   string
				Leader bool
			}
		}
		if err := json.Unmarshal([]byte(mustClient(t, url, "node", "list", "-o", "json")), &list); err != nil {
			return err
		}
		for _, n := range list.Nodes {
			for _, p := range nodes {
				if n.Leader && n.Name == p.name {
					leader = p
					return nil
				}
			}
		}
		return errors.New("nobody leads")
	})
	return leader
}

var testClient = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// send sends a request once, as elastic or with a bearer token.
func send(method, url, bearer string) (status int, body string, err error) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, "", err
	}
	if r.SetBasicAuth("elastic", testPassword); bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := testClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

func eventually(t *testing.T, what string, condition func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s: %v", patience, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
