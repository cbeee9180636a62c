package fsm

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestASnapshotBringsBackTheWholeState(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")},
		&CreateServiceToken{Token: token(fleet, "t1")}, &RemoveMember{ID: "id0"})
	s.do(&CreateServiceToken{Token: token(fleet, "t1")})

	other := newStory(t)
	other.restore(saved(t, s.Machine))
	wantContents(t, contentsOf(other.Current()), contentsOf(s.Current()))
	wantSame(t, s.Machine, other.Machine)
	want(t, "outcome of the refused create", other.memory.outcomes["p6"].Code, Exists)
}

// A field that is not in the snapshot is lost with a restart, and a difference in
// it is not seen by comparing fingerprints.
func TestEveryFieldOfAStateIsInItsSnapshot(t *testing.T) {
	empty := newState()
	clear := map[string]func(*State){
		"index":           func(s *State) { s.index = 0 },
		"cluster":         func(s *State) { s.cluster = nil },
		"ca":              func(s *State) { s.ca = nil },
		"users":           func(s *State) { s.users = empty.users },
		"tokens":          func(s *State) { s.tokens = empty.tokens },
		"members":         func(s *State) { s.members = empty.members },
		"joinTokens":      func(s *State) { s.joinTokens = empty.joinTokens },
		"removed":         func(s *State) { s.removed = empty.removed },
		"roles":           func(s *State) { s.roles = empty.roles },
		"privileges":      func(s *State) { s.privileges = empty.privileges },
		"serviceAccounts": func(s *State) { s.serviceAccounts = empty.serviceAccounts },
		"oauthTokens":     func(s *State) { s.oauthTokens = empty.oauthTokens },
		"successions":     func(s *State) { s.successions = empty.successions },
		"oauthSince":      func(s *State) { s.oauthSince = 0 },
		"settings":        func(s *State) { s.settings = nil },
		"level":           func(s *State) { s.level = 0 },
		"replicas":        func(s *State) { s.replicas = empty.replicas },
		"autopilot":       func(s *State) { s.autopilot = nil },
		"rotation":        func(s *State) { s.rotation = nil },
		"restored":        func(s *State) { s.restored = nil },
		"stage":           func(s *State) { s.stage = nil },
	}
	fields := slices.Sorted(maps.Keys(clear))
	for field := range reflect.TypeFor[State]().Fields() {
		// The epoch is the node's own, and byOwner follows from oauthTokens.
		if field.Name != "epoch" && field.Name != "byOwner" && !slices.Contains(fields, field.Name) {
			t.Errorf("this test does not know %s", field.Name)
		}
	}
	whole := goldenSnapshotBytes(t)
	for _, field := range fields {
		without := goldenSnapshot()
		clear[field](without.state)
		if bytes.Equal(snapshotBytes(t, without), whole) {
			t.Errorf("%s is not in the snapshot", field)
		}
	}
}

func TestASecondRecordOfATokenTakesThePlaceOfTheFirst(t *testing.T) {
	s := newStory(t)
	s.restore(sealed(`{"oauth_token":{"id":"1","owner":{"username":"ann"}}}` + "\n" + `{"oauth_token":{"id":"1","owner":{"username":"bob"}}}` + "\n"))
	wantIndexed(t, s.Current())
}

func TestAnEmptyMachineHasASnapshotToo(t *testing.T) {
	other := newStory(t)
	other.restore(saved(t, New()))
	wantSame(t, New(), other.Machine)
}

func TestASnapshotIsOfTheMomentItWasTaken(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	before := saved(t, s.Machine)
	taken := s.Snapshot()
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t2")})
	var written bytes.Buffer
	if _, err := taken.WriteTo(&written); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written.Bytes(), before) {
		t.Errorf("a command after the snapshot is in it:\n%s", &written)
	}
}

func TestAnOlderSnapshotGoesBackInTime(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	older := saved(t, s.Machine)
	s.mustDo(&DeleteServiceToken{Account: fleet, Name: "t1"}, &CreateServiceToken{Token: token(fleet, "t2")})
	handle := s.Current()

	s.restore(older)
	want(t, "index", s.Index(), 1)
	wantNames(t, s.Current(), fleet, "t1")
	if _, known := s.Outcome("p2"); known {
		t.Error("the outcome of a proposal after the snapshot is still remembered")
	}
	wantNames(t, handle, fleet, "t2") // who holds the later state keeps it
}

func TestEveryRestoreBeginsAnEpoch(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	want(t, "first epoch", s.Current().Epoch(), 0)
	same := saved(t, s.Machine)
	s.restore(same)
	want(t, "epoch after a restore of the very same state", s.Current().Epoch(), 1)
	s.restore(same)
	want(t, "epoch after another", s.Current().Epoch(), 2)
	s.fill(1)
	want(t, "epoch after a command", s.Current().Epoch(), 2)
	if err := s.Restore(strings.NewReader("")); err == nil {
		t.Error("an empty snapshot was restored")
	}
	want(t, "epoch after a refused restore", s.Current().Epoch(), 2)
}

func TestARestoreBringsTheMemoryOfProposals(t *testing.T) {
	s := newStory(t)
	create := Proposal{ID: "create", Command: &CreateServiceToken{Token: token(fleet, "t1")}}
	s.propose(create)
	s.mustDo(&DeleteServiceToken{Account: fleet, Name: "t1"})

	other := newStory(t)
	other.restore(saved(t, s.Machine))
	want(t, "the create, again", other.propose(create), OK)
	wantNames(t, other.Current(), fleet)
}

func TestARestoreBringsTheHorizon(t *testing.T) {
	s := newStory(t)
	s.fill(Remembered + 100)
	other := newStory(t)
	other.restore(saved(t, s.Machine))

	// Enough to go round the ring: the outcomes must be dropped in the old order.
	for _, each := range []*story{s, other} {
		old := Proposal{ID: "old", Seen: each.memory.horizon - 1, Command: &RemoveMember{ID: "x"}}
		want(t, "a proposal from below the horizon", each.propose(old), Forgotten)
		each.fill(Remembered / 2)
	}
	wantSame(t, s.Machine, other.Machine)
}

func TestTheLargestEntryFitsIntoASnapshot(t *testing.T) {
	// "<" is one byte of an entry, and six of a snapshot as JSON is written here.
	const frame = `{"id":"p","seen":0,"type":"create_service_token","command":{"token":{"account":"a/b","name":"%s"}}}`
	s := newStory(t)
	s.applyLargest(frame)
	newStory(t).restore(saved(t, s.Machine))
}

func TestTheLargestRecordFitsIntoASnapshot(t *testing.T) {
	const (
		create = `{"id":"p1","seen":0,"type":"create_service_token","command":{"token":{"account":"a/b","metadata":{"":"%s"}}}}`
		rotate = `{"id":"p%d","seen":0,"type":"rotate_service_token","command":{"account":"a/b","previous_until":1,"hash":"%%s"}}`
	)
	s := newStory(t)
	s.applyLargest(create)
	s.applyLargest(fmt.Sprintf(rotate, 2))
	s.applyLargest(fmt.Sprintf(rotate, 3))
	newStory(t).restore(saved(t, s.Machine))
}

// applyLargest applies the entry that is filled up with what grows most.
func (s *story) applyLargest(frame string) {
	s.t.Helper()
	entry := entryText(fmt.Sprintf(frame, strings.Repeat("<", MaxEntry-len(frame)-1)))
	if err := s.Apply(s.Index()+1, entry); err != nil {
		s.t.Fatal(err)
	}
}

// wantSame compares two machines as the nodes of a cluster are compared.
func wantSame(t rapid.TB, a, b *Machine) {
	t.Helper()
	aIndex, aDigest := a.Fingerprint()
	bIndex, bDigest := b.Fingerprint()
	if aIndex != bIndex || aDigest != bDigest {
		t.Errorf("the machines differ:\n%s\n%s", saved(t, a), saved(t, b))
	}
}
