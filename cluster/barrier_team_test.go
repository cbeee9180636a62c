package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestATakeAwayIsEverywhereWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	for i := range 30 {
		c := command{ID: fmt.Sprint("taken away ", i)}
		at := tm.members[i%3]
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		of, err := at.Revoke(ctx, c.entry())
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range tm.members {
			if m.leased() && !m.machine.has(c.ID) {
				t.Fatalf("%s was told that %q is acknowledged, and %s may go on without it", at.self.Name, c.ID, m.self.Name)
			}
		}
		if of != (Confirmation{3, 3}) {
			t.Errorf("%+v, want all three", of)
		}
	}
}

func TestATakeAwayWaitsForWhoIsCutOffNoLongerThanItsLease(t *testing.T) {
	t.Parallel()
	const length = 1500 * time.Millisecond
	for about, cut := range map[string]func(tm *team, one, others []*member){
		"both directions":           func(tm *team, one, others []*member) { tm.split(one, others) },
		"it hears, nobody hears it": func(tm *team, one, others []*member) { tm.sever(one, others) },
		"it speaks, and is deaf":    func(tm *team, one, others []*member) { tm.sever(others, one) },
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			tm := newLeasedTeam(t, 3, Freshness{Lease: length})
			far := tm.follower()
			others := tm.others(far)
			cut(tm, []*member{far}, others)
			tm.revoke(others[0], command{ID: "taken away"})
			if far.leased() && !far.machine.has("taken away") {
				t.Error("it was answered while a member that lacks it may go on")
			}
		})
	}
}

func TestATakeAwayWaitsForANodeWithoutAVote(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Second})
	onlooker, release := tm.joinWithoutVote()
	defer release()
	tm.waitLeases(onlooker)
	tm.split([]*member{onlooker}, tm.others(onlooker))
	of := tm.revoke(tm.members[0], command{ID: "taken away"})
	if onlooker.leased() {
		t.Error("it was answered while a node without a vote may go on without it")
	}
	if of != (Confirmation{3, 4}) {
		t.Errorf("%+v", of)
	}
}

// revoking takes something away in the background.
func (tm *team) revoking(at *member, c command) (ended <-chan error) {
	done := make(chan error, 1)
	ctx := within(tm.t, patience)
	go func() {
		_, err := at.Revoke(ctx, c.entry())
		done <- err
	}()
	return done
}

// timeFlies lets the members' time go on, some hundred times as fast as it does,
// until it holds. A leader that is new counts from its own beginning, so there is
// no moment to which one could put the clocks.
func (tm *team) timeFlies(members []*member, what string, holds func() bool) {
	tm.t.Helper()
	tm.eventually(what, func() bool {
		if holds() {
			return true
		}
		for _, m := range members {
			m.clock.advance(time.Second)
		}
		return false
	})
}

// outlast lets the members' time go on until what waits for it has ended.
func (tm *team) outlast(ended <-chan error, members ...*member) (err error) {
	tm.t.Helper()
	tm.timeFlies(members, "a wait to end", func() bool {
		select {
		case err = <-ended:
			return true
		default:
			return false
		}
	})
	return err
}

// TestANewLeaderWaitsForLeasesThatItDidNotGrant cuts a member off and moves
// leadership away from the one that knows of its lease.
func TestANewLeaderWaitsForLeasesThatItDidNotGrant(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	old := tm.leader()
	next, far := tm.others(old)[0], tm.others(old)[1]
	tm.split([]*member{far}, []*member{old, next})
	if err := old.TransferLeadership(within(t, patience), next.self.ID); err != nil {
		t.Fatal(err)
	}
	tm.eventually("the next leader", func() bool { _, ready := next.reigning(); return ready })
	ended := tm.revoking(next, command{ID: "taken away"})
	tm.eventually("it to be applied", func() bool { return next.machine.has("taken away") })
	wait(t.Context(), 500*time.Millisecond)
	if len(ended) > 0 || !far.leased() {
		t.Errorf("answered: %v, while a lease of the leader before holds: %v", len(ended) > 0, far.leased())
	}
	if err := tm.outlast(ended, far, old, next); err != nil || far.leased() {
		t.Errorf("%v; it may go on: %v", err, far.leased())
	}
}

func TestATakeAwayIsUnknownForAsLongAsALeaseIsOut(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	leader := tm.leader()
	far, caller := tm.others(leader)[0], tm.others(leader)[1]
	tm.split([]*member{far}, []*member{leader, caller})
	c := command{ID: "taken away"}
	for range 2 {
		for _, at := range []*member{leader, caller} {
			of, err := at.Revoke(within(t, 300*time.Millisecond), c.entry())
			if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrNoLeader) { // or another is being elected
				t.Errorf("at %s: %+v, %v, want %v", at.self.Name, of, err, ErrUnknown)
			}
		}
	}
	ended := tm.revoking(caller, c)
	tm.eventually("it to be applied", func() bool { return leader.machine.has(c.ID) })
	if !far.leased() {
		t.Error("there was no lease to wait for")
	}
	if err := tm.outlast(ended, far, caller, leader); err != nil || far.leased() {
		t.Errorf("%v; it may go on: %v", err, far.leased())
	}
}
