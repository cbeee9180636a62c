package cluster

import (
	"context"
	"testing"
	"time"
)

// removing takes a member out in the background.
func (tm *team) removing(at, gone *member) (ended <-chan error) {
	done := make(chan error, 1)
	ctx := within(tm.t, patience)
	go func() { done <- at.Remove(ctx, gone.self.ID) }()
	return done
}

func TestAMemberThatIsCutOffIsRemovedOnceItsLeaseIsOver(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	leader := tm.leader()
	gone := tm.others(leader)[0]
	tm.split([]*member{gone}, tm.others(gone))
	ended := tm.removing(leader, gone)
	tm.eventually("its id to be retired", func() bool { return leader.registry.Removed(gone.self.ID) })
	wait(t.Context(), 500*time.Millisecond)
	if !gone.leased() {
		t.Fatal("there was no lease to wait for")
	}
	if !leader.inCluster(gone.self.ID) {
		t.Error("it was taken out while it may answer from its state: the next leader does not know of it")
	}
	if lease, _ := leader.grant(leader.reign.Load(), gone.self.ID); lease != 0 {
		t.Error("a retired member is granted another lease")
	}
	other := tm.others(leader, gone)[0]
	if err := tm.outlast(ended, gone, other, leader); err != nil {
		t.Fatal(err)
	}
	if leader.inCluster(gone.self.ID) {
		t.Error("it is a member still")
	}
	// And nobody waits for it any more.
	other.catchUp() // which renews its lease
	if of := tm.revoke(leader, command{ID: "taken away"}); of != (Confirmation{2, 2}) {
		t.Errorf("%+v", of)
	}
}

func TestAMemberThatAnswersIsRemovedAtOnceAndHasNoLeaseThen(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	leader := tm.leader()
	gone := tm.others(leader)[0]
	if err := leader.Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	if gone.leased() {
		t.Error("it was taken out, and answers from its state")
	}
	tm.split([]*member{gone}, tm.others(gone))
	if of := tm.revoke(leader, command{ID: "taken away"}); of != (Confirmation{2, 2}) {
		t.Errorf("%+v", of)
	}
	wait(t.Context(), 10*tm.timing.Tick)
	if gone.leased() {
		t.Error("it has a lease again")
	}
}

// TestWhatADeadLeaderBeganToRemoveTheNextTakesOut kills the leader between the
// retirement and the removal.
func TestWhatADeadLeaderBeganToRemoveTheNextTakesOut(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 5, Freshness{Lease: time.Minute})
	leader := tm.leader()
	gone := tm.others(leader)[0]
	rest := tm.others(leader, gone)
	tm.split([]*member{gone}, tm.others(gone))
	ended := tm.removing(leader, gone)
	tm.eventually("its id to be retired everywhere", func() bool {
		for _, m := range rest {
			if !m.registry.Removed(gone.self.ID) {
				return false
			}
		}
		return true
	})
	leader.stop()
	if err := <-ended; err == nil {
		t.Error("a leader that was stopped half-way says that it is done")
	}
	next := tm.leaderOf(rest...)
	wait(t.Context(), 10*tm.timing.Tick)
	if !next.inCluster(gone.self.ID) {
		t.Error("taken out while a lease of the leader before holds")
	}
	tm.timeFlies(append([]*member{gone}, rest...), "the next leader to take it out", func() bool { return !next.inCluster(gone.self.ID) })
	tm.heal()
	gone.wantRemoved()
	if gone.leased() {
		t.Error("it learnt that it was removed, and answers from its state")
	}
}

func TestARetirementWithoutARemovalIsFinished(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Second})
	leader := tm.leader()
	gone := tm.others(leader)[0]
	tm.try("retire", func(ctx context.Context) error { return leader.registry.Retire(ctx, gone.self.ID) })
	tm.eventually("it to be taken out", func() bool { return !leader.inCluster(gone.self.ID) })
	gone.wantRemoved()
	tm.others(gone)[1].commit(command{ID: "without it"})
}
