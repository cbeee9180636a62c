package cluster

import (
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// demoted makes a replica of the member.
func (tm *team) demoted(m *member) {
	tm.t.Helper()
	if err := tm.leader().SetVoting(within(tm.t, patience), m.self.ID, false); err != nil {
		tm.t.Fatal(err)
	}
}

// waitReplica waits until all running nodes see that the member does not vote.
func (tm *team) waitReplica(m *member) {
	tm.t.Helper()
	tm.eventually(m.self.Name+" to be a replica everywhere", func() bool {
		for _, at := range tm.running() {
			if at.suffrage(m.self.ID) != raft.Nonvoter {
				return false
			}
		}
		return true
	})
}

func TestAReplicaAnswersAndNeverVotes(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4)
	replica := tm.follower()
	tm.demoted(replica)
	tm.waitReplica(replica)
	if err := replica.SetVoting(within(t, patience), replica.self.ID, false); err != nil {
		t.Errorf("to demote it again: %v", err)
	}
	replica.commit(command{ID: "through the replica"})
	replica.catchUp()
	voter := tm.others(tm.leader(), replica)[0]
	voter.stop()
	rest := tm.others(replica)
	tm.leaderOf(rest...).commit(command{ID: "two of three voters"})
	replica.catchUp()
	if !replica.machine.has("two of three voters") {
		t.Error("the replica is not told")
	}
	if tm.leader().suffrage(replica.self.ID) != raft.Nonvoter {
		t.Error("it votes again, though nobody has said so")
	}
	voter.restart()
	if err := replica.SetVoting(within(t, patience), replica.self.ID, true); err != nil {
		t.Fatal(err)
	}
	tm.waitVoters(4)
}

// Its part in the barrier is that of every member: it holds the entry, or it has no
// lease any more.
func TestATakeAwayWaitsForAReplica(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4)
	tm.leader().commit(command{ID: "leases", Op: opSettings, Fresh: Freshness{Lease: time.Second}})
	replica := tm.follower()
	tm.demoted(replica)
	tm.waitReplica(replica)
	tm.eventually("the replica to have a lease", func() bool { return replica.Stats().Lease > 0 })
	confirmation, err := tm.leader().Revoke(within(t, patience), command{ID: "taken away"}.entry())
	if err != nil {
		t.Fatal(err)
	}
	if confirmation.Members != 4 || !replica.machine.has("taken away") {
		t.Errorf("%+v, and the replica holds it: %v", confirmation, replica.machine.has("taken away"))
	}
}

func TestALeaderThatIsDemotedHandsOverFirst(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	if err := tm.others(leader)[0].SetVoting(within(t, patience), leader.self.ID, false); err != nil {
		t.Fatal(err)
	}
	tm.waitReplica(leader)
	if tm.leader() == leader {
		t.Error("it still leads")
	}
	leader.commit(command{ID: "through the former leader"})
	wantRefusal(t, tm.leader().TransferLeadership(within(t, patience), leader.self.ID), "no voter")
}

func TestADemotionThatWouldEndTheClusterIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("of the last voter", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 1)
		only := tm.leader()
		wantRefusal(t, only.SetVoting(within(t, patience), only.self.ID, false), "last voter")
		if only.registry.Replica(only.self.ID) {
			t.Error("it was refused, and is wanted all the same")
		}
	})
	t.Run("of one of two that answer of three", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		leader := tm.leader()
		down, alive := tm.others(leader)[0], tm.others(leader)[1]
		down.stop()
		wantRefusal(t, leader.SetVoting(within(t, patience), alive.self.ID, false), "majority")
		alive.commit(command{ID: "still there"})
		tm.demoted(down) // whoever is down may lose its vote
		alive.commit(command{ID: "two of two"})
	})
	t.Run("of nobody", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 1)
		wantRefusal(t, tm.leader().SetVoting(within(t, patience), "nobody", false), "no member")
	})
}

// What a leader has recorded and not done, the next one does.
func TestADemotionThatWasCutOffIsFinished(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4)
	replica := tm.follower()
	tm.leader().commit(command{ID: "wanted", Op: opDemote, Node: Node{ID: replica.self.ID}})
	tm.waitReplica(replica)
}

// A leader is wanted to be a replica, and nobody asks it: autopilot has it hand over.
func TestALeaderThatIsNotToVoteGivesItselfUp(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	leader.commit(command{ID: "wanted", Op: opDemote, Node: Node{ID: leader.self.ID}})
	tm.waitReplica(leader)
}

func TestAReplicaThatMovesStaysOne(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4)
	replica := tm.follower()
	tm.demoted(replica)
	replica.stop()
	replica.move()
	replica.restart()
	tm.eventually("its new address to be known", func() bool {
		at := tm.leader().book.lookup(replica.self.ID)
		return len(at) > 0 && at[0] == replica.self.TransportAddress
	})
	replica.catchUp()
	tm.waitReplica(replica)
}
