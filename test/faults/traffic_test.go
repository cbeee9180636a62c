//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"jeton/internal/history"
)

// traffic is many clients that use all nodes, and what they were told.
type traffic struct {
	c        *cluster
	recorder *history.Recorder
	began    time.Time
	ctx      context.Context // ends when the clients are to stop
	cancel   context.CancelFunc
	clients  sync.WaitGroup
	keys     atomic.Int64
	recent   recent
	refresh  refreshes
	eras     eras

	mu      sync.Mutex
	strange map[string]int // answers that no node should give
	reads   map[string]int // how yeses were known
	served  map[string][]time.Duration
}

// newTraffic is traffic with no clients yet.
func newTraffic(c *cluster) *traffic {
	t := &traffic{c: c, began: time.Now(), strange: map[string]int{}, reads: map[string]int{}, served: map[string][]time.Duration{}}
	t.recorder = history.NewRecorder(t.now)
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// startTraffic starts the clients. They stop with t.stop.
func startTraffic(c *cluster) *traffic {
	t := newTraffic(c)
	for i := range 16 {
		t.run(fmt.Sprintf("maker%d", i), t.tokenLife)
	}
	for i := range 2 {
		t.run(fmt.Sprintf("lister%d", i), t.listing)
		t.run(fmt.Sprintf("user%d", i), t.userLife)
		t.run(fmt.Sprintf("role%d", i), t.roleLife)
		t.run(fmt.Sprintf("oauth%d", i), t.grantLife)
	}
	for _, p := range c.members() {
		t.probe(p)
	}
	return t
}

func (t *traffic) now() time.Duration { return time.Since(t.began) }

// run repeats a client's life until the traffic stops.
func (t *traffic) run(name string, life func(client string, n int)) {
	t.clients.Go(func() {
		for n := 0; t.ctx.Err() == nil; n++ {
			life(name, n)
		}
	})
}

// stop ends the clients and waits for what they asked last.
func (t *traffic) stop() {
	t.cancel()
	t.clients.Wait()
}

// rest is a client's pause between two requests.
func (t *traffic) rest(atMost time.Duration) { pause(t.ctx, rand.N(atMost)) }

// any is a node that clients know.
func (t *traffic) any() *process {
	members := t.c.members()
	return members[rand.IntN(len(members))]
}

// key is a name for a secret, in place of the secret.
func (t *traffic) key() string { return fmt.Sprintf("k%d", t.keys.Add(1)) }

// ask sends a request and records what it meant. The request's own context is
// not the traffic's: what was asked is waited for.
func (t *traffic) ask(op history.Op, r request, complete func(c *history.Call, a answer)) (history.Outcome, answer) {
	op.Node = r.node.name
	c := t.recorder.Begin(op)
	a := r.send(context.Background())
	outcome := t.judge(r, a)
	if complete != nil && outcome == history.OK {
		complete(c, a)
	}
	c.Finish(outcome)
	return outcome, a
}

// judge is the outcome of an answer. One that no node should give is noted.
func (t *traffic) judge(r request, a answer) history.Outcome {
	outcome, known := a.outcome()
	if !known {
		t.note(fmt.Sprintf("%s %s: %d %.200s", r.method, r.path, a.status, a.body))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if outcome == history.OK && a.read != "" {
		t.reads[a.read]++
	}
	return outcome
}

// change is ask as elastic, who may do everything and whose password nobody
// changes: a no is wrong whatever it was asked for.
func (t *traffic) change(op history.Op, r request, complete func(c *history.Call, a answer)) (history.Outcome, answer) {
	outcome, a := t.ask(op, r, complete)
	if outcome == history.Refused {
		t.refusedElastic(r, a)
	}
	return outcome, a
}

func (t *traffic) refusedElastic(r request, a answer) {
	t.note(fmt.Sprintf("elastic was refused at %s: %s %s: %d %.200s", r.node.name, r.method, r.path, a.status, a.body))
}

func (t *traffic) note(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strange[text]++
}

// credential is what a client proves itself with.
type credential struct {
	history.Op     // kind and times unused: what it is about
	bearer         string
	user, password string
	action         string // what is asked for, where not just who it is
}

// authenticate asks a node whether the credential is good.
func (t *traffic) authenticate(client string, at *process, c credential) history.Outcome {
	path := "/_security/_authenticate"
	if c.action != "" {
		path = c.action
	}
	op := history.Op{Kind: history.Authenticate, Key: c.Key, Name: c.Name, Scope: c.Scope, Client: client}
	outcome, _ := t.ask(op, request{node: at, path: path, bearer: c.bearer, user: c.user, password: c.password}, nil)
	if outcome == history.OK {
		t.mu.Lock()
		t.served[at.name] = append(t.served[at.name], t.now())
		t.mu.Unlock()
	}
	return outcome
}

// everywhere asks all nodes at once, and waits for none.
func (t *traffic) everywhere(client string, c credential) {
	for _, p := range t.c.members() {
		t.clients.Go(func() { t.authenticate(client, p, c) })
	}
}

// probe asks one node over and over about what others make and delete.
func (t *traffic) probe(at *process) {
	for i := range 4 {
		t.run(fmt.Sprintf("probe%d-%s", i, at.name), func(client string, _ int) {
			if c, ok := t.recent.any(); ok {
				t.authenticate(client, at, c)
			}
			t.rest(20 * time.Millisecond)
		})
	}
}

// recent are the credentials that were made last, good and bad.
type recent struct {
	mu   sync.Mutex
	last []credential
	next int
}

const recentSize = 64

func (r *recent) add(c credential) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) < recentSize {
		r.last = append(r.last, c)
		return
	}
	r.last[r.next%recentSize] = c
	r.next++
}

func (r *recent) any() (credential, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) == 0 {
		return credential{}, false
	}
	return r.last[rand.IntN(len(r.last))], true
}

// all are what any chooses from.
func (r *recent) all() []credential {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]credential(nil), r.last...)
}
