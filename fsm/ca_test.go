package fsm

import (
	"strings"
	"testing"
)

func nextCA(name string) CA {
	return CA{Certificate: "certificate of " + name, Key: Sensitive("key of " + name)}
}

func wantRotation(t *testing.T, s *story, signer string, rotation CARotation) {
	t.Helper()
	want(t, "the CA that signs", s.Current().CA().Certificate, "certificate of "+signer)
	got := s.Current().CARotation()
	if (got.Next == nil) != (rotation.Next == nil) {
		t.Errorf("next CA: %v, want %v", got.Next, rotation.Next)
	}
	got.Next, rotation.Next = nil, nil
	if got != rotation {
		t.Errorf("rotation: %+v, want %+v", got, rotation)
	}
}

func foundedBy(t *testing.T, ca string) *story {
	s := newStory(t)
	s.mustDo(&FoundCluster{CA: nextCA(ca), Member: Member{ID: "n", Name: "node0"}, User: User{Name: "elastic"}})
	return s
}

func TestACAIsReplacedInThreeSteps(t *testing.T) {
	s := foundedBy(t, "a")
	next := nextCA("b")
	s.mustDo(&BeginCARotation{CA: next, Fingerprint: "fb"})
	wantRotation(t, s, "a", CARotation{Version: 2, Fingerprint: "fb", Next: &next})
	s.mustDo(&SwitchCA{Fingerprint: "fb"})
	wantRotation(t, s, "b", CARotation{Version: 3, Fingerprint: "fb", Former: "certificate of a"})
	if strings.Contains(string(saved(t, s.Machine)), "key of a") {
		t.Error("the former CA's key is in the state still")
	}
	s.mustDo(&FinishCARotation{Fingerprint: "fb"})
	wantRotation(t, s, "b", CARotation{Version: 4, Fingerprint: "fb"})
	want(t, "under way", s.Current().CARotation().UnderWay(), false)
}

func TestAStepThatComesTwiceOrTooLateChangesNothing(t *testing.T) {
	s := foundedBy(t, "a")
	want(t, "a switch to nothing", s.do(&SwitchCA{Fingerprint: "fb"}), Changed)
	s.mustDo(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"})
	want(t, "the end before the switch", s.do(&FinishCARotation{Fingerprint: "fb"}), Changed)
	want(t, "a switch to another", s.do(&SwitchCA{Fingerprint: "fc"}), Changed)
	s.mustDo(&SwitchCA{Fingerprint: "fb"})
	want(t, "a second switch", s.do(&SwitchCA{Fingerprint: "fb"}), Unchanged)
	want(t, "the end of another", s.do(&FinishCARotation{Fingerprint: "fc"}), Changed)
	s.mustDo(&FinishCARotation{Fingerprint: "fb"})
	want(t, "a second end", s.do(&FinishCARotation{Fingerprint: "fb"}), Unchanged)
	want(t, "a switch after the end", s.do(&SwitchCA{Fingerprint: "fb"}), Unchanged)
	wantRotation(t, s, "b", CARotation{Version: 9, Fingerprint: "fb"})
}

func TestOneRotationAtATime(t *testing.T) {
	s := foundedBy(t, "a")
	s.mustDo(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"})
	want(t, "another", s.do(&BeginCARotation{CA: nextCA("c"), Fingerprint: "fc"}), Exists)
	want(t, "the same", s.do(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"}), Unchanged)
	s.mustDo(&SwitchCA{Fingerprint: "fb"})
	want(t, "another before the end", s.do(&BeginCARotation{CA: nextCA("c"), Fingerprint: "fc"}), Exists)
	s.mustDo(&FinishCARotation{Fingerprint: "fb"})
	want(t, "to the one that signs", s.do(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"}), Unchanged)
	want(t, "another after the end", s.do(&BeginCARotation{CA: nextCA("c"), Fingerprint: "fc"}), OK)
}

func TestAHeldRotationWaitsForItsRelease(t *testing.T) {
	s := foundedBy(t, "a")
	s.mustDo(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb", Held: true})
	want(t, "a switch", s.do(&SwitchCA{Fingerprint: "fb"}), Changed)
	want(t, "a release of another", s.do(&ReleaseCARotation{Fingerprint: "fc"}), Changed)
	s.mustDo(&ReleaseCARotation{Fingerprint: "fb"})
	want(t, "a second release", s.do(&ReleaseCARotation{Fingerprint: "fb"}), Unchanged)
	want(t, "trust has not changed since", s.Current().CARotation().Version, 2)
	s.mustDo(&SwitchCA{Fingerprint: "fb"})
}

func TestNoRotationWithoutACluster(t *testing.T) {
	want(t, "a rotation", newStory(t).do(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"}), NotFound)
}

func TestAStepOfAFormerRotationChangesNothingInALaterOneToTheSameCA(t *testing.T) {
	s := foundedBy(t, "a")
	s.mustDo(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"})
	first := s.Current().CARotation().Version
	for _, to := range []string{"b", "a"} {
		if to == "a" {
			s.mustDo(&BeginCARotation{CA: nextCA("a"), Fingerprint: "fa"})
		}
		s.mustDo(&SwitchCA{Fingerprint: "f" + to, Version: s.Current().CARotation().Version})
		s.mustDo(&FinishCARotation{Fingerprint: "f" + to, Version: s.Current().CARotation().Version})
	}
	s.mustDo(&BeginCARotation{CA: nextCA("b"), Fingerprint: "fb"})
	want(t, "the first rotation's switch", s.do(&SwitchCA{Fingerprint: "fb", Version: first}), Changed)
	s.mustDo(&SwitchCA{Fingerprint: "fb", Version: s.Current().CARotation().Version})
	want(t, "the first rotation's end", s.do(&FinishCARotation{Fingerprint: "fb", Version: first + 1}), Changed)
}
