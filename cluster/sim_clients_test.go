package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"jeton/internal/freshness"
	"jeton/internal/history"
	"jeton/internal/mutant"
)

// client does one thing after the other, each at a node of its choice.
func (w *simWorld) client(rng *rand.Rand) {
	for !w.isOver() {
		sleepUntil(w.over, time.Duration(rng.Int64N(int64(12*time.Millisecond))))
		at, ok := w.anyNode(rng).enter()
		if !ok {
			continue
		}
		if w.quiet.Load() {
			at.leave()
			continue
		}
		name := simName(rng.IntN(simNames))
		ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, time.Duration(50+rng.IntN(600))*time.Millisecond)
		done := false
		switch k := rng.IntN(10); {
		case k < 3:
			done = w.create(ctx, at, name) == history.OK
		case k < 6:
			done = w.delete(ctx, at, name, w.anySecret(name, rng)) == history.OK
		default:
			w.authenticate(ctx, at, name, rng)
		}
		cancel()
		at.leave()
		if done {
			w.askEverywhere(name, rng)
		}
	}
}

func simName(i int) string { return fmt.Sprint("name", i) }

// askEverywhere tries a name at several nodes at once, the moment it was made or
// taken away.
func (w *simWorld) askEverywhere(name string, rng *rand.Rand) {
	var asking sync.WaitGroup
	for range 3 {
		at, ok := w.anyNode(rng).enter()
		if !ok {
			continue
		}
		mine := rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
		asking.Go(func() {
			defer at.leave()
			ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, 300*time.Millisecond)
			defer cancel()
			w.authenticate(ctx, at, name, mine)
		})
	}
	asking.Wait()
}

func (w *simWorld) anyNode(rng *rand.Rand) *simNode {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[rng.IntN(len(w.nodes))]
}

// visit is somebody's being at a node.
type visit struct {
	simSource
	*simLife
}

func (n *simNode) enter() (*visit, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.life == nil {
		return nil, false
	}
	n.life.doing.Add(1)
	return &visit{simSource{n.life.cluster, n.life.machine}, n.life}, true
}

func (v *visit) leave() { v.doing.Done() }

// begin records that a request's first byte is there; a paused node reads it when
// it goes on.
func (w *simWorld) begin(at *visit, op history.Op) *history.Call {
	op.Node = at.node.id
	call := w.history.Begin(op)
	at.wire.gate()
	return call
}

func finish(at *visit, call *history.Call, o history.Outcome) history.Outcome {
	at.wire.gate()
	if at.wire.dead() {
		o = history.Unknown // the connection went with the node
	}
	call.Finish(o)
	return o
}

// outcome sorts what a write has come to.
func outcome(at *visit, id string, err error) history.Outcome {
	switch {
	case errors.Is(err, ErrNoLeader), errors.Is(err, ErrNotMember), errors.Is(err, ErrOverloaded):
		return history.CannotKnow
	case err != nil:
		return history.Unknown
	}
	switch at.simLife.machine.current.Load().Outcomes[id] {
	case simOK:
		return history.OK
	case simConflict:
		return history.Conflict
	case simNotFound:
		return history.NotFound
	}
	if mutant.Is(mutant.AckBeforeOwnState) {
		return history.OK
	}
	return history.Unknown
}

func (w *simWorld) create(ctx context.Context, at *visit, name string) history.Outcome {
	secret := w.unique("secret")
	call := w.begin(at, history.Op{Kind: history.Create, Name: name, Key: secret})
	w.use(name, secret)
	c := simCommand{ID: secret, Op: simCreate, Name: name, Secret: secret}
	err := at.simLife.cluster.Commit(ctx, c.entry())
	return finish(at, call, outcome(at, c.ID, err))
}

// delete takes the name away, whatever its secret is, or only if it is the one that
// is given.
func (w *simWorld) delete(ctx context.Context, at *visit, name, secret string) history.Outcome {
	call := w.begin(at, history.Op{Kind: history.Delete, Name: name, Key: secret})
	kept, there := at.simLife.machine.current.Load().Secrets[name]
	if there = there && (secret == "" || kept == secret); !there && mutant.Is(mutant.AbsentAtOnce) {
		return finish(at, call, history.NotFound)
	}
	c := simCommand{ID: w.unique("delete"), Op: simDelete, Name: name, Secret: secret}
	_, err := at.simLife.cluster.Revoke(ctx, c.entry())
	return finish(at, call, outcome(at, c.ID, err))
}

func (w *simWorld) authenticate(ctx context.Context, at *visit, name string, rng *rand.Rand) {
	secret := w.used(name, rng)
	if secret == "" {
		return
	}
	call := w.begin(at, history.Op{Kind: history.Authenticate, Name: name, Key: secret})
	slow := time.Duration(0)
	if rng.IntN(w.profile.hashes) == 0 {
		slow = time.Duration(rng.Int64N(int64(80 * time.Millisecond))) // a slow hash
	}
	_, err := freshness.Decide(ctx, freshness.Source[*simState](at.simSource), func(s *simState) (bool, error) {
		kept, known := s.Secrets[name]
		sleepUntil(ctx.Done(), slow)
		if known && kept != secret && mutant.Is(mutant.MismatchIsNoMiss) {
			return false, freshness.ErrMiss
		}
		return kept == secret, nil
	})
	switch {
	case err == nil:
		finish(at, call, history.OK)
	case errors.Is(err, freshness.ErrMiss):
		finish(at, call, history.Refused)
	default:
		finish(at, call, history.CannotKnow)
	}
}

// use remembers the latest secrets of a name, for clients to try.
func (w *simWorld) use(name, secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets[name] = append(w.secrets[name], secret)
	w.secrets[name] = w.secrets[name][max(0, len(w.secrets[name])-3):]
}

// anySecret is one of them, or "" for whatever the secret is.
func (w *simWorld) anySecret(name string, rng *rand.Rand) string {
	if rng.IntN(2) == 0 {
		return ""
	}
	return w.used(name, rng)
}

func (w *simWorld) used(name string, rng *rand.Rand) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	secrets := w.secrets[name]
	if len(secrets) == 0 {
		return ""
	}
	return secrets[len(secrets)-1-min(rng.IntN(6)/3, len(secrets)-1)]
}
