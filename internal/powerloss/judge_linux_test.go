package powerloss_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/node"
)

// job is what a judge is to find out: whether nodes that are started from
// images keep what was promised.
type job struct {
	Nodes []start
	Live  []string // bearer values that must be accepted by every node
	Dead  []string // and refused
	// Patience is how long the nodes may take to be ready.
	Patience time.Duration
}

type verdict struct {
	Wrong string // "" when nothing is
	Log   string
}

// judgeMain reads jobs and answers with verdicts, line by line. It is a process
// of its own because a bad disk can end the process that reads it.
func judgeMain([]string) error {
	lines := json.NewDecoder(os.Stdin)
	for {
		var j job
		if err := lines.Decode(&j); err != nil {
			return nil // the test is over
		}
		var log lockedBuffer
		v := verdict{}
		if err := j.run(&log); err != nil {
			v = verdict{Wrong: err.Error(), Log: log.String()}
		}
		if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
			return err
		}
	}
}

func (j job) run(log io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), j.Patience)
	defer cancel()
	nodes, errs := make([]*node.Node, len(j.Nodes)), make([]error, len(j.Nodes))
	var starting sync.WaitGroup
	for i, s := range j.Nodes {
		starting.Go(func() {
			if nodes[i], errs[i] = s.run(ctx, log); errs[i] != nil {
				errs[i] = fmt.Errorf("%s does not start: %w", s.Name, errs[i])
				return
			}
			errs[i] = until(ctx, nodes[i], readyNow)
		})
	}
	starting.Wait()
	defer func() {
		for _, n := range nodes {
			if n != nil {
				stop, cancel := context.WithTimeout(context.Background(), patience)
				err = errors.Join(err, n.Stop(stop))
				cancel()
			}
		}
	}()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return j.ask(nodes)
}

// ask asks all nodes for all tokens, and the first one for a new token.
func (j job) ask(nodes []*node.Node) error {
	for _, n := range nodes {
		if err := askAll(n.Name(), n.URL(), j.Live, j.Dead); err != nil {
			return err
		}
	}
	secret, err := j.Nodes[0].password()
	if err != nil {
		return fmt.Errorf("nobody can log in: %w", err)
	}
	fresh := func() string { return tokenPath(fmt.Sprint("after-", time.Now().UnixNano())) }
	got, body, err := sendAgain(http.MethodPost, nodes[0].URL(), fresh, elastic(secret))
	if err != nil || got != http.StatusOK {
		return fmt.Errorf("nothing can be created any more: %d %s %v", got, body, err)
	}
	return nil
}

func askAll(name, url string, live, dead []string) error {
	for status, bearers := range map[int][]string{http.StatusOK: live, http.StatusUnauthorized: dead} {
		for _, b := range bearers {
			got, _, err := sendAgain(http.MethodGet, url, func() string { return "/_security/_authenticate" }, "Bearer "+b)
			if err != nil || got != status {
				return fmt.Errorf("%s answers %d in place of %d for a token (%v)", name, got, status, err)
			}
		}
	}
	return nil
}

// sendAgain sends a request until the answer is a verdict. A 503 is none: the node
// wants to be asked again, as it does while a busy machine keeps the nodes from
// agreeing on a leader. The path is made anew for each attempt.
func sendAgain(method, url string, path func() string, authorization string) (status int, body []byte, err error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		status, body, err = send(method, url+path(), authorization, "")
		if err != nil || status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return status, body, err
		}
	}
}

// judges are processes that judge, each one job at a time.
type judges struct {
	t    testing.TB
	free chan *judge
}

type judge struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
	stderr  *lockedBuffer
}

func newJudges(t testing.TB, n int) *judges {
	js := &judges{t: t, free: make(chan *judge, n)}
	for range n {
		js.free <- js.spawn()
	}
	t.Cleanup(func() {
		for range n {
			(<-js.free).end()
		}
	})
	return js
}

func (js *judges) spawn() *judge {
	g := &judge{cmd: as(js.t, "judge"), stderr: new(lockedBuffer)}
	var err error
	if g.stdin, err = g.cmd.StdinPipe(); err != nil {
		js.t.Fatal(err)
	}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		js.t.Fatal(err)
	}
	g.answers, g.cmd.Stderr = bufio.NewReader(out), g.stderr
	if err := g.cmd.Start(); err != nil {
		js.t.Fatal(err)
	}
	return g
}

func (g *judge) end() {
	_ = g.stdin.Close()
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
}

// judge returns what is wrong, or "".
func (js *judges) judge(j job) verdict {
	g := <-js.free
	defer func() { js.free <- g }()
	overdue := time.AfterFunc(j.Patience+2*patience, func() { _ = g.cmd.Process.Kill() })
	defer overdue.Stop()
	var v verdict
	err := json.NewEncoder(g.stdin).Encode(j)
	if err == nil {
		var line []byte
		if line, err = g.answers.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &v)
		}
	}
	if err != nil {
		g.end()
		v = verdict{Wrong: "the program dies of it: " + firstLine(g.stderr.String()), Log: g.stderr.String()}
		g = js.spawn()
	}
	return v
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// lockedBuffer is a buffer that several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
