package cluster

import (
	"context"
	"errors"
	"testing"
	"time"
)

// seeded asks the leader to admit a node of that name.
func (m *member) seeded(ctx context.Context, name string) (Joined, error) {
	_, csr := newCSR(m.team.t)
	return m.admitSeeded(ctx, seededJoin{Node: Node{ID: NewID(), Name: name, TransportAddress: "127.0.0.1:1"}, CSR: csr})
}

func wantNotYet(t *testing.T, err error) {
	t.Helper()
	var notYet *NotYet
	if !errors.As(err, &notYet) {
		t.Fatalf("%v, want a no that may be asked again", err)
	}
}

func TestANameIsFreeOnlyAfterASilenceOfItsHolder(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, gone := tm.leader(), tm.follower()
	_, err := leader.seeded(within(t, patience), gone.self.Name)
	wantNotYet(t, err) // it answers
	_, err = leader.seeded(within(t, patience), leader.self.Name)
	wantNotYet(t, err) // so does the leader
	gone.stop()
	_, err = leader.seeded(within(t, patience), gone.self.Name)
	wantNotYet(t, err) // it did a moment ago
	if leader.suffrage(gone.self.ID) < 0 {
		t.Fatal("the holder was taken out at once")
	}
	leader.clock.advance(leader.timing.Silence)
	tm.try("take the name over", func(ctx context.Context) error {
		_, err := leader.seeded(ctx, gone.self.Name)
		return err
	})
	if leader.suffrage(gone.self.ID) >= 0 || !leader.registry.Removed(gone.self.ID) {
		t.Error("the holder is a member still, or may come back")
	}
}

func TestAHolderThatAsksIsNotSilent(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, holder := tm.leader(), tm.follower()
	r, _ := leader.reigning()
	leader.silences.note(holder.self.ID, r.term, 0)
	holder.catchUp() // a question to the leader
	if since := leader.silences.note(holder.self.ID, r.term, time.Hour); since != time.Hour {
		t.Errorf("silent since %v", since)
	}
	if since := leader.silences.note(holder.self.ID, r.term+1, 2*time.Hour); since != 2*time.Hour {
		t.Errorf("a new reign counts from %v", since)
	}
}

func TestANameWhoseHolderIsNeededIsNotFree(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, func(timing *Timing) { timing.Silence = time.Nanosecond })
	leader := tm.leader()
	followers := tm.others(leader)
	for _, f := range followers {
		leader.silences.note(f.self.ID, leader.reign.Load().term, 0)
	}
	followers[0].stop()
	followers[1].stop()
	_, err := leader.seeded(within(t, patience), followers[0].self.Name)
	if err == nil || leader.suffrage(followers[0].self.ID) < 0 {
		t.Errorf("%v; without a majority nobody is taken out", err)
	}
}

func TestACopyOfALivingMembersIDIsRefused(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	leader, original := tm.leader(), tm.follower()
	_, csr := newCSR(t)
	_, err := leader.admitSeeded(within(t, patience), seededJoin{Node: original.self, CSR: csr})
	wantRefusal(t, err, "never with a copy")
}
