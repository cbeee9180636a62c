//go:build linux

package faults

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jeton/internal/history"
)

// attempts is how often an official client sends a request: once, and at most
// three times again.
const attempts = 4

// steady are clients that know all nodes. They repeat at the next node what the
// official clients repeat, and nothing else: 502, 503, 504, and what was not
// answered. A create that is repeated though it was carried out is a conflict,
// and so a failure.
type steady struct {
	*traffic
	turn atomic.Int64

	mu      sync.Mutex
	failed  map[string]int // what a client was told in the end that is no answer
	retried map[string]int // what was repeated, by cause
	asked   int
	longest map[history.Kind]time.Duration // from the first attempt to the answer
}

func newSteady(c *cluster) *steady {
	return &steady{traffic: newTraffic(c), failed: map[string]int{}, retried: map[string]int{}, longest: map[history.Kind]time.Duration{}}
}

// ask sends a request as an official client does, and records it as one.
func (s *steady) ask(op history.Op, r request, complete func(c *history.Call, a answer)) history.Outcome {
	began := s.now()
	call := s.recorder.Begin(op)
	nodes, turn := s.c.all(), int(s.turn.Add(1))
	var a answer
	mayBe := false // an attempt that was not answered may have been carried out
	for i := range attempts {
		r.node = nodes[(turn+i)%len(nodes)]
		a = r.send(context.Background())
		cause := a.retry()
		mayBe = mayBe || cause == brokenConnection
		if cause == "" || i == attempts-1 {
			break
		}
		s.count(s.retried, cause)
	}
	call.Node = r.node.name
	outcome, _ := a.outcome()
	if mayBe && outcome == history.CannotKnow {
		outcome = history.Unknown
	}
	if complete != nil && outcome == history.OK {
		complete(call, a)
	}
	call.Finish(outcome)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.longest[op.Kind] = max(s.longest[op.Kind], s.now()-began)
	return outcome
}

const brokenConnection = "a broken connection"

// retry is why an official client asks again, or "".
func (a answer) retry() string {
	switch {
	case a.err != nil && a.notSent():
		return "no connection"
	case a.err != nil:
		return brokenConnection
	case a.status == http.StatusBadGateway || a.status == http.StatusServiceUnavailable || a.status == http.StatusGatewayTimeout:
		return fmt.Sprint(a.status)
	}
	return ""
}

func (s *steady) count(in map[string]int, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in[what]++
}

// expect counts as a failure what is not the answer that a client without bad
// luck gets.
func (s *steady) expect(op history.Op, got, want history.Outcome) bool {
	if got != want {
		s.count(s.failed, fmt.Sprintf("%s at %s: %s in place of %s", op.Kind, op.Node, got, want))
	}
	return got == want
}

// life makes a token, uses it at one node after the other, deletes it, and is
// refused.
func (s *steady) life(client string, n int) {
	name := fmt.Sprintf("%s-%d", client, n)
	made := credential{Op: history.Op{Name: name, Scope: accounts[n%len(accounts)], Client: client}}
	made.Kind = history.Create
	path := tokenPath(made.Scope, name)
	ok := s.expect(made.Op, s.ask(made.Op, request{method: http.MethodPost, path: path}, func(c *history.Call, a answer) {
		c.Key = s.key()
		made.Key, made.bearer = c.Key, s.secretIn(a)
	}), history.OK)
	if !ok {
		return
	}
	s.use(made, history.OK)
	if n%4 == 0 {
		s.recent.add(made) // and it stays
		return
	}
	gone := made.Op
	gone.Kind, gone.Key = history.Delete, ""
	if s.expect(gone, s.ask(gone, request{method: http.MethodDelete, path: path}, nil), history.OK) {
		s.use(made, history.Refused)
	}
}

func (s *steady) use(made credential, want history.Outcome) {
	op := made.Op
	op.Kind = history.Authenticate
	for range len(s.c.all()) {
		s.expect(op, s.ask(op, request{path: "/_security/_authenticate", bearer: made.bearer}, nil), want)
		s.rest(10 * time.Millisecond)
	}
}

// report fails the test for each request that failed.
func (s *steady) report() {
	s.c.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, n := range s.failed {
		s.c.t.Errorf("failed %d times: %s", n, what)
	}
	s.c.t.Logf("%d requests, of which %d kinds failed; repeated: %s", s.asked, len(s.failed), listed(s.retried))
	for _, kind := range []history.Kind{history.Authenticate, history.Create, history.Delete} {
		s.c.t.Logf("%s: the longest took %v; the longest without one that was answered: %v", kind, s.longest[kind], longest(s.answered(kind)))
	}
}

// answered are the moments at which requests of the kind were.
func (s *steady) answered(kind history.Kind) []time.Duration {
	var moments []time.Duration
	for _, op := range s.recorder.Ops() {
		if op.Kind == kind && (op.Outcome == history.OK || op.Outcome == history.Refused) {
			moments = append(moments, op.End)
		}
	}
	slices.Sort(moments)
	return moments
}
