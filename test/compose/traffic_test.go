package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"jeton/internal/history"
)

const account = "elastic/fleet-server"

// traffic is clients that use all nodes, and what they were told.
type traffic struct {
	c        *cluster
	recorder *history.Recorder
	began    time.Time
	ctx      context.Context // ends when the clients are to stop
	cancel   context.CancelFunc
	clients  sync.WaitGroup
	keys     atomic.Int64

	mu      sync.Mutex
	tokens  []credential   // all that were made, deleted ones too
	strange map[string]int // answers that no node should give
	counts  map[string]int // by kind and outcome
}

// credential is a secret, and what it is about.
type credential struct {
	name, key, bearer string
	scope             string
}

func (m credential) op(kind history.Kind, client string) history.Op {
	return history.Op{Kind: kind, Name: m.name, Key: m.key, Scope: m.scope, Client: client}
}

// startTraffic starts the clients. They stop with stop.
func startTraffic(c *cluster) *traffic {
	t := &traffic{c: c, began: time.Now(), strange: map[string]int{}, counts: map[string]int{}}
	t.recorder = history.NewRecorder(func() time.Duration { return time.Since(t.began) })
	t.ctx, t.cancel = context.WithCancel(c.ctx)
	c.t.Cleanup(t.stop)
	for i := range 6 {
		t.run(fmt.Sprintf("maker%d", i), t.tokenLife)
	}
	for i := range 2 {
		t.run(fmt.Sprintf("oauth%d", i), t.grantLife)
	}
	for i := range 2 * len(c.nodes) {
		t.run(fmt.Sprintf("probe%d", i), t.probe)
	}
	t.run("lister", func(client string, _ int) {
		t.list(client, t.any())
		t.rest(500 * time.Millisecond)
	})
	return t
}

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

func (t *traffic) rest(atMost time.Duration) { pause(t.ctx, rand.N(atMost)) }

// any is one of the nodes that there were from the beginning.
func (t *traffic) any() *node { return t.c.nodes[rand.IntN(3)] }

// key is a name for a secret, in place of the secret.
func (t *traffic) key() string { return fmt.Sprintf("k%d", t.keys.Add(1)) }

// ask sends a request and records what it meant. What was asked is waited for,
// also when the traffic is to stop. As elastic, whose password nobody changes, a
// no is wrong whatever was asked.
func (t *traffic) ask(op history.Op, r request, complete func(c *history.Call, a answer)) (history.Outcome, answer) {
	op.Node = r.node.name
	call := t.recorder.Begin(op)
	a := t.c.send(context.Background(), r)
	outcome, known := a.outcome()
	if outcome == history.OK && complete != nil {
		complete(call, a)
	}
	call.Finish(outcome)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[fmt.Sprintf("%s: %s", op.Kind, outcome)]++
	if !known || r.bearer == "" && outcome == history.Refused {
		t.strange[fmt.Sprintf("%s %s: %d %.200s", r.method, r.path, a.status, a.body)]++
	}
	return outcome, a
}

func (t *traffic) note(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strange[text]++
}

// count is how often it came to that.
func (t *traffic) count(kind history.Kind, o history.Outcome) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[fmt.Sprintf("%s: %s", kind, o)]
}

// mustServe waits until clients have been served so often from now on: tokens
// made, accepted and deleted.
func (t *traffic) mustServe(times int) {
	t.c.t.Helper()
	kinds := []history.Kind{history.Create, history.Authenticate, history.Delete}
	before := map[history.Kind]int{}
	for _, k := range kinds {
		before[k] = t.count(k, history.OK)
	}
	t.c.eventually("clients are served", func(context.Context) error {
		for _, k := range kinds {
			if n := t.count(k, history.OK) - before[k]; n < times {
				return fmt.Errorf("%s %d times of %d", k, n, times)
			}
		}
		return nil
	})
}

func (t *traffic) authenticate(client string, at *node, m credential) history.Outcome {
	outcome, _ := t.ask(m.op(history.Authenticate, client), request{node: at, path: "/_security/_authenticate", bearer: m.bearer}, nil)
	return outcome
}

// everywhere asks all nodes at once, and waits for none.
func (t *traffic) everywhere(client string, m credential) {
	for _, n := range t.c.nodes[:3] {
		t.clients.Go(func() { t.authenticate(client, n, m) })
	}
}

// probe asks a node about a token that somebody made, late ones more often.
func (t *traffic) probe(client string, _ int) {
	t.mu.Lock()
	var one credential
	if n := len(t.tokens); n > 0 {
		one = t.tokens[n-1-rand.IntN(min(n, 50))]
	}
	t.mu.Unlock()
	if one.bearer != "" {
		t.authenticate(client, t.any(), one)
	}
	t.rest(100 * time.Millisecond)
}

// list asks a node for all names of tokens.
func (t *traffic) list(client string, at *node) history.Outcome {
	r := request{node: at, path: "/_security/service/" + account + "/credential"}
	outcome, _ := t.ask(history.Op{Kind: history.List, Scope: account, Client: client}, r, func(c *history.Call, a answer) {
		var body struct{ Tokens map[string]any }
		if err := json.Unmarshal(a.body, &body); err != nil {
			t.note("a list is not JSON")
		}
		for name := range body.Tokens {
			c.Seen = append(c.Seen, name)
		}
	})
	return outcome
}

func (t *traffic) keep(m credential) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = append(t.tokens, m)
}
