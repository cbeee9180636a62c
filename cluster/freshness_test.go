package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"
)

func TestWhatWasCommittedAnywhereIsThereAfterCatchingUp(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for i := range 30 {
		writer := tm.members[i%3]
		id := fmt.Sprint("entry ", i)
		writer.commit(command{ID: id})
		for _, reader := range tm.others(writer) {
			reader.catchUp()
			if !reader.machine.has(id) {
				t.Fatalf("%s has caught up and does not have %q, which %s had acknowledged", reader.self.Name, id, writer.self.Name)
			}
		}
	}
}

// countRounds counts the node's rounds; those after the first wait for gate.
func (m *member) countRounds(gate <-chan struct{}) *atomic.Int32 {
	var count atomic.Int32
	run := m.catchUps.run
	m.catchUps.run = func(ctx context.Context) (uint64, error) {
		if count.Add(1) == 1 {
			<-gate
		}
		return run(ctx)
	}
	return &count
}

func TestCatchUpsAtTheSameTimeShareARound(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	reader, gate := tm.follower(), make(chan struct{})
	rounds := reader.countRounds(gate)
	var wg sync.WaitGroup
	call := func() {
		wg.Go(func() {
			if err := reader.CatchUp(within(t, patience)); err != nil {
				t.Error(err)
			}
		})
	}
	call()
	tm.eventually("a round in flight", func() bool { return rounds.Load() == 1 })
	for range 200 {
		call()
	}
	tm.eventually("200 waiters", func() bool {
		reader.catchUps.mu.Lock()
		defer reader.catchUps.mu.Unlock()
		return reader.catchUps.pending != nil && reader.catchUps.pending.waiters == 200
	})
	close(gate)
	wg.Wait()
	if n := rounds.Load(); n != 2 {
		t.Errorf("%d rounds, want 2: the one in flight and one for all the others", n)
	}
}

func TestANodeSaysWhenTooManyWait(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	m, gate := tm.members[0], make(chan struct{})
	m.catchUps.max = 1
	rounds := m.countRounds(gate)
	var wg sync.WaitGroup
	call := func() { wg.Go(func() { _ = m.CatchUp(within(t, patience)) }) }
	call()
	tm.eventually("a round in flight", func() bool { return rounds.Load() == 1 })
	call()
	tm.eventually("one pending", func() bool {
		m.catchUps.mu.Lock()
		defer m.catchUps.mu.Unlock()
		return m.catchUps.pending != nil
	})
	if err := m.CatchUp(within(t, patience)); !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v, want %v", err, ErrOverloaded)
	}
	close(gate)
	wg.Wait()
}

func TestALeaderOfAnEarlierTermIsNotConfirmed(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	old := tm.leader()
	term := old.raft.CurrentTerm()
	tm.eventually("another leader", func() bool {
		_ = old.TransferLeadership(within(t, patience), "") // no one answers in time on a busy machine
		return old.raft.CurrentTerm() > term
	})
	next := tm.leader()
	servers := old.configuration()
	if old.majority(servers, term) {
		t.Error("a majority confirmed a term that is over")
	}
	if !old.majority(servers, next.raft.CurrentTerm()) {
		t.Error("nobody confirmed the current term")
	}
}

func TestNonVotersDoNotCount(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 5)
	leader := tm.leader()
	others := tm.others(leader)
	for _, m := range others[:2] {
		m.stop()
	}
	withVoters := func(voters ...*member) []raft.Server {
		var servers []raft.Server
		for _, m := range tm.members {
			s := raft.Server{ID: raft.ServerID(m.self.ID), Suffrage: raft.Nonvoter}
			for _, v := range voters {
				if v == m {
					s.Suffrage = raft.Voter
				}
			}
			servers = append(servers, s)
		}
		return servers
	}
	for _, c := range []struct {
		about  string
		voters []*member
		want   bool
	}{
		{"the leader alone", []*member{leader}, true},
		{"two of three voters", []*member{leader, others[2], others[0]}, true},
		{"one of three voters, and two non-voters", []*member{leader, others[0], others[1]}, false},
		{"one of two voters", []*member{leader, others[0]}, false},
		{"half of four voters", []*member{leader, others[2], others[0], others[1]}, false},
		{"a leader that does not vote, with one of two voters", []*member{others[2], others[0]}, false},
		{"a leader that does not vote, with all voters", []*member{others[2], others[3]}, true},
	} {
		// A voter that the round before did not wait for is not asked again yet.
		tm.eventually("all questions to be answered", func() bool {
			open := false
			leader.asking.Range(func(any, any) bool { open = true; return false })
			return !open
		})
		if got := leader.majority(withVoters(c.voters...), math.MaxUint64); got != c.want {
			t.Errorf("%s: confirmed is %v", c.about, got)
		}
	}
}
