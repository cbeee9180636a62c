//go:build mutants

package cluster

import (
	"flag"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jeton/internal/mutant"
)

var (
	variantRuns = flag.Int("sim.variant.runs", 4000, "after how many runs a variant counts as not found")
	variantOnly = flag.String("sim.variant", "", "the only variant to look for")
)

// TestTheSimulationFindsEveryVariant puts each wrong variant of the protocol in
// force, and runs seeds until a client was told what it must not be told.
func TestTheSimulationFindsEveryVariant(t *testing.T) {
	for _, v := range mutant.All() {
		if *variantOnly != "" && *variantOnly != string(v) {
			continue
		}
		mutant.Choose(v)
		began := time.Now()
		found, runs := findViolation(t, profileFor(v))
		took := time.Since(began).Round(10 * time.Millisecond)
		if found.what == "" {
			t.Errorf("%-22s not found in %d runs, %s", v, runs, took)
			continue
		}
		first, _, _ := strings.Cut(found.what, "\n")
		t.Logf("%-22s seed %d (%s), after %d runs, %s: %s", v, found.seed, found.profile, runs, took, first)
	}
	mutant.Choose("")
}

// profileFor is the trouble that shows a variant soonest; any, where it is not
// known.
func profileFor(v mutant.Variant) func(seed uint64) profile {
	for _, p := range profiles {
		if p.name == showsIn[v] {
			return func(uint64) profile { return p }
		}
	}
	return profileOf
}

var showsIn = map[mutant.Variant]string{}

type finding struct {
	seed    uint64
	profile string
	what    string
}

func findViolation(t *testing.T, of func(uint64) profile) (found finding, runs uint64) {
	var (
		next    atomic.Uint64
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1); i <= uint64(*variantRuns); i = next.Add(1) {
				seed := *simSeed + i - 1
				failures, _ := simulate(t, seed, of(seed))
				mu.Lock()
				if len(failures) > 0 && found.what == "" {
					found = finding{seed, of(seed).name, failures[0]}
				}
				done := found.what != ""
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	workers.Wait()
	return found, min(next.Load(), uint64(*variantRuns))
}
