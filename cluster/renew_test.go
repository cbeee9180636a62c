package cluster

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnInstallationThatWaitsHoldsUpNoRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		go l.installLeases()
		for range 100 {
			l.offer(promise{request: l.request(), answer: granted(7)}) // the machine is behind
			synctest.Wait()
		}
		l.reach(7)
		synctest.Wait()
		if !l.Permit().Lease || l.counters.taken.Load() > 2 {
			t.Errorf("%+v, %d taken on", l.Permit(), l.counters.taken.Load())
		}
		l.cancel()
	})
}

// renewing is a node that renews its lease by rounds that the test plays.
func renewing(round func(ctx context.Context) (uint64, error)) (l *lone, rounds *atomic.Int32) {
	l, rounds = newLone(), new(atomic.Int32)
	l.catchUps.run = func(ctx context.Context) (uint64, error) {
		rounds.Add(1)
		return round(ctx)
	}
	return l, rounds
}

func TestALeaseIsRenewedTenTimesInItsLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, rounds := renewing(func(context.Context) (uint64, error) { return 0, nil })
		l.settings(Freshness{Lease: term5})
		go l.keepLease()
		for range 1000 { // hits cost nothing
			l.Permit()
		}
		wait(t.Context(), 10*term5-1)
		l.cancel()
		synctest.Wait()
		if n := rounds.Load(); n != 100 {
			t.Errorf("%d rounds in the time of ten leases, want 100", n)
		}
	})
}

func TestARoundThatHangsDoesNotEndTheRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, rounds := renewing(func(ctx context.Context) (uint64, error) {
			wait(ctx, term5/2) // a leader that died over it
			return 0, ErrNoLeader
		})
		l.settings(Freshness{Lease: term5})
		go l.keepLease()
		wait(t.Context(), 10*term5)
		l.cancel()
		synctest.Wait()
		// One begins when the one before it has given up, and not a tenth of a
		// lease later.
		if n := rounds.Load(); n < 19 {
			t.Errorf("%d rounds in the time of ten leases, want 20", n)
		}
	})
}

func TestWithoutLeasesThereAreNoRoundsInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, rounds := renewing(func(context.Context) (uint64, error) { return 0, nil })
		go l.keepLease()
		wait(t.Context(), time.Hour)
		if n := rounds.Load(); n != 0 {
			t.Errorf("%d rounds", n)
		}
		l.settings(Freshness{Lease: term5}) // the setting is changed
		wait(t.Context(), term5)
		if rounds.Load() == 0 {
			t.Error("no round once leases are wanted")
		}
		l.cancel()
		synctest.Wait()
	})
}

func TestAnAnswerThatPromisesNothingIsNoLease(t *testing.T) {
	l := newLone()
	defer l.cancel()
	l.offer(promise{request: l.request(), answer: readAnswer{indexAnswer: indexAnswer{7}}})
	if len(l.leases.offered) != 0 {
		t.Error("the node waits for a state that nobody promised it anything for")
	}
}
