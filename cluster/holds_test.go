package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAMemberIsAskedAfterTheEntryWasAppliedHere(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.grant(r, "a")
		// It is being asked already, for an earlier entry, and answers late, of
		// more than it was asked for.
		answer := make(chan struct{})
		var questions []uint64
		l.puppets.play("a", func(_ context.Context, q indexAnswer) (indexAnswer, error) {
			questions = append(questions, q.Index)
			if len(questions) == 1 {
				<-answer
				return indexAnswer{q.Index + 100}, nil
			}
			return q, nil
		})
		go func() { _, _, _ = l.takeAway(t.Context()) }()
		synctest.Wait()
		var ended atomic.Bool
		go func() {
			_, _, _ = l.takeAway(t.Context())
			ended.Store(true)
		}()
		synctest.Wait()
		close(answer)
		synctest.Wait()
		if !ended.Load() || len(questions) != 2 || questions[1] != l.index() {
			t.Errorf("asked for %v, the second being at %d; answered: %v", questions, l.index(), ended.Load())
		}
	}, "a")
}

func TestManyTakeAwaysShareTheirQuestions(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.pastReady()
		l.grant(r, "slow")
		l.puppets.play("slow", func(ctx context.Context, q indexAnswer) (indexAnswer, error) {
			wait(ctx, 500*time.Millisecond)
			return q, nil
		})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if of, _, err := l.takeAway(t.Context()); err != nil || of.Confirmed != 2 {
					t.Errorf("%+v, %v", of, err)
				}
			})
		}
		all.Wait()
		if n := l.puppets.questions("slow"); n > 3 {
			t.Errorf("%d questions for 100 take-aways at once", n)
		}
	}, "slow")
}

func TestALeaderThatRetiresItselfHasNoLeaseOnceItConfirmed(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, _ *reign) {
		l.takes(l.request(), granted(0))
		if !l.Permit().Lease {
			t.Fatal("no lease")
		}
		if err := l.cfg.Registry.Retire(t.Context(), "self"); err != nil {
			t.Fatal(err)
		}
		if l.Permit().Lease {
			t.Error("its retirement is acknowledged, and it answers from its state")
		}
	})
}

func TestAMemberConfirmsOnceItsMachineHoldsTheEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		l.reach(6)
		var answer atomic.Value
		go func() {
			if a, err := l.holds(t.Context(), "leader", []byte(`{"index":7}`)); err == nil {
				answer.Store(a)
			}
		}()
		synctest.Wait()
		if a := answer.Load(); a != nil {
			t.Errorf("%+v, and the machine is at 6", a)
		}
		l.reach(8)
		synctest.Wait()
		if a := answer.Load(); a != (indexAnswer{8}) {
			t.Errorf("%+v, want what it holds", a)
		}
		// It does not keep the leader waiting for what may come late.
		if a, err := l.holds(t.Context(), "leader", []byte(`{"index":9}`)); err != nil || a != (indexAnswer{8}) {
			t.Errorf("%+v, %v, want what it holds", a, err)
		}
		if _, err := l.holds(t.Context(), "leader", []byte(`{`)); err == nil {
			t.Error("a malformed question was answered")
		}
	})
}
