package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// withSilence lets a name go so soon after its holder was last heard of.
func withSilence(d time.Duration) func(*Timing) { return func(t *Timing) { t.Silence = d } }

// admitAgain has the leader admit that very node, as one that has the join secret.
func (m *member) admitAgain(node Node) (Joined, error) {
	_, csr := newCSR(m.team.t)
	return m.admitSeeded(within(m.team.t, patience), seededJoin{Node: node, CSR: csr, Level: 1})
}

// A copy of its data directory, taken before it joined, has its id and no log.
func TestACopyOfAVoterThatIsDownIsRefused(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, original := tm.leader(), tm.follower()
	original.stop()
	_, err := leader.admitAgain(original.self)
	wantRefusal(t, err, "never with a copy")
}

func TestACopyOfAReadReplicaThatIsDownIsRefused(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, original := tm.leader(), tm.follower()
	tm.try("make a replica", func(ctx context.Context) error { return leader.SetVoting(ctx, original.self.ID, false) })
	original.stop()
	_, err := leader.admitAgain(original.self)
	wantRefusal(t, err, "never with a copy")
}

func TestANonvoterThatHasOnlyAskedHasSpoken(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	leader := tm.leader()
	never := Node{ID: NewID(), Name: "new", TransportAddress: "127.0.0.1:1"}
	if _, err := leader.admitAgain(never); err != nil {
		t.Fatal(err)
	}
	guarded := leader.unlessRemoved(map[string]rpcHandler{"anything": func(context.Context, string, []byte) (any, error) { return nil, nil }})
	if _, err := guarded["anything"](t.Context(), never.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err := leader.admitAgain(never)
	wantRefusal(t, err, "never with a copy")
}

func TestANewcomerWhoseAnswerWasLostIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	newcomer := Node{ID: NewID(), Name: "new", TransportAddress: "127.0.0.1:1"}
	for range 3 {
		if _, err := tm.leader().admitAgain(newcomer); err != nil {
			t.Fatal(err)
		}
	}
}

// silentHolder is a team whose leader lets the name of a stopped member go.
func silentHolder(t *testing.T) (leader, holder *member) {
	t.Helper()
	tm := newTeam(t, 3, withSilence(time.Nanosecond))
	leader, holder = tm.leader(), tm.follower()
	holder.stop()
	leader.silences.note(holder.self.ID, leader.reign.Load().term, 0)
	return leader, holder
}

func TestOneThatCannotComeInTakesNoNameOver(t *testing.T) {
	t.Parallel()
	leader, holder := silentHolder(t)
	newcomer := Node{ID: NewID(), Name: holder.self.Name, TransportAddress: "127.0.0.1:1"}
	wantHolder := func(err error, about string) {
		t.Helper()
		if err == nil || leader.registry.Removed(holder.self.ID) || !leader.inCluster(holder.self.ID) {
			t.Fatalf("%s: %v, and the former member is retired", about, err)
		}
	}
	_, err := leader.admitSeeded(within(t, patience), seededJoin{Node: newcomer, CSR: []byte("no request")})
	wantHolder(err, "no certificate request")
	wantRefusal(t, err, "certificate request")

	var notYet error = &NotYet{"upgrade the others first"}
	leader.registry.inadmissible.Store(&notYet)
	_, err = leader.admitAgain(newcomer)
	wantHolder(err, "a level that does not know how")
	wantNotYet(t, err)
	leader.registry.inadmissible.Store(nil)

	leader.commit(command{ID: "raise", Op: opRaise, Level: 2})
	_, err = leader.admitAgain(newcomer)
	wantHolder(err, "an old release")
	wantRefusal(t, err, "feature level 2")
}

func TestAReadReplicaThatLostItsDiskComesBackAsOne(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, withSilence(time.Nanosecond))
	leader, lost := tm.leader(), tm.follower()
	tm.try("make a replica", func(ctx context.Context) error { return leader.SetVoting(ctx, lost.self.ID, false) })
	lost.stop()
	leader.silences.note(lost.self.ID, leader.reign.Load().term, 0)
	newcomer := Node{ID: NewID(), Name: lost.self.Name, TransportAddress: "127.0.0.1:1"}
	tm.try("take the name over", func(context.Context) error {
		_, err := leader.admitAgain(newcomer)
		return err
	})
	if !leader.registry.Replica(newcomer.ID) || leader.suffrage(newcomer.ID) != raft.Nonvoter {
		t.Error("a read replica came back as one that is to vote")
	}
	next := Node{ID: NewID(), Name: "next", TransportAddress: "127.0.0.1:1"}
	if _, err := leader.admitAgain(next); err != nil || leader.registry.Replica(next.ID) {
		t.Errorf("%v; one of another name is a read replica too", err)
	}
}

// The removal went through, and the newcomer was not let in before it asked again.
func TestWhatTheFormerHolderWasIsNotForgottenBetweenTwoTries(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, withSilence(time.Nanosecond))
	leader, lost := tm.leader(), tm.follower()
	tm.try("make a replica", func(ctx context.Context) error { return leader.SetVoting(ctx, lost.self.ID, false) })
	lost.stop()
	r := leader.reign.Load()
	leader.silences.note(lost.self.ID, r.term, 0)
	newcomer := Node{ID: NewID(), Name: lost.self.Name, TransportAddress: "127.0.0.1:1"}
	tm.try("free the name", func(ctx context.Context) error { return leader.freeName(ctx, r, newcomer) })
	if _, err := leader.admitAgain(newcomer); err != nil {
		t.Fatal(err)
	}
	if !leader.registry.Replica(newcomer.ID) {
		t.Error("a read replica came back as one that is to vote")
	}
}
