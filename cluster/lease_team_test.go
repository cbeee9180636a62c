package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// fine is a small margin, so that short leases are worth having.
func fine(t *Timing) { t.Grain = 5 * time.Millisecond }

// newLeasedTeam is a team that lives by the settings, in which every member has a
// lease if they grant one.
func newLeasedTeam(t *testing.T, size int, f Freshness, tune ...func(*Timing)) *team {
	t.Helper()
	tm := newTeam(t, size, append(tune, fine)...)
	tm.settings(f)
	if f.Lease > 0 {
		tm.waitLeases(tm.members...)
	}
	return tm
}

// settings puts settings in force; it takes away, so it is a Revoke.
func (tm *team) settings(f Freshness) {
	tm.t.Helper()
	tm.revoke(tm.leader(), command{ID: "settings " + NewID(), Op: opSettings, Fresh: f})
}

// revoke must succeed.
func (tm *team) revoke(at *member, c command) (of Confirmation) {
	tm.t.Helper()
	tm.try("revoke "+c.ID, func(ctx context.Context) (err error) {
		of, err = at.Revoke(ctx, c.entry())
		return err
	})
	return of
}

// leased reports whether the member may answer from the state that it holds now.
func (m *member) leased() bool {
	p := m.Permit()
	_, epoch := m.machine.Position()
	return p.Lease && p.Epoch == epoch
}

func (tm *team) waitLeases(members ...*member) {
	tm.t.Helper()
	for _, m := range members {
		tm.eventually("a lease at "+m.self.Name, m.leased)
	}
}

// joinWithoutVote lets a node join that stays without a vote: no configuration is
// changed any more until release is called.
func (tm *team) joinWithoutVote() (m *member, release func()) {
	tm.t.Helper()
	members := tm.running()
	m = tm.newMember("onlooker")
	m.requestJoin(tm.newToken(members...))
	for _, member := range members {
		member.membership <- struct{}{}
	}
	m.listenAndOpen(false)
	m.catchUp()
	return m, func() {
		for _, member := range members {
			<-member.membership
		}
	}
}

func TestEveryMemberHasALeaseAndRenewsIt(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Second})
	onlooker, release := tm.joinWithoutVote()
	defer release()
	tm.waitLeases(onlooker)
	for _, m := range tm.members {
		first := m.leases.current.Load()
		tm.eventually("three more leases at "+m.self.Name, func() bool {
			l := m.leases.current.Load()
			return l != nil && l.until >= first.until+300*time.Millisecond
		})
	}
	if s := tm.leader().suffrage(onlooker.self.ID); s != raft.Nonvoter {
		t.Errorf("the onlooker is a %s", s)
	}
}

// TestALeaseHoldsOverTheDeathOfTheLeader is what the length of a lease is for.
func TestALeaseHoldsOverTheDeathOfTheLeader(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: 10 * time.Second})
	tm.leader().stop()
	gap := func() bool {
		for _, m := range tm.running() {
			if !m.leased() {
				return true
			}
		}
		return false
	}
	renewed := map[*member]time.Duration{}
	for _, m := range tm.running() {
		renewed[m] = m.leases.current.Load().until
	}
	tm.eventually("leases by another leader", func() bool {
		if gap() {
			t.Fatal("a member has no lease between two leaders")
		}
		for m, until := range renewed {
			if m.leases.current.Load().until <= until+time.Second {
				return false
			}
		}
		return true
	})
}

func TestWhoIsCutOffHasNoLeaseAfterItsTime(t *testing.T) {
	t.Parallel()
	for about, pick := range map[string]func(tm *team) *member{
		"the leader": (*team).leader,
		"a follower": (*team).follower,
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			tm := newLeasedTeam(t, 3, Freshness{Lease: time.Second})
			alone := pick(tm)
			others := tm.others(alone)
			tm.split([]*member{alone}, others)
			tm.eventually("its lease to end", func() bool { return !alone.leased() })
			tm.leaderOf(others...)
			tm.waitLeases(others...)
			if alone.leased() {
				t.Error("it has a lease again, and nobody to give it one")
			}
			tm.heal()
			tm.waitLeases(alone)
		})
	}
}

func TestASnapshotThatIsInstalledEndsTheLease(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, fine, func(t *Timing) {
		t.SnapshotThreshold, t.TrailingLogs, t.SnapshotInterval = 50, 5, 20*time.Millisecond
	})
	tm.settings(Freshness{Lease: time.Minute})
	far := tm.follower()
	tm.waitLeases(tm.members...)
	others := tm.others(far)
	tm.split([]*member{far}, others)
	for i := range 150 {
		others[0].commit(command{ID: fmt.Sprint("while it was away ", i)})
	}
	tm.eventually("a snapshot", func() bool {
		return tm.leaderOf(others...).journal.count("compacting logs") > 0
	})
	before := far.Permit()
	if !before.Lease {
		t.Fatal("its lease should be long enough for this story")
	}
	tm.heal()
	tm.eventually("the snapshot to be installed", func() bool { return far.machine.restored() > 0 })
	if _, epoch := far.machine.Position(); before.Epoch == epoch {
		t.Error("the lease of before covers what was installed")
	}
	far.catchUp() // which asks for a lease
	tm.waitLeases(far)
}

func TestInQuorumModeNobodyHasALease(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Second})
	tm.settings(Freshness{})
	tm.eventually("the leases to end", func() bool {
		for _, m := range tm.members {
			if m.leased() {
				return false
			}
		}
		return true
	})
	for _, m := range tm.members {
		before := m.Stats()
		m.catchUp() // a round is as good as ever, and gives no lease
		if after := m.Stats(); m.leased() || after.Rounds == before.Rounds || after.LeasesTaken != before.LeasesTaken {
			t.Errorf("%s: before the round %+v, after it %+v", m.self.Name, before, after)
		}
	}
}

func TestFormerSettingsAreSettledByWhoLeads(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 3, Freshness{Lease: time.Minute})
	tm.settings(Freshness{Lease: time.Second})
	leader := tm.leader()
	wait(t.Context(), 10*tm.timing.Tick)
	if leader.machine.freshness().Former != time.Minute {
		t.Fatal("settled though a lease of a minute may be out")
	}
	tm.timeFlies(tm.members, "the former settings to be settled everywhere", func() bool {
		for _, m := range tm.members {
			if m.machine.freshness().Former != 0 {
				return false
			}
		}
		return true
	})
}
