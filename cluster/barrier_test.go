package cluster

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// retryStep is by how much a wait for a member may be longer than its lease.
const retryStep = retryMax + 2*time.Millisecond

// pastReady lets the time pass in which a new leader must fear what it did not
// grant itself.
func (l *lone) pastReady() { l.clock.advance(held5 + 1) }

// takeAway puts an entry through the barrier, and says how long it was waited for.
func (l *lone) takeAway(ctx context.Context) (Confirmation, time.Duration, error) {
	before, ok := l.reigning()
	if !ok {
		return Confirmation{}, 0, errNotLeader
	}
	index, err := l.apply(ctx, command{ID: NewID()}.entry())
	if err != nil {
		return Confirmation{}, 0, err
	}
	began := l.clock.read().Boot
	of, err := l.barrier(ctx, before, index)
	return of, l.clock.read().Boot - began, err
}

// wantWait runs a take-away that must wait so long, and no longer.
func (l *lone) wantWait(t *testing.T, want time.Duration, confirmed int) {
	t.Helper()
	of, waited, err := l.takeAway(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if waited < want || waited > want+retryStep {
		t.Errorf("waited for %s, want %s", waited, want)
	}
	if want := (Confirmation{Confirmed: confirmed, Members: len(l.configuration())}); of != want {
		t.Errorf("%+v, want %+v", of, want)
	}
}

func TestATakeAwayWaitsForASilentMemberUntilItsLeaseIsOver(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.puppets.follows("a")
		l.grant(r, "a")
		l.grant(r, "silent")
		l.clock.advance(time.Second)
		// Both have no vote: a lease is a lease.
		l.wantWait(t, held5-time.Second, 2)
	}, "a", "silent")
}

func TestATakeAwayIsAnsweredAtOnceWhenAllHoldIt(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.puppets.follows("a", "b")
		l.grant(r, "a")
		l.grant(r, "b")
		l.wantWait(t, 0, 3)
	}, "a", "b")
}

func TestAMemberWhoseLeaseIsOverIsNotAsked(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.grant(r, "down")
		l.pastReady()
		l.wantWait(t, 0, 1)
		if n := l.puppets.questions("down"); n != 0 {
			t.Errorf("it was asked %d times", n)
		}
	}, "down", "never granted anything")
}

func TestOnlyAMemberThatHoldsTheEntryConfirms(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.grant(r, "behind")
		var answers atomic.Int32
		l.puppets.play("behind", func(_ context.Context, q indexAnswer) (indexAnswer, error) {
			if answers.Add(1) < 4 {
				return indexAnswer{q.Index - 1}, nil
			}
			return q, nil
		})
		of, waited, err := l.takeAway(t.Context())
		if err != nil || of.Confirmed != 2 || answers.Load() != 4 {
			t.Errorf("%+v after %d answers, %v", of, answers.Load(), err)
		}
		if waited >= held5 {
			t.Errorf("waited for %s though it confirmed", waited)
		}
	}, "behind")
}

func TestANewLeaderFearsWhatTheOneBeforeItGranted(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		began := l.clock.read().Boot - r.since
		l.wantWait(t, held5-began, 1)
		l.wantWait(t, 0, 1) // and then no more
	}, "silent")
}

func TestANewLeaderFearsAsMuchAsFormerSettingsAllowed(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.settings(Freshness{Lease: time.Second, Former: term5})
		began := l.clock.read().Boot - r.since
		l.wantWait(t, held5-began, 1)
	}, "silent")
}

func TestWhenTheTermChangesInBetweenTheWholeTimeIsWaited(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		index, err := l.apply(t.Context(), command{ID: "taken away"}.entry())
		if err != nil {
			t.Fatal(err)
		}
		// This node led in r, and leads again: who led in between granted what
		// nobody here knows.
		l.reign.Store(&reign{term: r.term, since: l.clock.read().Boot, grants: map[string]grant{}})
		began := l.clock.read().Boot
		of, err := l.barrier(t.Context(), r, index)
		if waited := l.clock.read().Boot - began; err != nil || waited < held5 || waited > held5+retryStep {
			t.Errorf("%+v after %s, %v; want %s", of, waited, err, held5)
		}
		// Who holds it need not be waited for all the same.
		l.puppets.follows("silent")
		if of, err = l.barrier(t.Context(), r, index); err != nil || of.Confirmed != 2 {
			t.Errorf("%+v, %v", of, err)
		}
	}, "silent")
}

func TestStaleAnswersAreWaitedForOnceTheyAreForbidden(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.settings(Freshness{Lease: term5, Stale: time.Minute})
		l.grant(r, "silent")
		l.wantWait(t, held5, 1) // while they are allowed they are nobody's to wait for
		l.settings(Freshness{Lease: term5, Former: time.Minute})
		l.wantWait(t, time.Minute+l.timing.margin(time.Minute)-held5-retryStep, 1)
	}, "silent")
}

func TestATakeAwayThatCannotWaitLongEnoughIsUnknown(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.puppets.follows("a")
		l.grant(r, "a")
		l.grant(r, "silent")
		entry := command{ID: "taken away"}.entry()
		for range 2 { // again: that it was applied says nothing of who holds it
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if of, err := l.Revoke(ctx, entry); !errors.Is(err, ErrUnknown) {
				t.Errorf("%+v, %v, want %v", of, err, ErrUnknown)
			}
			cancel()
			if !l.machine.has("taken away") {
				t.Error("it was not applied")
			}
		}
		if of, err := l.Revoke(t.Context(), entry); err != nil || of != (Confirmation{2, 3}) {
			t.Errorf("%+v, %v", of, err)
		}
		if n := l.counters.barrierTimeouts.Load(); n < 2 {
			t.Errorf("%d counted", n)
		}
	}, "a", "silent")
}

func TestATakeAwayEndsWithTheNode(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.grant(r, "silent")
		ended := make(chan error)
		go func() {
			_, err := l.Revoke(context.Background(), command{ID: "taken away"}.entry())
			ended <- err
		}()
		synctest.Wait()
		l.cancel()
		if err := <-ended; !errors.Is(err, ErrUnknown) {
			t.Errorf("%v, want %v", err, ErrUnknown)
		}
	}, "silent")
}

func TestWhatOnlyAddsWaitsForNobody(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.grant(r, "silent")
		before := l.clock.read().Boot
		if err := l.Commit(t.Context(), command{ID: "created"}.entry()); err != nil {
			t.Fatal(err)
		}
		if waited := l.clock.read().Boot - before; waited > time.Second {
			t.Errorf("a create waited for %s", waited)
		}
	}, "silent")
}
