package cluster

import (
	"errors"
	"testing"

	"github.com/hashicorp/raft"
)

// TestALeaderThatCanNeverWriteAgainEndsItself makes hashicorp/raft lose the end of
// a hand-over: a later one of several to a follower whose replication hangs, when
// the leader falls meanwhile. Whether it is lost or found again then is chance, so
// it may take some rounds; a node that leads again and writes was not stuck.
func TestALeaderThatCanNeverWriteAgainEndsItself(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	var old *member
	for rounds := 0; old == nil; rounds++ {
		if rounds == 10 {
			t.Fatal("Raft has found the end of every hand-over: is what stuck guards against mended?")
		}
		old = tm.loseAHandOver()
	}
	wantError(t, <-old.fatal, "hand-over", "start this node again")
	old.stop()
	tm.leader().commit(command{ID: "written by another leader"})
}

// loseAHandOver has a leader fall while it hands over to a follower that hangs, and
// then lead again. It returns it if it has ended itself, and nil if it writes again.
func (tm *team) loseAHandOver() (ended *member) {
	tm.t.Helper()
	old := tm.leader()
	hung := tm.others(old)[0]
	tm.sever([]*member{hung}, []*member{old})
	old.commit(command{ID: "what it lacks " + NewID()})
	tm.eventually("a hand-over that does not end", func() bool { return old.handsOverForEver(hung) || !old.Leads() })
	tm.split([]*member{old}, tm.others(old))
	next := tm.leaderOf(tm.others(old)...)
	tm.eventually("the old leader's fall", func() bool { return !old.Leads() })
	tm.heal()
	tm.leader()
	tm.eventually("the old leader to lead again", func() bool {
		if _, ready := old.reigning(); ready {
			return true
		}
		if len(old.fatal) > 0 {
			ended = old
			return true
		}
		_ = next.TransferLeadership(within(tm.t, 3*tm.timing.Heartbeat), old.self.ID)
		return false
	})
	return ended
}

// handsOverForEver asks for a hand-over to a node that cannot answer, and reports
// whether Raft still takes one to be going on when each must have ended.
func (m *member) handsOverForEver(to *member) bool {
	m.team.t.Helper()
	transfer := func() error {
		f := m.raft.LeadershipTransferToServer(raft.ServerID(to.self.ID), raft.ServerAddress(to.self.ID))
		return await(within(m.team.t, patience), f)
	}
	_ = transfer() // of no use to anybody
	// Raft forgets a hand-over a moment after it has answered.
	wait(m.team.t.Context(), m.team.timing.Heartbeat/4)
	return errors.Is(transfer(), raft.ErrLeadershipTransferInProgress)
}
