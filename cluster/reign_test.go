package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// held5 is for how long a leader takes a lease of term5 to hold.
const held5 = term5 + term5/driftShare + 100*time.Millisecond

// leading runs a story about a leader alone, in a bubble of time.
func leading(t *testing.T, story func(t *testing.T, l *lone, r *reign), others ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLoneLeader(t, others...)
		l.settings(Freshness{Lease: term5})
		story(t, l, l.reignNow())
	})
}

// installOffered does what installLeases would.
func (l *lone) installOffered(t *testing.T) {
	t.Helper()
	select {
	case p := <-l.leases.offered:
		l.install(p)
	default:
		t.Fatal("the round offered no lease")
	}
}

// TestTheLeaderNeedsALeaseTooFromWhenItAsked is the way that a node takes to its
// own lease when it leads.
func TestTheLeaderNeedsALeaseTooFromWhenItAsked(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, _ *reign) {
		if l.Permit().Lease {
			t.Error("it has a lease because it leads")
		}
		asked := l.clock.read().Boot
		confirm := l.confirms.run
		l.confirms.run = func(ctx context.Context) (confirmation, error) {
			l.clock.advance(2 * time.Second) // the voters take their time
			return confirm(ctx)
		}
		if _, err := l.ReadIndex(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.installOffered(t)
		if left := l.leaseLeft(); left != asked+termTaken-l.clock.read().Boot {
			t.Errorf("%s left after a round of 2 s", left)
		}
	})
}

func TestARestoreDuringARoundSpoilsItsLease(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, _ *reign) {
		confirm := l.confirms.run
		l.confirms.run = func(ctx context.Context) (confirmation, error) {
			l.goBack(0)
			return confirm(ctx)
		}
		if _, err := l.ReadIndex(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l.installOffered(t); l.Permit().Lease {
			t.Error("a lease for a state that came after the question")
		}
	})
}

func TestWhatNobodyKnowsOfIsOutstandingForTheLongestThatSettingsAllowed(t *testing.T) {
	for _, c := range []struct {
		about string
		f     Freshness
		want  time.Duration
	}{
		{"settings that never changed", Freshness{Lease: term5}, term5},
		{"a lease that was made shorter", Freshness{Lease: time.Second, Former: term5}, term5},
		{"a lease that was made longer", Freshness{Lease: time.Minute, Former: term5}, time.Minute},
		{"leases that were given up", Freshness{Former: term5}, term5},
		{"stale answers that were forbidden", Freshness{Lease: term5, Former: time.Hour}, time.Hour},
		{"stale answers", Freshness{Lease: term5, Stale: time.Hour, Former: time.Hour}, term5},
		{"rounds only", Freshness{}, 0},
	} {
		if got := c.f.outstanding(); got != c.want {
			t.Errorf("%s: %s, want %s", c.about, got, c.want)
		}
	}
}

func TestFormerSettingsAreSettledOnceTheirTimeIsOver(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		former := func() time.Duration { return l.machine.freshness().Former }
		l.settings(Freshness{Lease: time.Second, Former: term5, Version: 1})
		l.settle()
		l.clock.advance(held5)
		if l.settle(); former() == 0 {
			t.Error("settled while an answer of the former settings may still be given")
		}
		// Changed once more: the time begins anew.
		l.settings(Freshness{Lease: 2 * time.Second, Former: term5, Version: 2})
		l.clock.advance(1)
		if l.settle(); former() == 0 {
			t.Error("settled by the time of the settings before")
		}
		// A new leader knows nothing of when the one before it saw them.
		l.clock.advance(held5)
		next := &reign{term: r.term, settled: r.settled, grants: map[string]grant{}}
		l.reign.Store(next)
		if l.settle(); former() == 0 {
			t.Error("settled by a leader that has only just seen the settings")
		}
		l.clock.advance(held5 + 1)
		if l.settle(); former() != 0 {
			t.Error("never settled")
		}
	})
}

func TestAConfigurationIsSettledByTheLeaderOfItsTermOnly(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.change(t, l.raft.AddNonvoter("new", "new", 0, 0))
		l.reign.Store(&reign{term: r.term - 1})
		l.settle()
		if hasServer(r.settledServers(), "new") || hasServer(l.reign.Load().settledServers(), "new") {
			t.Error("settled by who is not ready in this term")
		}
	})
}

func TestALeaderIsReadyFromWhenItsOwnEntryIsApplied(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		release := l.machine.hold()
		l.raft.Apply(command{ID: "slow"}.entry(), 0)
		l.reign.Store(nil) // as if it had only just been elected
		ready := make(chan struct{})
		go func() {
			l.becomeReady()
			close(ready)
		}()
		wait(t.Context(), time.Second)
		if _, ok := l.reigning(); ok {
			t.Error("ready, and its machine lacks an entry that is committed")
		}
		at := l.clock.read().Boot
		release()
		<-ready
		now, ok := l.reigning()
		if !ok || now == r || now.since < at || !l.machine.has("slow") {
			t.Errorf("%+v, ready: %v, at %s", now, ok, at)
		}
		// It stays so: what it granted must not be forgotten.
		if l.becomeReady(); l.reignNow() != now {
			t.Error("a leader began its reign twice")
		}
	})
}

func TestALeaderWhoseMachineFailedReignsNoMore(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, _ *reign) {
		l.machine.failOn(errors.New("unknown kind of entry"))
		_ = l.raft.Apply(command{ID: "bad", Op: opPoison}.entry(), 0).Error()
		if _, ok := l.reigning(); ok {
			t.Error("it answers for a machine that goes its own way")
		}
	})
}
