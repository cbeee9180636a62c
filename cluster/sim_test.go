package cluster

import (
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	simSeed    = flag.Uint64("sim.seed", 1, "the first seed of the simulation")
	simProfile = flag.String("sim.profile", "", "the only kind of trouble; by default each in turn")
	simTrace   = flag.Bool("sim.trace", false, "tell everything of a run that fails")
	simRuns    = flag.Int("sim.runs", 40, "how many runs, each with the next seed")
)

// TestSimulation runs this package over a simulated network, with simulated clocks
// and disks, through whatever a seed makes happen, and judges what the clients were
// told: docs/testing.md.
func TestSimulation(t *testing.T) {
	withoutRaceDetector(t)
	if *simRuns < 1 || *simProfile != "" && profileNamed(*simProfile, 0).name != *simProfile {
		t.Fatalf("%d runs of profile %q: there is no such profile, or nothing to run", *simRuns, *simProfile)
	}
	var next, violations, operations atomic.Uint64
	began := time.Now()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1); i <= uint64(*simRuns); i = next.Add(1) {
				seed := *simSeed + i - 1
				failures, ops := simulate(t, seed, profileNamed(*simProfile, seed))
				operations.Add(uint64(ops))
				for _, f := range failures {
					violations.Add(1)
					t.Errorf("seed %d: %s", seed, f)
				}
			}
		})
	}
	workers.Wait()
	if operations.Load() < 50*uint64(*simRuns) {
		t.Errorf("only %d operations: hardly anything was tested", operations.Load())
	}
	t.Logf("%d runs from seed %d, %d operations, %d violations, %s", *simRuns, *simSeed, operations.Load(), violations.Load(), time.Since(began).Round(time.Second))
}

func withoutRaceDetector(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("the race detector is on: `make simulation` runs it without")
	}
}

// simulate is one run.
func simulate(t *testing.T, seed uint64, p profile) (failures []string, operations int) {
	synctest.Test(t, func(t *testing.T) {
		w := newSimWorld(seed, p)
		failures = w.run()
		operations = len(w.history.Ops())
	})
	return failures, operations
}
