//go:build mutants

package cluster

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jeton/internal/mutant"
)

var (
	variantRuns  = flag.Int("sim.variant.runs", 4000, "after how many runs a variant counts as not found")
	variantAgain = flag.Int("sim.variant.again", 0, "how often to run the seed that found a variant again, to see how often it does")
	variantOnly  = flag.String("sim.variant", "", "the only variant to look for")
)

// TestTheSimulationFindsEveryVariant puts each wrong variant of the protocol in
// force, and runs seeds until a client was told what it must not be told.
//
// Each has a process of its own, and three tries: under some of them hashicorp/raft
// is not given what it assumes, and may panic.
func TestTheSimulationFindsEveryVariant(t *testing.T) {
	if *variantOnly != "" {
		findVariant(t, mutant.Variant(*variantOnly))
		return
	}
	for _, v := range mutant.All() {
		var output []byte
		err := errors.New("not tried")
		for try := uint64(0); try < 3 && err != nil; try++ {
			seed := *simSeed + try*10_000
			output, err = exec.Command(os.Args[0], "-test.v", "-test.run", "^"+t.Name()+"$", "-sim.variant", string(v),
				"-sim.seed", fmt.Sprint(seed), "-sim.variant.runs", fmt.Sprint(*variantRuns), "-sim.variant.again", fmt.Sprint(*variantAgain)).CombinedOutput()
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", v, err, output)
		}
		for line := range strings.Lines(string(output)) {
			if _, said, ok := strings.Cut(line, "_test.go:"); ok && err == nil {
				_, said, _ = strings.Cut(said, ": ")
				t.Log(strings.TrimSpace(said))
			}
		}
	}
}

// findVariant looks for one.
func findVariant(t *testing.T, v mutant.Variant) {
	mutant.Choose(v)
	defer mutant.Choose("")
	if v == mutant.HeartbeatFastPath {
		findInStory(t, v)
		return
	}
	began := time.Now()
	found, runs := findViolation(t, profileFor(v))
	took := time.Since(began).Round(10 * time.Millisecond)
	if found.what == "" {
		t.Errorf("%-22s not found in %d runs, %s", v, runs, took)
		return
	}
	if *variantAgain > 0 {
		t.Logf("%-22s seed %d finds it in %d of %d further runs", v, found.seed, again(t, found.seed, profileFor(v)(found.seed)), *variantAgain)
	}
	first, _, _ := strings.Cut(found.what, "\n")
	t.Logf("%-22s seed %d (%s), after %d runs, %s: %s", v, found.seed, found.profile, runs, took, first)
}

// profileFor is the trouble that shows a variant soonest; any, where it is not
// known.
func profileFor(v mutant.Variant) func(seed uint64) profile {
	return func(seed uint64) profile { return profileNamed(showsIn[v], seed) }
}

var showsIn = map[mutant.Variant]string{
	mutant.NoBarrier: "leases", mutant.AbsentAtOnce: "mixed", mutant.NoReadyWait: "leases", mutant.NoDrain: "members",
	mutant.RetiredKeepsLease: "members", mutant.LowerAtOnce: "leases", mutant.JoinInFlight: "behind",
	mutant.NoConfirmation: "deposed", mutant.NonVotersCounted: "deposed", mutant.LateAnswers: "deposed",
	mutant.VerifyLeader: "deposed", mutant.GrantAfterIndex: "returns", mutant.StartAtReply: "replies",
	mutant.TwoHandles: "travels", mutant.NoEpoch: "travels", mutant.EpochNotCompared: "travels",
	mutant.LookBeforeLease: "hashes", mutant.MismatchIsNoMiss: "deposed", mutant.UnsyncedLog: "crashes",
	mutant.NoOwnTerm: "deposed", mutant.AckBeforeOwnState: "behind", mutant.MissUnderLease: "members",
}

// findInStory is for what befalls about one run in ten thousand. The story too needs
// the replaced leader's loop to be idle at the moment, which the scheduler decides.
func findInStory(t *testing.T, v mutant.Variant) {
	var failures []string
	for i := 0; i < 50 && len(failures) == 0; i++ {
		failures = writeAtAReplacedLeader(t)
	}
	if len(failures) == 0 {
		t.Errorf("%-22s not found by its story", v)
		return
	}
	t.Logf("%-22s by its story: %s", v, failures[0])
}

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

// again counts how often a seed shows what it has shown: the scheduling of
// goroutines is not the seed's.
func again(t *testing.T, seed uint64, p profile) (n int) {
	for range *variantAgain {
		if failures, _ := simulate(t, seed, p); len(failures) > 0 {
			n++
		}
	}
	return n
}
