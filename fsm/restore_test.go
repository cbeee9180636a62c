package fsm

import (
	"bytes"
	"fmt"
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
	name := strings.Repeat("<", MaxEntry-len(frame)-1)
	s := newStory(t)
	if err := s.Apply(1, entryText(fmt.Sprintf(frame, name))); err != nil {
		t.Fatal(err)
	}
	newStory(t).restore(saved(t, s.Machine))
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
