package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// term5 is a lease as these tests grant it: over at the member after 4.8 s.
const (
	term5     = 5 * time.Second
	termTaken = term5 - term5/driftShare - 100*time.Millisecond
)

func granted(index uint64) readAnswer {
	return readAnswer{indexAnswer: indexAnswer{index}, Lease: term5}
}

func TestALeaseHoldsFromWhenItWasAskedForUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		if l.Permit() != (Permit{}) {
			t.Error("a permit before anybody was asked")
		}
		asked := l.request()
		l.clock.advance(3 * time.Second) // the answer was long under way
		l.takes(asked, granted(0))
		l.clock.advance(termTaken - 3*time.Second - 1)
		if !l.Permit().Lease {
			t.Error("the lease ended before its time")
		}
		l.clock.advance(1)
		if l.Permit().Lease {
			t.Error("the lease goes on after its end, counted from when it was asked for")
		}
	})
}

func TestALeaseWaitsUntilTheMachineHoldsTheIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		l.reach(6)
		go l.takes(l.request(), granted(7))
		synctest.Wait()
		if l.Permit().Lease {
			t.Error("a lease for a state that lacks what it must hold")
		}
		l.reach(7)
		synctest.Wait()
		if !l.Permit().Lease {
			t.Error("no lease though the machine holds the index")
		}
	})
}

func TestALeaseWhoseIndexComesTooLateIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		before := time.Now()
		l.takes(l.request(), granted(7))
		if waited := time.Since(before); waited != term5 {
			t.Errorf("waited for %s", waited)
		}
		l.reach(7)
		if l.Permit().Lease {
			t.Error("a lease after its own time")
		}
	})
}

func TestALeaseIsForTheStateThatWasThereWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		l.reach(7)
		asked := l.request()
		l.goBack(7) // another state, of the same index even
		l.takes(asked, granted(7))
		if l.Permit().Lease {
			t.Error("a lease that was asked for before the restore was taken on after it")
		}
		l.takes(l.request(), granted(7))
		if p := l.Permit(); !p.Lease || p.Epoch != 1 {
			t.Errorf("%+v, want a lease for the state that was restored", p)
		}
		l.goBack(5)
		if _, epoch := l.machine.Position(); l.Permit().Epoch == epoch {
			t.Error("the lease is for a state that it was not asked for")
		}
	})
}

// lateRestore is a machine that goes back right after it was waited for.
type lateRestore struct {
	*machine
	restore func()
}

func (m lateRestore) Wait(ctx context.Context, index uint64) error {
	err := m.machine.Wait(ctx, index)
	m.restore()
	return err
}

func TestNoLeaseIsTakenOnForAStateThatCameInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		l.reach(7)
		l.cfg.Machine = lateRestore{l.machine, func() { l.goBack(3) }}
		l.takes(l.request(), granted(7))
		if l.Permit().Lease {
			t.Error("a lease for a state of index 3, which had to hold 7")
		}
	})
}

func TestARemovedNodeTakesOnNoLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for about, learns := range map[string]func(l *lone){
			"it was told": func(l *lone) { l.learnRemoved() },
			"its own state says so": func(l *lone) {
				l.machine.do(command{Op: opRetire, Node: Node{ID: "self"}})
			},
			"it was asked what it holds": func(l *lone) {
				l.machine.do(command{Op: opRetire, Node: Node{ID: "self"}})
				if _, err := l.holds(t.Context(), "leader", []byte(`{"index":1}`)); err != nil {
					t.Error(err)
				}
				if l.Permit().Lease {
					t.Error("it said that it holds its own removal, and has a lease still")
				}
			},
		} {
			l := newLone()
			l.reach(1)
			l.takes(l.request(), granted(0))
			before := l.request()
			learns(l)
			l.clock.advance(term5)
			before.at = l.clock.read() // so that only the rule is in the way
			l.takes(before, granted(0))
			if l.Permit().Lease {
				t.Errorf("%s: it took on a lease that it had asked for before", about)
			}
			if l.takes(l.request(), granted(0)); l.Permit().Lease {
				t.Errorf("%s: it took on another lease", about)
			}
			l.cancel()
		}
	})
}

func TestTheLaterLeaseIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		first := l.request()
		l.clock.advance(time.Second)
		l.takes(l.request(), granted(0))
		l.takes(first, granted(0))
		l.clock.advance(termTaken - 1)
		if !l.Permit().Lease {
			t.Error("an earlier lease took the place of a later one")
		}
		if n := l.counters.taken.Load(); n != 1 {
			t.Errorf("%d leases were taken on, want 1", n)
		}
	})
}

func TestStaleAnswersHaveATimeOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		answer := granted(0)
		l.takes(l.request(), answer)
		if l.Permit().Stale {
			t.Error("stale answers by settings that do not know them")
		}
		l.clock.advance(1)
		answer.Stale = time.Minute
		l.takes(l.request(), answer)
		l.clock.advance(term5)
		if p := l.Permit(); p.Lease || !p.Stale {
			t.Errorf("after the lease: %+v", p)
		}
		l.clock.advance(time.Minute - term5 - l.timing.margin(time.Minute))
		if l.Permit().Stale {
			t.Error("stale answers after their time")
		}
	})
}

func TestAPermitCostsNoMemory(t *testing.T) {
	l := newLone()
	defer l.cancel()
	l.cfg.Clock = systemClock
	l.takes(l.request(), readAnswer{Lease: time.Hour})
	if n := testing.AllocsPerRun(1000, func() { l.Permit() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
