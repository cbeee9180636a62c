package cluster

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"jeton/internal/history"
)

// TestSimulationOfRestores is the simulation of backups that are restored: one
// entry, behind the barrier, takes away at once whatever the backup does not hold.
// More runs: TestSimulation -sim.profile=restores.
func TestSimulationOfRestores(t *testing.T) {
	withoutRaceDetector(t)
	t.Parallel()
	restored := 0
	for seed := uint64(1); seed <= 12; seed++ {
		failures, n := simulateRestores(t, seed)
		restored += n
		for _, f := range failures {
			t.Errorf("seed %d: %s", seed, f)
		}
	}
	if restored < 12 {
		t.Errorf("only %d restores: hardly anything was tested", restored)
	}
	t.Logf("%d restores in 12 runs", restored)
}

func simulateRestores(t *testing.T, seed uint64) (failures []string, restored int) {
	synctest.Test(t, func(t *testing.T) {
		w := newSimWorld(seed, profileNamed("restores", seed))
		failures = w.run()
		for _, op := range w.history.Ops() {
			if op.Kind == history.Restore && op.Outcome == history.OK {
				restored++
			}
		}
	})
	return failures, restored
}

// simBackups is how a backup of the simulation holds what a history is about: names
// are kept or dropped, and what was taken away stays away.
var simBackups = history.Records{
	Of:      func(create history.Op) string { return create.Name },
	Returns: func(history.Op) bool { return false },
}

// restoreBackup makes a backup at one node and restores it, a while later, at another.
func restoreBackup(w *simWorld, rng *rand.Rand, span time.Duration) {
	id := w.unique("backup")
	var names []string
	if !w.visit(rng, func(ctx context.Context, at *visit) bool { names = w.save(ctx, at, id); return names != nil }) {
		return
	}
	sleepUntil(w.over, time.Duration(rng.Int64N(int64(span))))
	if w.visit(rng, func(ctx context.Context, at *visit) bool { return w.restore(ctx, at, id, names) == history.OK }) {
		for i := range simNames {
			w.askEverywhere(simName(i), rng)
		}
	}
}

// visit does something at one of the nodes.
func (w *simWorld) visit(rng *rand.Rand, do func(context.Context, *visit) bool) bool {
	at, ok := w.anyNode(rng).enter()
	if !ok {
		return false
	}
	defer at.leave()
	ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, time.Second)
	defer cancel()
	return do(ctx, at)
}

// save returns the names that there are; nil when this node cannot know.
func (w *simWorld) save(ctx context.Context, at *visit, id string) []string {
	call := w.begin(at, history.Op{Kind: history.Save, Key: id})
	state, err := at.CatchUp(ctx)
	if err != nil {
		finish(at, call, history.CannotKnow)
		return nil
	}
	if finish(at, call, history.OK) != history.OK {
		return nil
	}
	return slices.AppendSeq(make([]string, 0, len(state.Secrets)), maps.Keys(state.Secrets))
}

func (w *simWorld) restore(ctx context.Context, at *visit, id string, names []string) history.Outcome {
	call := w.begin(at, history.Op{Kind: history.Restore, Key: id})
	c := simCommand{ID: w.unique("restore"), Op: simRestore, Names: names}
	_, err := at.simLife.cluster.Revoke(ctx, c.entry())
	return finish(at, call, outcome(at, c.ID, err))
}
