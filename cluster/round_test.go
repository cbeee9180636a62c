package cluster

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// conductor runs rounds by hand. Its clock counts what happens; a round's
// result is the time at which it began.
type conductor struct {
	*rounds[uint64]
	mu      sync.Mutex
	clock   uint64
	release chan error // ends the round in flight
}

func newConductor(ctx context.Context, max int) *conductor {
	c := &conductor{release: make(chan error)}
	c.rounds = &rounds[uint64]{ctx: ctx, max: max, run: func(ctx context.Context) (uint64, error) {
		began := c.tick()
		select {
		case err := <-c.release:
			return began, err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}}
	return c
}

func (c *conductor) tick() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	return c.clock
}

type caller struct {
	at    uint64 // before the call
	began uint64 // when the round that answered began
	err   error
	done  bool
	leave context.CancelFunc
}

// call joins a round in the background.
func (c *conductor) call(ctx context.Context) *caller {
	ctx, cancel := context.WithCancel(ctx)
	w := &caller{at: c.tick(), leave: cancel}
	go func() {
		began, err := c.join(ctx)
		w.began, w.err, w.done = began, err, true
	}()
	synctest.Wait()
	return w
}

// finish ends the round in flight.
func (c *conductor) finish(err error) {
	c.release <- err
	synctest.Wait()
}

func TestARoundThatAnswersBeganAfterTheQuestion(t *testing.T) {
	const (
		call = iota
		finish
		leave
	)
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]int{call, call, call, finish, finish, leave}), 1, 60).Draw(rt, "steps")
		var broken []string
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			c := newConductor(ctx, 1000)
			var callers []*caller
			for _, step := range steps {
				switch {
				case step == call:
					callers = append(callers, c.call(ctx))
				case step == finish && c.current != nil:
					c.finish(nil)
				case step == leave && len(callers) > 0:
					callers[len(callers)/2].leave()
					synctest.Wait()
				}
			}
			for c.current != nil {
				c.finish(nil)
			}
			for _, w := range callers {
				switch {
				case !w.done:
					broken = append(broken, "a caller is still waiting")
				case w.err != nil && !errors.Is(w.err, ErrNoLeader):
					broken = append(broken, w.err.Error())
				case w.err == nil && w.began <= w.at:
					broken = append(broken, "a caller was answered by a round that had begun before the call")
				}
			}
			cancel()
		})
		if broken != nil {
			rt.Fatal(broken)
		}
	})
}

func TestThoseWhoWaitAtTheSameTimeShareOneRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(t.Context(), 1000)
		first := c.call(t.Context())
		var later []*caller
		for range 100 {
			later = append(later, c.call(t.Context()))
		}
		c.finish(nil)
		if !first.done || later[0].done {
			t.Fatal("the round in flight answered others than those who were there before it")
		}
		c.finish(nil)
		for _, w := range later {
			if !w.done || w.err != nil || w.began != later[0].began {
				t.Fatalf("%+v, want the round of %+v", w, later[0])
			}
		}
		if c.current != nil || c.pending != nil {
			t.Error("rounds go on with nobody waiting")
		}
	})
}

func TestEverybodyInARoundGetsItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(t.Context(), 1000)
		a, b, next := c.call(t.Context()), c.call(t.Context()), errors.New("next")
		c.finish(ErrNotMember)
		c.finish(next)
		if !errors.Is(a.err, ErrNotMember) || !errors.Is(b.err, next) {
			t.Errorf("%v, %v", a.err, b.err)
		}
	})
}

func TestARoundTakesABoundedNumberOfWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(t.Context(), 3)
		callers := []*caller{c.call(t.Context())} // in flight
		for range 3 {
			callers = append(callers, c.call(t.Context()))
		}
		if shed := c.call(t.Context()); !shed.done || !errors.Is(shed.err, ErrOverloaded) {
			t.Fatalf("one too many: %+v", shed)
		}
		c.finish(nil)
		callers = append(callers, c.call(t.Context())) // the next round has room again
		c.finish(nil)
		c.finish(nil)
		for _, w := range callers {
			if w.err != nil {
				t.Error(w.err)
			}
		}
	})
}

func TestWhoGivesUpMakesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConductor(t.Context(), 3)
		c.call(t.Context()) // in flight, and staying so
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			w := c.call(ctx)
			<-ctx.Done()
			synctest.Wait()
			cancel()
			if !w.done || !errors.Is(w.err, ErrNoLeader) {
				t.Fatalf("%+v, want %v: the others have left", w, ErrNoLeader)
			}
		}
		c.finish(nil)
		c.finish(nil)
	})
}

func TestRoundsEndWithTheCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newConductor(ctx, 3)
		inFlight, pending := c.call(t.Context()), c.call(t.Context())
		cancel()
		synctest.Wait()
		if inFlight.err == nil || pending.err == nil {
			t.Errorf("%+v, %+v: want errors", inFlight, pending)
		}
	})
}
