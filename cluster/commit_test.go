package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func TestWhatWasCommittedThroughANodeIsInItsOwnMachineWhenItReturns(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for i := range 60 {
		m := tm.members[i%3]
		id := fmt.Sprint("entry ", i)
		m.commit(command{ID: id})
		if !m.machine.has(id) {
			t.Fatalf("%q was acknowledged by %s, whose machine does not have it", id, m.self.Name)
		}
	}
}

// deeds are what clients were told of their entries.
type deeds struct {
	mu  sync.Mutex
	err map[string]error
}

// commits writes through the nodes, each with many clients, until ctx ends. A
// client does not try again by itself.
func (d *deeds) commits(ctx context.Context, nodes []*member, clients int) *sync.WaitGroup {
	d.err = map[string]error{}
	run := NewID()
	var wg sync.WaitGroup
	for _, m := range nodes {
		node := m.Cluster
		for client := range clients {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					c := command{ID: fmt.Sprintf("%s/%s/%d/%d", run, m.self.Name, client, i)}
					timeout := 5 * time.Second
					if i%4 == 0 {
						timeout = 50 * time.Millisecond // some have no patience
					}
					attempt, cancel := context.WithTimeout(context.Background(), timeout)
					err := node.Commit(attempt, c.entry())
					cancel()
					d.mu.Lock()
					d.err[c.ID] = err
					d.mu.Unlock()
				}
			})
		}
	}
	return &wg
}

// verify holds the machines against what clients were told.
func (d *deeds) verify(t *testing.T, machines ...*machine) {
	t.Helper()
	told := map[string]int{}
	for id, err := range d.err {
		told[fmt.Sprint(err)]++
		for _, m := range machines {
			switch has := m.has(id); {
			case err == nil && !has:
				t.Errorf("%s was acknowledged and is lost", id)
			case errors.Is(err, ErrNoLeader) && has:
				t.Errorf("%s was applied after its client was told that nothing happened", id)
			case err != nil && !errors.Is(err, ErrNoLeader) && !errors.Is(err, ErrUnknown):
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	for _, m := range machines {
		applied := m.applied()
		slices.Sort(applied)
		if len(slices.Compact(applied)) != len(m.applied()) {
			t.Error("an id took effect twice")
		}
	}
	if told["<nil>"] == 0 {
		t.Error("nothing was acknowledged")
	}
	t.Logf("what clients were told: %v", told)
}

func TestNoAcknowledgedEntryIsLostWhenLeadersDie(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for round := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var d deeds
		leader := tm.leader()
		wg := d.commits(ctx, tm.members, 6)
		at := leader.machine.Index()
		tm.eventually("traffic", func() bool { return leader.machine.Index() > at+50 })
		leader.stop()
		others := tm.running()
		next := tm.leaderOf(others...)
		at = next.machine.Index()
		tm.eventually("traffic again", func() bool { return next.machine.Index() > at+50 })
		cancel()
		wg.Wait()
		leader.restart()
		tm.leader()
		leader.commit(command{ID: fmt.Sprint("end of round ", round)})
		tm.waitEqual()
		d.verify(t, tm.members[0].machine, tm.members[1].machine, tm.members[2].machine)
	}
}

func TestNoAcknowledgedEntryIsLostWhenLeadersAreCutOff(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var d deeds
	wg := d.commits(ctx, tm.members, 4)
	for range 3 {
		leader := tm.leader()
		rest := tm.others(leader)
		tm.split([]*member{leader}, rest)
		next := tm.leaderOf(rest...)
		at := next.machine.Index()
		tm.eventually("traffic on the other side", func() bool { return next.machine.Index() > at+20 })
		tm.heal()
	}
	cancel()
	wg.Wait()
	tm.leader().commit(command{ID: "end"})
	tm.waitEqual()
	d.verify(t, tm.members[0].machine, tm.members[1].machine, tm.members[2].machine)
}

func TestWithoutALeaderNothingHappensAndThatIsSaidInTime(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	left := tm.others(leader)[0]
	for _, m := range tm.others(left) {
		m.stop()
	}
	tm.eventually("the survivor to notice", func() bool { return left.leaderID() == "" })
	const limit = 300 * time.Millisecond
	began := time.Now()
	if err := left.Commit(within(t, limit), command{ID: "in vain"}.entry()); !errors.Is(err, ErrNoLeader) {
		t.Errorf("commit: %v, want %v", err, ErrNoLeader)
	}
	if err := left.CatchUp(within(t, limit)); !errors.Is(err, ErrNoLeader) {
		t.Errorf("catch up: %v, want %v", err, ErrNoLeader)
	}
	if err := left.Remove(within(t, limit), leader.self.ID); !errors.Is(err, ErrNoLeader) {
		t.Errorf("remove: %v, want %v", err, ErrNoLeader)
	}
	if took := time.Since(began); took > 10*limit {
		t.Errorf("three answers with a limit of %s each took %s", limit, took)
	}
	for _, m := range tm.members {
		if m != left {
			m.restart()
		}
	}
	left.commit(command{ID: "at last"})
	tm.waitEqual()
	for _, m := range tm.members {
		if m.machine.has("in vain") {
			t.Error("an entry was applied after its client was told that nothing happened")
		}
	}
}

// TestNobodyWaitsForALeaderThatIsGone: an attempt may take long, and ends as
// soon as somebody else leads.
func TestNobodyWaitsForALeaderThatIsGone(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, func(timing *Timing) { timing.Attempt = patience })
	leader := tm.leader()
	rest := tm.others(leader)
	tm.split([]*member{leader}, rest)
	began := time.Now()
	var wg sync.WaitGroup
	for i, m := range rest {
		wg.Go(func() {
			if err := m.Commit(within(t, patience), command{ID: fmt.Sprint("to the next leader ", i)}.entry()); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := m.CatchUp(within(t, patience)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took > patience/3 {
		t.Errorf("took %s", took)
	}
}

func TestTheSameEntryAgainIsHarmless(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for _, m := range tm.members {
		m.commit(command{ID: "once"})
	}
	tm.waitEqual()
	if n := len(slices.DeleteFunc(tm.members[0].machine.applied(), func(id string) bool { return id != "once" })); n != 1 {
		t.Errorf("took effect %d times", n)
	}
}

func TestAnEntryThatTheCheckRefusesNeverGetsIntoTheLog(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, follower := tm.leader(), tm.follower()
	ctx := within(t, patience)
	for _, m := range tm.members {
		err := m.Commit(ctx, []byte("no JSON"))
		wantError(t, err, "no command")
		if errors.Is(err, ErrNoLeader) || errors.Is(err, ErrUnknown) {
			t.Errorf("%v, want a definite no", err)
		}
	}
	// A follower of a newer release may let pass what its leader does not know.
	leader.machine.checkWith(errors.New("unknown kind of entry"))
	err := follower.Commit(ctx, command{ID: "from the future"}.entry())
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("%v, want the leader's refusal", err)
	}
	leader.machine.checkWith(nil)
	for i := uint64(1); i <= leader.raft.LastIndex(); i++ {
		var l raft.Log
		if err := leader.stores.log.GetLog(i, &l); err != nil {
			t.Fatal(err)
		}
		if l.Type == raft.LogCommand && newMachine().Check(l.Data) != nil {
			t.Errorf("the log has %q", l.Data)
		}
	}
	follower.commit(command{ID: "known"})
	if follower.machine.has("from the future") {
		t.Error("a refused entry was applied")
	}
}
