package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
)

func TestANodeAtANewAddressIsFoundAgain(t *testing.T) {
	t.Parallel()
	t.Run("one moves", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		tm.leader()
		moved := tm.members[1]
		moved.stop()
		moved.move()
		tm.members[0].commit(command{ID: "meanwhile"})
		moved.restart()
		moved.catchUp()
		tm.wantKnownEverywhere(moved)
	})
	t.Run("the leader moves", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		moved := tm.leader()
		moved.stop()
		moved.move()
		moved.restart()
		moved.catchUp()
		tm.wantKnownEverywhere(moved)
	})
	t.Run("a majority moves while all are down", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		for _, m := range tm.members {
			m.stop()
		}
		tm.members[0].move()
		tm.members[1].move()
		for _, m := range tm.members {
			m.restart()
		}
		tm.members[2].commit(command{ID: "together again"})
		tm.wantKnownEverywhere(tm.members[:2]...)
	})
	t.Run("it and the leader know each other's old address only", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		leader, moved, stayed := tm.members[0], tm.members[1], tm.members[2]
		for _, m := range tm.members {
			m.stop()
		}
		leader.move()
		moved.move()
		leader.restart()
		stayed.restart()
		tm.try("make it the leader", func(ctx context.Context) error {
			return stayed.TransferLeadership(ctx, leader.self.ID)
		})
		moved.restart()
		tm.wantKnownEverywhere(leader, moved)
	})
	t.Run("its old address belongs to another member now", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		a, b := tm.members[1], tm.members[2]
		a.stop()
		b.stop()
		a.self.TransportAddress, b.self.TransportAddress = b.self.TransportAddress, a.self.TransportAddress
		a.restart()
		b.restart()
		tm.members[0].commit(command{ID: "sorted out"})
		tm.wantKnownEverywhere(a, b)
	})
	t.Run("a renamed node", func(t *testing.T) {
		t.Parallel()
		tm := newTeam(t, 3)
		m := tm.follower()
		m.stop()
		m.self.Name = "another name"
		m.restart()
		tm.wantKnownEverywhere(m)
	})
}

// wantKnownEverywhere waits until each node's registry and address book hold
// what the given nodes say of themselves.
func (tm *team) wantKnownEverywhere(of ...*member) {
	tm.t.Helper()
	tm.eventually("the new addresses to be known", func() bool {
		for _, m := range tm.running() {
			for _, o := range of {
				known := false
				for _, n := range m.registry.Nodes() {
					known = known || n == o.self
				}
				if at := m.addresses(o.self.ID); !known || len(at) == 0 || at[0] != o.self.TransportAddress {
					return false
				}
			}
		}
		return true
	})
	tm.waitEqual()
}

// TestAWrongAnnouncementIsPutRight: an address is a hint, and the node that it
// is about says better.
func TestAWrongAnnouncementIsPutRight(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	liar, victim := tm.others(leader)[0], tm.others(leader)[1]
	wrong := victim.self
	wrong.TransportAddress = liar.self.TransportAddress
	lie, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if err := liar.wire.call(within(t, patience), leader.self.ID, rpcAnnounce, lie, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	tm.wantKnownEverywhere(victim)
	victim.commit(command{ID: "all well"})
}

func TestANodeWhoseNewNameIsTakenIsToldSoOnce(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	m := tm.follower()
	name := m.self.Name
	m.stop()
	m.self.Name = tm.leader().self.Name
	m.restart()
	wantRefusal(t, <-m.fatal, "the name is taken")
	wait(t.Context(), 10*tm.timing.Tick) // it goes on announcing until it is stopped
	if len(m.fatal) > 0 {
		t.Error("told again")
	}
	m.stop()
	m.self.Name = name
	m.restart()
	m.catchUp()
}

// TestARemovedMemberThatPassesOnDoesNotTellOthersThatTheyWereRemoved: the no is
// for itself.
func TestARemovedMemberThatPassesOnDoesNotTellOthersThatTheyWereRemoved(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	gone, other := tm.others(leader)[0], tm.others(leader)[1]
	body, err := json.Marshal(other.self)
	if err != nil {
		t.Fatal(err)
	}
	if err := leader.Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	if err := other.wire.call(within(t, patience), gone.self.ID, rpcAnnounce, body, &struct{}{}); errors.Is(err, ErrNotMember) {
		t.Error("a member was told that it is none")
	}
	gone.wantRemoved()
}
