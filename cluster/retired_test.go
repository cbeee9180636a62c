package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// A node that learns that it was removed stops for good. Until it is out of the
// configuration the others may need its vote.
func TestANodeThatIsBeingRemovedIsNeededUntilItIsOut(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 4, Freshness{Lease: 4 * time.Second})
	leader := tm.leader()
	dead, gone := tm.others(leader)[0], tm.others(leader)[1]
	rest := tm.others(leader, dead, gone)
	dead.stop()
	ended := tm.removing(leader, gone) // waits for the dead one's lease
	tm.eventually("the removed node to learn it", func() bool { return gone.removed.Load() > 0 })
	if tm.leaderOf(append(rest, leader)...).inCluster(gone.self.ID) {
		t.Error("told to go while it is in the configuration")
	}
	gone.stop()
	<-ended
	rest[0].commit(command{ID: "after, with two up of the three that are left"})
}

func TestARetiredServerCanBeReachedUntilItIsOut(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 4, Freshness{Lease: time.Minute})
	leader := tm.leader()
	dead, gone := tm.others(leader)[0], tm.others(leader)[1]
	dead.stop()
	tm.removing(leader, gone)
	tm.eventually("its retirement", func() bool { return leader.registry.Removed(gone.self.ID) })
	wait(t.Context(), 10*tm.timing.Tick)
	if leader.inCluster(gone.self.ID) && len(leader.addresses(gone.self.ID)) == 0 {
		t.Error("the leader needs its acknowledgements and has forgotten its address")
	}
}

func TestANodeThatLeavesIsNotToldThatNothingHappened(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 4, Freshness{Lease: 5 * time.Second})
	dead, gone := tm.others(tm.leader())[0], tm.others(tm.leader())[1]
	dead.stop()
	if err := gone.Remove(within(t, patience), gone.self.ID); err != nil && !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestTakeAwaysThatWaitDoNotHoldUpRoundsAndCreates(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	leader := tm.leader()
	far, caller := tm.others(leader)[0], tm.others(leader)[1]
	tm.split([]*member{far}, []*member{leader, caller})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 2 * maxPeerConns {
		go func() { _, _ = caller.Revoke(ctx, command{ID: fmt.Sprint("taken away ", i)}.entry()) }()
	}
	tm.eventually("them to be applied", func() bool { return len(leader.machine.applied()) >= maxPeerConns })
	for range 3 {
		if _, err := caller.ReadIndex(within(t, 5*time.Second)); err != nil {
			t.Error("round:", err)
		}
	}
	if err := caller.Commit(within(t, 5*time.Second), command{ID: "created"}.entry()); err != nil {
		t.Error("create:", err)
	}
}

// A node whose machine hangs asks for no further lease: with one granted each time,
// every take-away would wait for it.
func TestANodeThatCannotTakeItsLeaseOnIsNotWaitedForAgainAndAgain(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	tm := newLeasedTeam(t, 3, Freshness{Lease: lease}, func(timing *Timing) { timing.Heartbeat = 2 * time.Second })
	far := tm.follower()
	other := tm.others(far)[0]
	release := far.machine.hold()
	defer release()
	other.commit(command{ID: "what it hangs at"})
	// A lease that is granted in between makes one of them wait for longer. So does
	// a change of leaders, after which they begin anew: hence the long heartbeat.
	n, quick := 0, 0
	tm.eventually("take-aways that wait for nobody, one after the other", func() bool {
		n++
		if _, err := other.Revoke(within(t, lease/3), command{ID: fmt.Sprint("taken away ", n)}.entry()); err != nil {
			quick = 0
			return false
		}
		quick++
		return quick == 4
	})
}
