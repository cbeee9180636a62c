package cluster

import (
	"errors"
	"strings"
	"testing"
)

// levelled has the members of a team start anew with a level each.
func (tm *team) levelled(levels ...int) {
	tm.t.Helper()
	for i, level := range levels {
		tm.members[i].upgrade(level)
	}
	tm.leader()
}

// upgrade has the member start anew as one that knows the level.
func (m *member) upgrade(level int) {
	m.team.t.Helper()
	m.stop()
	m.level = level
	m.restart()
}

func TestTheLevelIsRaisedOnceEveryMemberKnowsAHigherOne(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	tm.levelled(3, 2, 0)
	at := func(level int) func() bool {
		return func() bool { return tm.leader().registry.Level() == level }
	}
	leader := tm.leader()
	leader.raiseLevel()
	leader.raiseLevel()
	if level := leader.registry.Level(); level != 1 {
		t.Fatalf("the level is %d, and a member knows none but the first", level)
	}
	tm.members[2].upgrade(3)
	tm.eventually("the level of the lowest", at(2))
	tm.members[1].upgrade(3)
	tm.eventually("the level of all", at(3))
}

// It may come back as what it was before.
func TestASilentMemberHoldsTheLevelUp(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	tm.members[2].stop()
	tm.members[0].upgrade(2)
	tm.members[1].upgrade(2)
	leader := tm.leader()
	leader.raiseLevel()
	if level := leader.registry.Level(); level != 1 {
		t.Errorf("the level is %d, and a member does not answer", level)
	}
	if lowest := leader.lowestLevel(); lowest != 1 {
		t.Errorf("a silent member counts as of level %d", lowest)
	}
	tm.members[2].upgrade(2)
	tm.eventually("the level, now that all answer", func() bool { return tm.leader().registry.Level() == 2 })
}

func TestANewcomerBelowTheLevelIsRefused(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	tm.levelled(2)
	tm.eventually("the level", func() bool { return tm.members[0].registry.Level() == 2 })
	_, csr := newCSR(t)
	token := tm.newToken(tm.members[0])
	node := Node{ID: NewID(), Name: "old"}
	_, err := RequestJoin(within(t, patience), token, node, 0, csr)
	var refusal *Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Reason, "feature level 2") {
		t.Errorf("got %v, want a refusal that names the level", err)
	}
	if _, err := RequestJoin(within(t, patience), token, node, 2, csr); err != nil {
		t.Errorf("with the level: %v", err)
	}
}
