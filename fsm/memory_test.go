package fsm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestAProposalThatComesTwiceIsAppliedOnce(t *testing.T) {
	s := newStory(t)
	create := Proposal{ID: "create", Command: &CreateServiceToken{Token: token(fleet, "t1")}}
	want(t, "first", s.propose(create), OK)
	before := contentsOf(s.Current())
	want(t, "second", s.propose(create), OK)
	want(t, "index", s.Index(), 2)
	if o, _ := s.Outcome("create"); o.Index != 1 {
		t.Errorf("the outcome is of index %d, want the first application's", o.Index)
	}
	wantContents(t, contentsOf(s.Current()), before)
}

func TestALateSecondCopyDoesNotUndoWhatCameBetween(t *testing.T) {
	s := newStory(t)
	create := Proposal{ID: "create", Command: &CreateServiceToken{Token: token(fleet, "t1")}}
	s.propose(create)
	s.mustDo(&DeleteServiceToken{Account: fleet, Name: "t1"})
	want(t, "second", s.propose(create), OK)
	wantNames(t, s.Current(), fleet)
}

func TestARefusedProposalStaysRefused(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	late := Proposal{ID: "late", Command: &CreateServiceToken{Token: token(fleet, "t1")}}
	want(t, "first", s.propose(late), Exists)
	s.mustDo(&DeleteServiceToken{Account: fleet, Name: "t1"})
	want(t, "second, with the name free again", s.propose(late), Exists)
	wantNames(t, s.Current(), fleet)
}

func TestAnUnknownProposalHasNoOutcome(t *testing.T) {
	if o, known := New().Outcome("none"); known {
		t.Errorf("outcome %+v", o)
	}
}

// fill applies n proposals that change nothing.
func (s *story) fill(n int) {
	s.t.Helper()
	for range n {
		want(s.t, "filler", s.do(&DeleteServiceToken{Account: fleet, Name: "none"}), NotFound)
	}
}

func TestTheLastProposalsAreRemembered(t *testing.T) {
	s := newStory(t)
	s.fill(Remembered)
	if _, known := s.Outcome("p1"); !known {
		t.Errorf("the first of %d proposals is forgotten", Remembered)
	}
	want(t, "horizon", s.memory.horizon, 0)
	s.fill(1)
	if _, known := s.Outcome("p1"); known {
		t.Errorf("the first of %d proposals is still remembered", Remembered+1)
	}
	if _, known := s.Outcome("p2"); !known {
		t.Error("the second proposal is forgotten too early")
	}
	want(t, "horizon", s.memory.horizon, 1)
}

func TestAProposalThatMayBeForgottenIsRefused(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")}, &DeleteServiceToken{Account: fleet, Name: "t1"})
	s.fill(Remembered)
	want(t, "horizon", s.memory.horizon, 2)

	again := Proposal{ID: "p1", Seen: 0, Command: &CreateServiceToken{Token: token(fleet, "t1")}}
	want(t, "the forgotten create, again", s.propose(again), Forgotten)
	wantNames(t, s.Current(), fleet)
	want(t, "once more", s.propose(again), Forgotten)
}

func TestTheHorizonIsExact(t *testing.T) {
	s := newStory(t)
	s.fill(Remembered + 5)
	// Each proposal drops one outcome more, so the horizon is looked up anew.
	propose := func(id string, seen uint64) Code {
		return s.propose(Proposal{ID: id, Seen: seen, Command: &CreateServiceToken{Token: token(fleet, id)}})
	}
	want(t, "seen just below the horizon", propose("below", s.memory.horizon-1), Forgotten)
	want(t, "seen at the horizon", propose("at", s.memory.horizon), OK)
	wantNames(t, s.Current(), fleet, "at")
}

// The argument of memory.go, tried: makers that lag, copies that come late and
// in any order, and more proposals than the memory holds. However late its
// copies come, none is applied twice; and a proposal that comes for the first
// time is refused only when its maker lagged behind the horizon.
func TestNoProposalIsEverAppliedTwice(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 0))
			s := newStory(t)
			type made struct {
				seen    uint64
				entry   []byte
				applied bool
			}
			proposals := make(map[string]*made)
			var ids []string
			refused := 0
			for index := uint64(1); index <= 3*Remembered; index++ {
				var id string
				if len(ids) > 0 && chance.IntN(4) == 0 {
					id = ids[chance.IntN(len(ids))]
				} else {
					id = fmt.Sprint("made at ", index)
					ids = append(ids, id)
					seen := index - 1
					if chance.IntN(10) == 0 {
						seen = chance.Uint64N(index)
					}
					command := &DeleteServiceToken{Account: fleet, Name: "none"}
					proposals[id] = &made{seen, encode(t, Proposal{ID: id, Seen: seen, Command: command}), false}
				}
				p, horizon := proposals[id], s.memory.horizon
				_, remembered := s.Outcome(id)
				if err := s.Apply(index, p.entry); err != nil {
					t.Fatal(err)
				}
				o, _ := s.Outcome(id)
				switch {
				case remembered && o.Index == index:
					t.Fatalf("%q: a remembered outcome was replaced", id)
				case remembered:
				case o.Code == Forgotten && p.seen >= horizon:
					t.Fatalf("%q of a maker at %d was refused with the horizon at %d", id, p.seen, horizon)
				case o.Code == Forgotten:
					refused++
				case p.applied:
					t.Fatalf("%q was applied twice", id)
				default:
					p.applied = true
				}
			}
			if refused == 0 {
				t.Error("no proposal was ever refused; the test has lost its point")
			}
		})
	}
}
