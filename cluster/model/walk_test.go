package model

import (
	"hash/maphash"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// walk takes steps at random and calls see in each state on the way.
func walk(t *rapid.T, m *model, see func(s *state)) {
	s := m.start()
	for range rapid.IntRange(0, 60).Draw(t, "steps") {
		after := successors(m, s)
		s = after[rapid.IntRange(0, len(after)-1).Draw(t, "step")].state
		see(&s)
	}
}

func successors(m *model, s state) []successor {
	m.out = m.out[:0]
	m.steps(&s)
	return slices.Clone(m.out)
}

func everything(t *rapid.T) *model {
	sc := small("", atNonVoter, restoring, denying, clocks)
	sc.removes, sc.target = true, serverD
	sc.counter = rapid.Bool().Draw(t, "counter")
	return newModel(sc, "")
}

func TestTwinsCanBeExchangedInEveryState(t *testing.T) {
	t.Parallel()
	seed := maphash.MakeSeed()
	rapid.Check(t, func(t *rapid.T) {
		m := everything(t)
		walk(t, m, func(s *state) {
			after, mirrored := map[uint64]bool{}, map[uint64]bool{}
			for _, to := range successors(m, *s) {
				after[maphash.Comparable(seed, to.state)] = true
			}
			for _, to := range successors(m, exchanged(*s, serverB, serverC)) {
				mirrored[maphash.Comparable(seed, exchanged(to.state, serverB, serverC))] = true
			}
			if !maps.Equal(after, mirrored) {
				t.Fatal("the steps of the twins differ")
			}
		})
	})
}

// What Raft promises, and what the model takes from it.
func TestTheModelOfRaftKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := everything(t)
		walk(t, m, func(s *state) {
			for v := range m.servers {
				srv := &s.srv[v]
				if srv.idx > s.ncom || !samePrefix(&srv.log, &s.com, srv.idx) {
					t.Fatalf("%s holds what is not committed", name(v))
				}
			}
			last := int(s.reign[s.began-1].leader) - 1
			if s.leads(last, int(s.began)) && !samePrefix(&s.srv[last].log, &s.com, s.ncom) {
				t.Fatalf("%s leads the latest term without all that is committed", name(last))
			}
		})
	})
}

func TestALeaseIsOverBeforeTheLeaderTakesItToBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(small("", restoring, oneTerm), "") // one clock, one leader
		walk(t, m, func(s *state) {
			if s.deleted {
				return // nobody counts any more
			}
			if held := m.held(s, serverA, 1, serverB); s.srv[serverB].lease.left > held {
				t.Fatalf("B's lease holds for %d, and A waits for %d", s.srv[serverB].lease.left, held)
			}
		})
	})
}
