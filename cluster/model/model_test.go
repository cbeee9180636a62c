package model

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var large = flag.Bool("model.large", false, "search the large scenarios, too: some minutes and some gigabytes")

// exhaust explores all of it; under the race detector, only a beginning.
func exhaust(t *testing.T, f fault) result {
	t.Helper()
	limit := 60_000_000 // more would be a mistake in the scenario
	if underRace {
		limit = 100_000
	}
	began := time.Now()
	r := newModel(f.in, f.wrong).explore(limit)
	t.Logf("%d states in %v", r.states, time.Since(began).Round(10*time.Millisecond))
	switch {
	case r.cut && underRace:
		t.Skip("the race detector is on: not everything is searched")
	case r.cut:
		t.Fatalf("more than %d states: not everything was seen", limit)
	}
	return r
}

func TestNoStateBreaksAPromise(t *testing.T) {
	t.Parallel()
	list := scenarios()
	if *large {
		list = append(list, largeScenarios()...)
	}
	for _, sc := range list {
		t.Run(sc.name, func(t *testing.T) {
			if !*large {
				t.Parallel() // the large ones need the memory for themselves
			}
			noStory(t, fault{in: sc})
		})
	}
}

func noStory(t *testing.T, f fault) {
	t.Helper()
	if r := exhaust(t, f); r.story != nil {
		t.Errorf("a promise is broken:\n%s", tell(r.story))
	}
}

func TestEachWrongVariantBreaksAPromise(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(string(f.wrong), func(t *testing.T) {
			t.Parallel()
			r := exhaust(t, f)
			if r.story == nil {
				t.Fatalf("no promise is broken in %d states", r.states)
			}
			t.Logf("a promise is broken:\n%s", tell(r.story))
		})
	}
}

func TestSomeRulesAreCoveredByOthers(t *testing.T) {
	t.Parallel()
	list := harmless()
	if *large {
		list = append(list, largeHarmless()...)
	}
	for _, f := range list {
		t.Run(string(f.wrong), func(t *testing.T) {
			if !*large {
				t.Parallel()
			}
			noStory(t, f)
		})
	}
}

// A search that finds nothing proves nothing if the model cannot move.
func TestEveryStepOfTheModelIsTaken(t *testing.T) {
	t.Parallel()
	ofVariants := map[doing]bool{didGrant: true, didSeeIndex: true, didLookFirst: true, brokeR: true, brokeN: true}
	var did [brokeN + 1]bool
	for _, sc := range []scenario{
		small("", twoVoters, denying, shortest), small("", restoring, counting, oneTerm, shortest), small("", restoring, oneTerm, shortest),
	} {
		m := newModel(sc, "")
		m.explore(1_000_000)
		for what, yes := range m.did {
			did[what] = did[what] || yes
		}
	}
	for what, yes := range did {
		if yes == ofVariants[doing(what)] {
			t.Errorf("step %d (%v): taken %v", what, act{what: doing(what)}, yes)
		}
	}
}

func TestShortcutsHideNothing(t *testing.T) {
	t.Parallel()
	for _, wrong := range []variant{noBarrier, noReadyWait, deposedForgets, noOwnTerm, startAtReply, lookFirst} {
		t.Run(string(wrong), func(t *testing.T) {
			t.Parallel()
			sc := small("", shortest, atLeader)
			if wrong != noReadyWait {
				sc.holders, sc.twins = set(serverB), [2]int{}
			}
			quick := exhaust(t, fault{wrong, sc})
			sc.plain = true
			plain := exhaust(t, fault{wrong, sc})
			if len(quick.story) != len(plain.story) || plain.story == nil || quick.states > plain.states {
				t.Errorf("%d steps in %d states with shortcuts, %d in %d without", len(quick.story), quick.states, len(plain.story), plain.states)
			}
		})
	}
}

func TestAStoryIsNumberedAndNamesTheServers(t *testing.T) {
	t.Parallel()
	got := tell([]act{
		{what: didElect, a: serverB, n: 2, set: set(serverB, serverC)},
		{what: didTick, a: serverB, b: -1},
		{what: brokeR, a: serverA},
	})
	want := fmt.Sprint("  1. B is elected leader of term 2 by B and C.\n",
		"  2. A tick passes, but not on B's clock.\n",
		"  3. A accepts the token, which was deleted before the request began.\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
