package cluster

import (
	"context"
	"errors"
	"testing"
	"time"
)

// watches is a survey of the leader's own, by which the member has been dead for long.
func (m *member) watches(r *reign, dead string) *survey {
	s := newSurvey(m.Cluster, r)
	s.watched, s.before[dead] = time.Hour, time.Hour
	return s
}

// everybody are the ids of the members.
func (m *member) everybody() (ids []string) {
	for _, s := range m.configuration() {
		ids = append(ids, string(s.ID))
	}
	return ids
}

func TestASuspensionOfTheLeaderIsNobodysSilence(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, other := tm.leader(), tm.follower()
	s := newSurvey(leader.Cluster, leader.reign.Load())
	tm.eventually("the other's answer", func() bool {
		s.ask(within(t, patience), leader.everybody())
		_, ok := s.latest(other.self.ID)
		return ok
	})
	leader.clock.advance(48 * time.Hour)
	for _, id := range append(leader.everybody(), "unheard") {
		if silence, _ := s.silence(id); silence >= time.Minute || s.dead(id, time.Minute) {
			t.Errorf("%s was not asked for two days, and counts as silent for %s", id, silence)
		}
	}
}

func TestWhoIsAskedInVainForLongIsDead(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader, gone := tm.leader(), tm.follower()
	gone.stop()
	s := newSurvey(leader.Cluster, leader.reign.Load())
	for range time.Minute/time.Second + 1 {
		s.ask(within(t, patience), leader.everybody())
		leader.clock.advance(time.Second)
	}
	if !s.dead(gone.self.ID, time.Minute) {
		silence, _ := s.silence(gone.self.ID)
		t.Errorf("asked for a minute, and silent for %s", silence)
	}
}

func TestAnOldOverviewMakesNobodyOlder(t *testing.T) {
	t.Parallel()
	leader := newTeam(t, 1).leader()
	leader.takeOverview(Overview{Members: map[string]MemberHealth{"other": {Silence: 1000}}})
	leader.clock.advance(48 * time.Hour)
	s := newSurvey(leader.Cluster, leader.reign.Load())
	if silence, known := s.silence("other"); !known || silence > time.Minute {
		t.Errorf("silent for %s, by a leader that told of one second: %v", silence, known)
	}
}

func TestALeaderThatWasSuspendedRemovesNobodyThatLives(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 5, withDeath(time.Minute))
	tm.autopilot(func(a *Autopilot) { a.CleanupDeadServers = true })
	for range 5 {
		leader := tm.leader()
		leader.clock.advance(2 * time.Minute)
		wait(t.Context(), 6*tm.timing.Survey)
		if n := len(tm.leader().Members()); n != 5 {
			t.Fatalf("of 5 members that live %d are left", n)
		}
	}
}

// The last look is the member's own answer.
func TestAMemberThatAnswersIsNotCleanedUpWhateverTheSurveySays(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4, withDeath(time.Minute))
	leader, alive := tm.leader(), tm.follower()
	tm.autopilot(func(a *Autopilot) { a.CleanupDeadServers = true })
	p := newPilot(leader.Cluster, leader.reign.Load())
	p.survey = leader.watches(p.survey.reign, alive.self.ID)
	p.cleanUp(alive.self.ID)
	if !leader.inCluster(alive.self.ID) || leader.registry.Removed(alive.self.ID) {
		t.Error("it answers, and was removed")
	}
}

func TestACleanupEndsWithItsReign(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 4, withDeath(time.Hour))
	leader, gone := tm.leader(), tm.follower()
	gone.stop()
	tm.autopilot(func(a *Autopilot) { a.CleanupDeadServers = true })
	now := leader.reign.Load()
	former := newPilot(leader.Cluster, &reign{term: now.term - 1, grants: map[string]grant{}})
	former.survey = leader.watches(former.survey.reign, gone.self.ID)
	former.cleanUp(gone.self.ID)
	if !leader.inCluster(gone.self.ID) || leader.registry.Removed(gone.self.ID) {
		t.Fatal("what a former reign has found was done in the next")
	}
	present := newPilot(leader.Cluster, now)
	present.survey = leader.watches(now, gone.self.ID)
	present.cleanUp(gone.self.ID)
	if leader.inCluster(gone.self.ID) {
		t.Error("in its own reign it was not done")
	}
}

func TestAnAnswerToTheSurveyEndsASilence(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	leader, holder := tm.leader(), tm.follower()
	r := leader.reign.Load()
	leader.silences.note(holder.self.ID, r.term, 0)
	newSurvey(leader.Cluster, r).ask(within(t, patience), leader.everybody())
	if since := leader.silences.note(holder.self.ID, r.term, time.Hour); since != time.Hour {
		t.Errorf("silent since %v, though it has answered", since)
	}
}

// A leader that is deposed while it asks around has decided for nobody.
func TestADeposedLeadersDecisionsAreNotCarriedOutByTheNext(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	former := tm.leader()
	r := former.reign.Load()
	others := tm.others(former)
	next, id := others[0], others[1].self.ID
	tm.try("hand over", func(ctx context.Context) error { return former.TransferLeadership(ctx, next.self.ID) })
	tm.eventually("the next to lead", func() bool { return tm.leader() == next })
	if err := former.takeOut(within(t, patience), r, id); !errors.Is(err, errNotLeader) {
		t.Errorf("%v, want that nothing happened", err)
	}
	if err := former.recordVoting(within(t, patience), r, id, false); !errors.Is(err, errNotLeader) {
		t.Errorf("%v, want that nothing happened", err)
	}
	former.catchUp()
	if former.registry.Removed(id) || former.registry.Replica(id) || !next.inCluster(id) {
		t.Error("the next leader retired or demoted the member, and had not decided it")
	}
	if err := former.Remove(within(t, patience), id); err != nil {
		t.Errorf("what somebody asks for is decided by the next leader: %v", err)
	}
}
