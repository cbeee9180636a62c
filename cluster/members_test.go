package cluster

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func wantRefusal(t *testing.T, err error, parts ...string) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("%v, want a refusal", err)
	}
	wantError(t, err, parts...)
}

// wantRemoved waits until the node has learnt that it was removed, and makes
// sure that it is told so once.
func (m *member) wantRemoved() {
	m.team.t.Helper()
	m.team.eventually("the removed node to learn it", func() bool { return m.removed.Load() > 0 })
	m.learnRemoved()
	if n := m.removed.Load(); n != 1 {
		m.team.t.Errorf("the removed node was told %d times", n)
	}
}

func TestARemovedFollowerLearnsItAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	gone, caller := tm.follower(), tm.leader()
	if err := caller.Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	gone.wantRemoved()
	if err := caller.Remove(within(t, patience), gone.self.ID); err != nil {
		t.Errorf("to remove it again: %v", err)
	}
	rest := tm.others(gone)
	rest[0].commit(command{ID: "without it"})
	for _, m := range rest {
		m.catchUp()
		if !m.registry.Removed(gone.self.ID) || m.inCluster(gone.self.ID) || len(m.Members()) != 2 {
			t.Errorf("%s still counts it: %v", m.self.Name, m.Members())
		}
	}
	if gone.machine.has("without it") {
		t.Error("the removed node is still told")
	}
}

func TestARemovedNodeIsRefusedByTheMembers(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	gone := tm.follower()
	rest := tm.others(gone)
	if err := rest[0].Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	for _, m := range rest {
		m.catchUp()
	}
	for _, m := range rest {
		conn, err := gone.dialer().dial(within(t, patience), m.self.ID, protoRaft)
		if err == nil {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, err = conn.Read(make([]byte, 1))
		}
		if alert := tls.AlertError(0); !errors.As(err, &alert) && !errors.Is(err, io.EOF) {
			wantError(t, err, "tls")
		}
		for _, name := range []string{rpcPropose, rpcReadIndex, rpcTerm, rpcStatus, rpcAnnounce, rpcRemove, rpcRemoved, rpcAsk} {
			err := gone.wire.call(within(t, patience), m.self.ID, name, []byte("{}"), new(any))
			if !errors.Is(err, ErrNotMember) {
				t.Errorf("%s was answered: %v", name, err)
			}
		}
		if m.removed.Load() != 0 {
			t.Errorf("%s believes a removed node that it was removed", m.self.Name)
		}
	}
	if err := gone.Commit(within(t, time.Second), command{ID: "from outside"}.entry()); err == nil {
		t.Error("a removed node wrote")
	}
	if err := gone.CatchUp(within(t, time.Second)); err == nil {
		t.Error("a removed node caught up")
	}
}

func TestANodeThatWasRemovedWhileItWasDownLearnsItWhenItComesBack(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	gone := tm.follower()
	gone.stop()
	if err := tm.leader().Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	tm.eventually("nobody to try to tell it", func() bool { return !strings.Contains(stacks(), "tellRemoved") })
	gone.restart()
	gone.wantRemoved()
}

func TestALeaderThatIsRemovedHandsOverFirst(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(tm *team, leader *member) *member{
		"by itself":     func(_ *team, leader *member) *member { return leader },
		"by a follower": func(tm *team, leader *member) *member { return tm.others(leader)[0] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t, 3)
			leader := tm.leader()
			if err := pick(tm, leader).Remove(within(t, patience), leader.self.ID); err != nil {
				t.Fatal(err)
			}
			leader.wantRemoved()
			rest := tm.others(leader)
			if next := tm.leaderOf(rest...); next == leader {
				t.Error("it still leads")
			}
			rest[1].commit(command{ID: "without it"})
		})
	}
}

func TestARemovalThatWouldEndTheClusterIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("of the last voter", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 1)
		only := tm.leader()
		wantRefusal(t, only.Remove(within(t, patience), only.self.ID), "last voter")
		only.commit(command{ID: "still there"})
	})
	t.Run("of one of two voters that are left of three", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		leader := tm.leader()
		down, alive := tm.others(leader)[0], tm.others(leader)[1]
		down.stop()
		wantRefusal(t, leader.Remove(within(t, patience), alive.self.ID), "majority")
		alive.commit(command{ID: "still there"})
		// The one that is down may go, and then there are two of two.
		if err := leader.Remove(within(t, patience), down.self.ID); err != nil {
			t.Fatal(err)
		}
		alive.commit(command{ID: "two of two"})
	})
}

func TestLeadershipGoesToTheNodeThatWasNamed(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for _, next := range []*member{tm.members[1], tm.members[2], tm.members[0], tm.members[0]} {
		caller := tm.leader()
		if err := caller.TransferLeadership(within(t, patience), next.self.ID); err != nil {
			t.Fatal(err)
		}
		tm.eventually("the named leader", func() bool { return tm.leader() == next })
	}
	follower := tm.follower()
	if err := follower.TransferLeadership(within(t, patience), ""); err != nil {
		t.Fatal(err)
	}
	tm.eventually("another leader", func() bool { return tm.leader() != tm.members[0] })
}

func TestLeadershipDoesNotGoToWhoCannotLead(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	newcomer := tm.newMember("newcomer")
	newcomer.requestJoin(tm.newToken(leader)) // admitted, and never opened
	down := tm.follower()
	down.stop()
	ctx := within(t, patience)
	wantRefusal(t, leader.TransferLeadership(ctx, newcomer.self.ID), "no voter")
	wantRefusal(t, leader.TransferLeadership(ctx, "nobody"), "no voter")
	wantRefusal(t, leader.TransferLeadership(ctx, down.self.ID), "does not answer")
	if tm.leader() != leader {
		t.Error("leadership went elsewhere")
	}
	tm.others(leader)[0].commit(command{ID: "all well"})
}

func TestHandingOverSparesTheOthersAnElection(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	leader.HandOver(t.Context())
	tm.eventually("another leader", func() bool { return !leader.Leads() && leader.leaderID() != "" })
	leader.stop()
	tm.leader().commit(command{ID: "without a gap"})
}

// With time for a successor on a busy machine: Raft gives it one heartbeat.
func TestLeadershipMovesOnceForOneRequest(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, func(timing *Timing) { timing.Heartbeat = 2 * time.Second })
	transfers := func() (n int) {
		for _, m := range tm.members {
			n += m.journal.count("starting leadership transfer")
		}
		return n
	}
	for i := range 12 {
		leader, caller := tm.leader(), tm.members[i%3]
		before := transfers()
		if err := caller.TransferLeadership(within(t, patience), ""); err != nil {
			t.Fatal(err)
		}
		tm.leader()
		if n := transfers() - before; n != 1 {
			t.Fatalf("asked by %s to leave %s, leadership was handed over %d times", caller.self.Name, leader.self.Name, n)
		}
	}
}
