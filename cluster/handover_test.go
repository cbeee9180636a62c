package cluster

import (
	"testing"

	"github.com/hashicorp/raft"
)

// TestALeaderThatCanNeverWriteAgainEndsItself makes hashicorp/raft lose the end of
// a hand-over: the second of two to a follower whose replication hangs, when the
// leader falls meanwhile.
func TestALeaderThatCanNeverWriteAgainEndsItself(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	old := tm.leader()
	hung := tm.others(old)[0]
	tm.sever([]*member{hung}, []*member{old})
	old.commit(command{ID: "what it lacks"})
	for range 2 {
		f := old.raft.LeadershipTransferToServer(raft.ServerID(hung.self.ID), raft.ServerAddress(hung.self.ID))
		if await(within(t, patience), f) == nil {
			t.Fatal("leadership was handed over to a node that cannot answer")
		}
	}
	tm.split([]*member{old}, tm.others(old))
	next := tm.leaderOf(tm.others(old)...)
	tm.eventually("the old leader's fall", func() bool { return !old.Leads() })
	tm.heal()
	tm.leader()
	tm.eventually("the end of the node that cannot write", func() bool {
		_ = next.TransferLeadership(within(t, 3*tm.timing.Heartbeat), old.self.ID)
		select {
		case err := <-old.fatal:
			wantError(t, err, "hand-over", "start this node again")
			return true
		default:
			return false
		}
	})
	old.stop()
	tm.leader().commit(command{ID: "written by another leader"})
}
