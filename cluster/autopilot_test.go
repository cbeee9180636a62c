package cluster

import (
	"slices"
	"testing"
	"time"
)

// tune changes the settings of autopilot at every member.
func (tm *team) autopilot(change func(*Autopilot)) {
	a := autopilotDefaults
	change(&a)
	for _, m := range tm.running() {
		m.registry.autopilot.Store(&a)
	}
}

func withDeath(d time.Duration) func(*Timing) { return func(t *Timing) { t.DeadAfter = d } }

// silentFor waits until the leader has not been answered by the member for so long.
func (tm *team) silentFor(m *member, d time.Duration) {
	tm.t.Helper()
	tm.eventually(m.self.Name+" to have been silent for "+d.String(), func() bool {
		o, ok := tm.leader().Overview()
		return ok && time.Duration(o.Members[m.self.ID].Silence)*time.Millisecond > d
	})
}

func TestANewcomerIsStableBeforeItVotes(t *testing.T) {
	t.Parallel()
	const stable = 600 * time.Millisecond
	tm := newTeam(t, 1, func(t *Timing) { t.Stabilization = stable })
	// In the first moments of a leader a newcomer would not have to wait.
	wait(t.Context(), stable+200*time.Millisecond)
	began := time.Now()
	tm.join(tm.members[0])
	tm.waitVoters(2)
	if took := time.Since(began); took < stable {
		t.Errorf("it votes %s after it began to join, before it was stable for %s", took, stable)
	}
}

func TestAClusterThatFormsDoesNotWaitForStability(t *testing.T) {
	t.Parallel()
	began := time.Now()
	newTeam(t, 3, func(t *Timing) { t.Stabilization = time.Hour })
	t.Logf("three voters after %s", time.Since(began))
}

// Its log may be level long before its machine is.
func TestAMemberHasCaughtUpWhenItsMachineHas(t *testing.T) {
	t.Parallel()
	leader := newTeam(t, 1).leader()
	for leader.index() <= promotionLag+1 {
		leader.commit(command{ID: NewID()})
	}
	r, _ := leader.reigning()
	s, far := newSurvey(leader.Cluster, r), leader.index()-promotionLag
	s.answers["near"] = reported{Status: Status{Index: far}}
	s.answers["behind"] = reported{Status: Status{Index: far - 1, LastIndex: leader.raft.LastIndex()}}
	for id, want := range map[string]bool{"near": true, "behind": false, "unheard": false} {
		if s.caughtUp(id) != want {
			t.Errorf("%s has caught up: %v", id, !want)
		}
	}
}

func TestADeadMemberIsCleanedUpWhereThatIsAllowedAndNeverBelowTheLeastQuorum(t *testing.T) {
	t.Parallel()
	const dead = 1500 * time.Millisecond
	tm := newTeam(t, 4, withDeath(dead))
	first := tm.follower()
	first.stop()
	tm.silentFor(first, 2*dead)
	if n := len(tm.leader().Members()); n != 4 {
		t.Fatalf("nobody has allowed it, and of 4 members %d are left", n)
	}
	tm.autopilot(func(a *Autopilot) { a.CleanupDeadServers = true })
	tm.waitVoters(3)
	leader := tm.leader()
	if !leader.registry.Removed(first.self.ID) {
		t.Error("it is out, and its id is not retired")
	}
	removals := func() (n uint64) {
		for _, m := range tm.running() {
			n += m.Stats().Cleanups
		}
		return n
	}
	tm.eventually("one removal to be counted", func() bool { return removals() == 1 })
	second := tm.follower()
	second.stop()
	tm.silentFor(second, 2*dead)
	if n := len(tm.leader().Members()); n != 3 {
		t.Errorf("of 3 members %d are left, below the least quorum", n)
	}
	tm.leader().commit(command{ID: "two of three"})
}

// A leader learns from the one before it since when a member has been silent.
func TestADeathOutlivesTheLeaderThatSawIt(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 5)
	dead := tm.follower()
	dead.stop()
	const long = 2 * time.Second
	tm.silentFor(dead, long)
	tm.leader().stop()
	tm.eventually("the next leader to know", func() bool {
		o, ok := tm.leader().Overview()
		return ok && time.Duration(o.Members[dead.self.ID].Silence)*time.Millisecond > long
	})
}

func TestADeadReplicaIsCleanedUpToo(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, withDeath(1500*time.Millisecond))
	leader := tm.leader()
	replica := tm.join(leader)
	tm.waitVoters(4)
	if err := leader.SetVoting(within(t, patience), replica.self.ID, false); err != nil {
		t.Fatal(err)
	}
	replica.stop()
	tm.autopilot(func(a *Autopilot) { a.CleanupDeadServers = true })
	tm.waitVoters(3)
}

func TestEveryMemberTellsTheSameOfWhatMayFail(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	tells := func(tolerance int) {
		t.Helper()
		tm.eventually("every member to tell it", func() bool {
			return !slices.ContainsFunc(tm.running(), func(m *member) bool {
				o, ok := m.Overview()
				return !ok || o.FailureTolerance != tolerance
			})
		})
	}
	tells(1)
	down := tm.follower()
	down.stop()
	tells(0)
	if o, _ := tm.leader().Overview(); o.Members[down.self.ID].Healthy || !o.Members[down.self.ID].Silent() {
		t.Errorf("the one that is down: %+v", o.Members[down.self.ID])
	}
	down.restart()
	tells(1)
}

func TestWhoHearsOfNoLeaderTellsNothing(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	alone := tm.follower()
	tm.eventually("it to be told", func() bool { _, ok := alone.Overview(); return ok })
	tm.split([]*member{alone}, tm.others(alone))
	tm.eventually("it to stop telling", func() bool { _, ok := alone.Overview(); return !ok })
	tm.heal()
	tm.eventually("it to be told again", func() bool { _, ok := alone.Overview(); return ok })
}

// The first question takes as long as its asker allows, and those after it do not.
func TestAMemberThatIsCutOffSlowsOneQuestionDown(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	asker, cut := tm.leader(), tm.follower()
	ask := func(d time.Duration) []Answer { return asker.Ask(within(t, d), "name", nil) }
	answered := func(answers []Answer) bool {
		return slices.ContainsFunc(answers, func(a Answer) bool { return a.ID == cut.self.ID && a.Err == nil })
	}
	tm.split([]*member{cut}, tm.others(cut))
	if answered(ask(time.Second)) {
		t.Fatal("it answers")
	}
	began := time.Now()
	if answered(ask(patience)) {
		t.Fatal("it answers")
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it was waited for %s once more", took)
	}
	tm.heal()
	tm.eventually("its answer", func() bool { return answered(ask(patience)) })
}
