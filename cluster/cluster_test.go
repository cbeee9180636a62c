package cluster

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"
)

func TestAFoundedClusterTakesInTwoNodesAndAllThreeVote(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	for _, m := range tm.members {
		members := m.Members()
		if len(members) != 3 {
			t.Fatalf("%s sees %d members", m.self.Name, len(members))
		}
		for _, o := range members {
			if !o.Voter || o.Leader != (o.ID == leader.self.ID) {
				t.Errorf("%s sees %+v while %s leads", m.self.Name, o, leader.self.Name)
			}
		}
		if m.Leads() != (m == leader) {
			t.Errorf("%s leads: %v", m.self.Name, m.Leads())
		}
	}
}

func TestAClusterComesBackByItselfAfterAllNodesStopped(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for i, m := range tm.members {
		m.commit(command{ID: "before " + m.self.Name})
		tm.members[(i+1)%3].catchUp()
	}
	for _, m := range tm.members {
		m.stop()
	}
	for _, m := range tm.members {
		m.restart()
	}
	tm.members[1].commit(command{ID: "after"})
	tm.waitEqual()
	want := []string{"before n0", "before n1", "before n2", "after"}
	for _, m := range tm.members {
		got := slices.DeleteFunc(m.machine.applied(), func(id string) bool { return !slices.Contains(want, id) })
		if !slices.Equal(got, want) {
			t.Errorf("%s holds %v, want %v", m.self.Name, got, want)
		}
	}
}

func TestAskPutsOneQuestionToEveryMember(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	down := tm.follower()
	down.stop()
	asker := tm.others()[0]
	answers := asker.Ask(within(t, 10*time.Second), "name", nil)
	if len(answers) != 3 {
		t.Fatalf("%d answers, want one for each member", len(answers))
	}
	for _, a := range answers {
		i := slices.IndexFunc(tm.members, func(m *member) bool { return m.self.ID == a.ID })
		switch m := tm.members[i]; {
		case m == down && a.Err == nil:
			t.Error("a stopped node answered")
		case m != down && (a.Err != nil || string(a.Body) != m.self.Name):
			t.Errorf("%s answered %q, %v", m.self.Name, a.Body, a.Err)
		}
	}
	for _, a := range asker.Ask(within(t, 10*time.Second), "no such topic", nil) {
		if a.ID != down.self.ID {
			wantError(t, a.Err, "unknown topic")
		}
	}
}

func TestAnEntryCrossesTheClusterAsItIs(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	large := command{ID: "large", Fill: bytes.Repeat([]byte("x"), 1<<20)}
	tm.follower().commit(large)
	for _, m := range tm.members {
		m.catchUp()
		if !m.machine.has("large") {
			t.Errorf("%s does not have it", m.self.Name)
		}
	}
}

func TestASecondNodeOnTheSameDirectoryIsToldSo(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	_, err := openStores(tm.members[0].dir, nil)
	wantError(t, err, "is in use", "another jeton")
}

func TestANodeThatIsAloneAnswersItself(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	only := tm.leader()
	only.commit(command{ID: "alone"})
	if err := only.CatchUp(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	only.HandOver(t.Context()) // nobody to hand over to: no harm
	if err := only.Commit(context.Background(), command{ID: "still"}.entry()); err != nil {
		t.Fatal(err)
	}
}
