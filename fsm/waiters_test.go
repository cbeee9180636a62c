package fsm

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// wait waits in the background; the answer is there once Wait has returned.
func wait(ctx context.Context, m *Machine, index uint64) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- m.Wait(ctx, index) }()
	return answer
}

// settled is the number of those that have returned, when all others sleep.
func settled(answers []<-chan error) int {
	synctest.Wait()
	n := 0
	for _, a := range answers {
		n += len(a)
	}
	return n
}

func TestWaitReturnsAtOnceForWhatIsThere(t *testing.T) {
	s := newStory(t)
	s.fill(3)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for index := range uint64(4) {
		if err := s.Wait(cancelled, index); err != nil {
			t.Errorf("index %d: %v", index, err)
		}
	}
}

func TestEachWaiterWakesAtItsOwnIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		var answers []<-chan error
		for _, index := range []uint64{5, 1, 4, 2, 3, 3, 1, 5} {
			answers = append(answers, wait(t.Context(), s.Machine, index))
		}
		for index, woken := range []int{0, 2, 3, 5, 6, 8} {
			if index > 0 {
				s.fill(1)
			}
			want(t, "waiters woken", settled(answers), woken)
		}
		for _, a := range answers {
			if err := <-a; err != nil {
				t.Error(err)
			}
		}
		want(t, "waiters left behind", len(s.waiters), 0)
	})
}

func TestAWaiterFindsTheOutcomeAndTheStateItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		done := wait(t.Context(), s.Machine, 1)
		synctest.Wait()
		s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if o, known := s.Outcome("p1"); !known || o.Code != OK {
			t.Errorf("outcome %+v, known is %v", o, known)
		}
		wantNames(t, s.Current(), fleet, "t1")
	})
}

func TestARestoreWakesWaitersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := newStory(t)
		ahead.fill(7)
		s := newStory(t)
		answers := []<-chan error{wait(t.Context(), s.Machine, 7), wait(t.Context(), s.Machine, 8)}
		synctest.Wait()
		s.restore(saved(t, ahead.Machine))
		want(t, "waiters woken", settled(answers), 1)
		s.fill(1)
		want(t, "waiters woken", settled(answers), 2)
	})
}

func TestACancelledWaiterLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		var staying, leaving []<-chan error
		ctx, cancel := context.WithCancel(t.Context())
		for index := uint64(1); index <= 50; index++ {
			staying = append(staying, wait(t.Context(), s.Machine, index))
			leaving = append(leaving, wait(ctx, s.Machine, 51-index))
		}
		want(t, "woken before anything happened", settled(staying)+settled(leaving), 0)
		cancel()
		want(t, "cancelled", settled(leaving), 50)
		for _, a := range leaving {
			if err := <-a; !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want the context's error", err)
			}
		}
		want(t, "waiters left", len(s.waiters), 50)
		for index := range 50 {
			s.fill(1)
			want(t, "woken", settled(staying), index+1)
		}
		want(t, "waiters left", len(s.waiters), 0)
	})
}

func TestAWaiterThatIsCancelledAsItWakesIsDroppedOnce(t *testing.T) {
	ws := waiters{}
	first, second := ws.add(1), ws.add(2)
	ws.release(1)
	ws.drop(first)
	want(t, "waiters left", len(ws), 1)
	ws.drop(second)
	ws.drop(second)
	want(t, "waiters left", len(ws), 0)
}
