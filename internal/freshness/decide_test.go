package freshness

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// state is a State in which a thing is there or not.
type state struct {
	epoch uint64
	mode  Mode
	there bool
}

func (s state) Epoch() uint64 { return s.epoch }
func (s state) Mode() Mode    { return s.mode }

// node is a Source that notes what is asked of it, in order.
type node struct {
	permit  Permit
	here    state
	fresh   state
	unknown error // of CatchUp
	asked   []string
}

func (n *node) Permit() Permit {
	n.asked = append(n.asked, "permit")
	return n.permit
}

func (n *node) Current() state {
	n.asked = append(n.asked, "state")
	return n.here
}

func (n *node) CatchUp(context.Context) (state, error) {
	n.asked = append(n.asked, "round")
	return n.fresh, n.unknown
}

// decide asks the node whether the thing is there.
func (n *node) decide(t interface{ Context() context.Context }) (Read, error) {
	return Decide(t.Context(), n, func(s state) (bool, error) {
		n.asked = append(n.asked, "look")
		return s.there, nil
	})
}

func TestHowAYesComesAbout(t *testing.T) {
	lease, stale, none := Permit{Epoch: 1, Lease: true}, Permit{Epoch: 1, Stale: true}, Permit{Epoch: 1}
	for _, c := range []struct {
		about  string
		mode   Mode
		permit Permit
		want   Read
	}{
		{"a lease holds", Lease, lease, ByLease},
		{"no lease holds", Lease, none, ByRound},
		{"only its age is still allowed", Lease, stale, ByRound},
		{"the lease is of another epoch", Lease, Permit{Epoch: 2, Lease: true}, ByRound},
		{"the lease is of an earlier epoch", Lease, Permit{Epoch: 0, Lease: true}, ByRound},
		{"nothing was ever granted", Lease, Permit{}, ByRound},

		{"every answer is a round", Quorum, lease, ByRound},
		{"every answer is a round, whatever is left of another mode", Quorum, Permit{Epoch: 1, Lease: true, Stale: true}, ByRound},

		{"stale answers are allowed, and a lease holds", Available, lease, ByLease},
		{"stale answers are allowed, and both hold", Available, Permit{Epoch: 1, Lease: true, Stale: true}, ByLease},
		{"stale answers are allowed, and the age is not reached", Available, stale, ByStale},
		{"stale answers are allowed, and the age is reached", Available, none, ByRound},
		{"stale answers are allowed, of another epoch", Available, Permit{Epoch: 2, Stale: true}, ByRound},
	} {
		t.Run(c.about, func(t *testing.T) {
			n := &node{permit: c.permit, here: state{1, c.mode, true}, fresh: state{1, c.mode, true}}
			if got, err := n.decide(t); got != c.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			if asked := slices.Contains(n.asked, "round"); asked != (c.want == ByRound) {
				t.Errorf("asked for %v", n.asked)
			}
		})
	}
}

func TestThePermitComesBeforeTheState(t *testing.T) {
	n := &node{permit: Permit{Lease: true}, here: state{there: true}}
	if _, err := n.decide(t); err != nil {
		t.Fatal(err)
	}
	if want := []string{"permit", "state", "look"}; !slices.Equal(n.asked, want) {
		t.Errorf("%v, want %v", n.asked, want)
	}
}

func TestAMissIsLookedAtAgainInAFreshState(t *testing.T) {
	for _, mode := range []Mode{Lease, Quorum, Available} {
		for _, permit := range []Permit{{Lease: true}, {Stale: true}, {}} {
			n := &node{permit: permit, here: state{mode: mode}, fresh: state{mode: mode, there: true}}
			if how, err := n.decide(t); how != ByRound || err != nil {
				t.Errorf("created elsewhere: %q, %v", how, err)
			}
			n.fresh.there = false
			if how, err := n.decide(t); how != ByRound || !errors.Is(err, ErrMiss) {
				t.Errorf("nowhere: %q, %v", how, err)
			}
		}
	}
}

func TestWhoCannotKnowSaysNeitherYesNorNo(t *testing.T) {
	unknown := errors.New("no leader")
	n := &node{permit: Permit{Stale: true}, here: state{there: true}, fresh: state{there: true}, unknown: unknown}
	if how, err := n.decide(t); how != "" || !errors.Is(err, unknown) || errors.Is(err, ErrMiss) {
		t.Errorf("%q, %v", how, err)
	}
}

func TestAnErrorOfTheLookUpEndsIt(t *testing.T) {
	broken := errors.New("broken")
	for _, permit := range []Permit{{Lease: true}, {}} {
		n := &node{permit: permit}
		looks := 0
		_, err := Decide(t.Context(), n, func(state) (bool, error) {
			looks++
			return false, broken
		})
		if !errors.Is(err, broken) || errors.Is(err, ErrMiss) || looks != 1 {
			t.Errorf("%+v: %v after %d looks", permit, err, looks)
		}
	}
}

// world is a thing that comes and goes, and a node that hears of it late. At every
// step of a decision something may happen in it.
type world struct {
	there       bool // what everybody was told
	was, wasNot bool // there, at some moment since the question
	mode        Mode
	permit      Permit
	here        state
	unknown     error
	happens     []string
	rounds      int
}

// The things that happen. The node's lease is what the protocol makes of it: a
// taking away is answered once the node holds it or has no lease.
var happenings = map[string]func(w *world){
	"nothing":      func(*world) {},
	"it comes":     func(w *world) { w.there = true },
	"a lease ends": func(w *world) { w.permit.Lease = false },
	"the age is reached": func(w *world) {
		w.permit = Permit{Epoch: w.permit.Epoch}
	},
	"it goes": func(w *world) {
		if w.permit.Lease && w.permit.Epoch == w.here.epoch {
			w.here.there = false
		}
		w.there = false
	},
	"the node hears, and gets a lease": func(w *world) {
		w.here.there = w.there
		w.permit = Permit{Epoch: w.here.epoch, Lease: true, Stale: w.mode == Available}
	},
	"an older state is restored, which has it":   func(w *world) { w.here = state{w.here.epoch + 1, w.mode, true} },
	"an older state is restored, which lacks it": func(w *world) { w.here = state{w.here.epoch + 1, w.mode, false} },
}

// step lets the next thing happen.
func (w *world) step() {
	if len(w.happens) > 0 {
		happenings[w.happens[0]](w)
		w.happens = w.happens[1:]
	}
	w.was, w.wasNot = w.was || w.there, w.wasNot || !w.there
}

func (w *world) Permit() Permit {
	w.step()
	defer w.step()
	return w.permit
}

func (w *world) Current() state {
	w.step()
	defer w.step()
	return w.here
}

func (w *world) CatchUp(context.Context) (state, error) {
	w.step()
	defer w.step()
	w.rounds++
	return state{w.here.epoch, w.mode, w.there}, w.unknown
}

func TestAnAnswerIsTrueOfSomeMomentSinceTheQuestion(t *testing.T) {
	names := slices.Sorted(maps.Keys(happenings))
	rapid.Check(t, func(t *rapid.T) {
		w := &world{mode: Mode(rapid.IntRange(0, 2).Draw(t, "mode"))}
		w.here = state{1, w.mode, false}
		w.happens = rapid.SliceOfN(rapid.SampledFrom(names), 0, 12).Draw(t, "before the question")
		for len(w.happens) > 0 {
			w.step()
		}
		w.was, w.wasNot = w.there, !w.there
		if rapid.Bool().Draw(t, "no leader") {
			w.unknown = errors.New("no leader")
		}
		w.happens = rapid.SliceOfN(rapid.SampledFrom(names), 0, 6).Draw(t, "since the question")
		how, err := Decide(t.Context(), w, func(s state) (bool, error) { return s.there, nil })
		switch {
		case err == nil && how != ByStale && !w.was:
			t.Fatalf("yes (%s) to what was gone before the question", how)
		case errors.Is(err, ErrMiss) && !w.wasNot:
			t.Fatalf("no (%s) to what was there all the time", how)
		case how == ByStale && w.mode != Available, how == ByLease && w.mode == Quorum:
			t.Fatalf("%s in mode %d", how, w.mode)
		case err != nil && w.rounds != 1:
			t.Fatalf("%v after %d rounds", err, w.rounds)
		case how == ByRound && w.unknown != nil, errors.Is(err, ErrMiss) && w.unknown != nil:
			t.Fatalf("%q, %v by a round that failed", how, err)
		}
	})
}
