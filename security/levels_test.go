package security

import (
	"errors"
	"testing"

	"jeton/fsm"
)

// later is a command of the latest level; what it does is of no account.
type later struct{ fsm.RemoveMember }

func (*later) Type() string { return "raise_level" }

// mixed is a cluster of three that an older release has founded, and that the second
// one still runs.
func mixed(t *testing.T) (first, second, third *node) {
	t.Helper()
	w := newWorld(t)
	first = w.node()
	w.level = 1
	second = w.node()
	w.level = 0
	third = w.node()
	first.foundOld()
	return first, second, third
}

func TestWhatAMemberOfAnOlderReleaseDoesNotKnowIsRefusedByItsName(t *testing.T) {
	first, second, third := mixed(t)
	third.dead = true
	for _, asked := range []*node{first, second} {
		_, again, err := asked.Service.propose(t.Context(), &later{})
		expectError(t, err, &UpgradeError{Older: []string{"node-1"}, Silent: []string{"node-2"}})
		if again || !errors.Is(err, ErrUpgradeFirst) {
			t.Errorf("again %v, %v: want ErrUpgradeFirst", again, err)
		}
	}
	if entries := len(first.world.entries); entries != 1 {
		t.Errorf("the log has %d entries, one of which is new to a member", entries)
	}
}

// A node that has not heard of it asks before it refuses.
func TestANodeThatLagsDoesNotRefuseWhatAllKnow(t *testing.T) {
	first, _, third := mixed(t)
	if err := first.RaiseLevel(t.Context(), fsm.Level, []string{"id-0", "id-1", "id-2"}); err != nil {
		t.Fatal(err)
	}
	if third.state.Current().Level() != 1 {
		t.Fatal("the third node has heard of it")
	}
	if err := third.knownToAll(t.Context(), &later{}); err != nil {
		t.Error(err)
	}
}

func TestALevelThatIsReachedIsNotRaisedAgain(t *testing.T) {
	n := oneNode(t)
	if err := n.RaiseLevel(t.Context(), fsm.Level, []string{n.member.ID}); err != nil {
		t.Fatal(err)
	}
	n.leader.expectTrips(0, 0)
}

// A founder is all the members there are.
func TestANewClusterIsAtTheLevelOfItsRelease(t *testing.T) {
	w := newWorld(t)
	n := w.node()
	n.foundWith(w.secret(password))
	if level := n.state.Current().Level(); level != fsm.Level {
		t.Errorf("level %d, want %d", level, fsm.Level)
	}
}
