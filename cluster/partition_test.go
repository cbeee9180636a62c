package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// cuts are the ways in which a leader may lose the others. In each of them
// another leader can be elected.
var cuts = map[string]func(tm *team, leader, others []*member){
	"both directions":           func(tm *team, leader, others []*member) { tm.split(leader, others) },
	"it hears, nobody hears it": func(tm *team, leader, others []*member) { tm.sever(leader, others) },
}

func TestADeposedLeaderConfirmsNothing(t *testing.T) {
	t.Parallel()
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t, 3)
			old := tm.leader()
			others := tm.others(old)
			cut(tm, []*member{old}, others)
			// From now on the old leader can confirm nothing, least of all
			// during the time for which it still takes itself for the leader.
			stop := make(chan struct{})
			var asked sync.WaitGroup
			var tries atomic.Int32
			for range 4 {
				asked.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
						if err := old.CatchUp(ctx); err == nil {
							t.Error("a leader that is cut off confirmed")
						}
						cancel()
						tries.Add(1)
					}
				})
			}
			next := tm.leaderOf(others...)
			next.commit(command{ID: "news"})
			seen := tries.Load()
			tm.eventually("more questions after the news", func() bool { return tries.Load() > seen+8 })
			close(stop)
			asked.Wait()
			if old.machine.has("news") {
				t.Error("the network was not cut")
			}
			tm.heal()
			old.catchUp()
			if !old.machine.has("news") {
				t.Error("caught up without the news")
			}
		})
	}
}

func TestALeaderWithNonVotersOnlyConfirmsNothing(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	voters := tm.running()
	newcomer := tm.newMember("newcomer")
	newcomer.requestJoin(tm.newToken(voters...))
	// It is admitted, and its machine is too far behind for a voter's.
	tm.split([]*member{newcomer}, voters)
	newcomer.listenAndOpen(false)
	release := newcomer.machine.hold()
	defer release()
	for i := range promotionLag + 50 {
		voters[0].commit(command{ID: fmt.Sprint("ahead ", i)})
	}
	tm.heal()
	leader := tm.leader()
	wait(t.Context(), 10*tm.timing.Tick)
	if leader.suffrage(newcomer.self.ID) != raft.Nonvoter {
		t.Fatal("a node that is far behind was made a voter")
	}
	tm.split([]*member{leader, newcomer}, tm.others(leader, newcomer))
	for _, m := range []*member{leader, newcomer} {
		if err := m.CatchUp(within(t, 300*time.Millisecond)); err == nil {
			t.Errorf("%s was confirmed by a leader and a non-voter", m.self.Name)
		}
	}
	tm.heal()
	release()
	newcomer.catchUp()
	tm.waitVoters(4)
}

func TestALeaderAnswersNothingBeforeItHasAppliedAnEntryOfItsOwnTerm(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	next := tm.follower()
	release := next.machine.hold()
	defer release()
	old := tm.leader()
	old.commit(command{ID: "acknowledged"})
	// The next leader has the entry in its log and not in its machine.
	if err := old.TransferLeadership(within(t, patience), next.self.ID); err != nil {
		t.Fatal(err)
	}
	tm.eventually("the new leader", func() bool { return next.Leads() && old.leaderID() == next.self.ID })
	if _, ready := next.reigning(); ready {
		t.Error("ready with a machine that is behind")
	}
	for _, m := range tm.members {
		if err := m.CatchUp(within(t, 200*time.Millisecond)); !errors.Is(err, ErrNoLeader) {
			t.Errorf("%s caught up with a leader whose machine is behind: %v", m.self.Name, err)
		}
	}
	release()
	next.catchUp()
	if !next.machine.has("acknowledged") {
		t.Error("caught up without an acknowledged entry")
	}
}

// TestFreshnessHoldsWhileTheNetworkBreaks looks for what nobody thought of:
// whatever the network does, an entry that any node had acknowledged before a
// CatchUp began is there when the CatchUp succeeds.
func TestFreshnessHoldsWhileTheNetworkBreaks(t *testing.T) {
	t.Parallel()
	const size, span = 5, 6 * time.Second
	tm := newTeam(t, size)
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var (
		mu    sync.Mutex
		acked []string // in the order of their acknowledgement
		wg    sync.WaitGroup
		reads atomic.Int32
	)
	limited := func(f func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
		defer cancel()
		return f(ctx)
	}
	for _, m := range tm.members {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				c := command{ID: fmt.Sprintf("%s/%d", m.self.Name, i)}
				if limited(func(ctx context.Context) error { return m.Commit(ctx, c.entry()) }) == nil {
					mu.Lock()
					acked = append(acked, c.ID)
					mu.Unlock()
				}
			}
		})
		wg.Go(func() {
			for known := 0; ctx.Err() == nil; {
				mu.Lock()
				before := acked[known:len(acked):len(acked)]
				mu.Unlock()
				if limited(m.CatchUp) != nil {
					continue
				}
				reads.Add(1)
				known += len(before)
				for _, id := range before {
					if !m.machine.has(id) {
						t.Errorf("%s caught up and does not have %q, acknowledged before", m.self.Name, id)
					}
				}
			}
		})
	}
	for ctx.Err() == nil {
		members := tm.running()
		rand.Shuffle(size, func(i, j int) { members[i], members[j] = members[j], members[i] })
		at := 1 + rand.IntN(2)
		switch rand.IntN(3) {
		case 0:
			tm.split(members[:at], members[at:])
		case 1:
			tm.sever(members[:at], members[at:])
		case 2:
			tm.sever(members[at:], members[:at])
		}
		wait(ctx, time.Duration(rand.IntN(int(700*time.Millisecond))))
		tm.heal()
		wait(ctx, time.Duration(rand.IntN(int(300*time.Millisecond))))
	}
	wg.Wait()
	if len(acked) == 0 || reads.Load() == 0 {
		t.Errorf("%d entries acknowledged, %d times caught up: nothing was tested", len(acked), reads.Load())
	}
	t.Logf("%d entries acknowledged, %d times caught up", len(acked), reads.Load())
}
