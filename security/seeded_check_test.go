package security

import (
	"errors"
	"testing"

	"jeton/fsm"
)

// The leader asks this before it retires the one that has the newcomer's name.
func TestAMemberOfAnOlderReleaseKeepsSeededNewcomersOut(t *testing.T) {
	first, _, _ := mixed(t)
	err := first.CheckSeededNode(t.Context(), newcomer("id-9", "node-9"))
	if !errors.Is(err, ErrUpgradeFirst) {
		t.Fatalf("%v, want %v", err, ErrUpgradeFirst)
	}
	if err := first.RaiseLevel(t.Context(), fsm.Level, []string{"id-0", "id-1", "id-2"}); err != nil {
		t.Fatal(err)
	}
	if err := first.CheckSeededNode(t.Context(), newcomer("id-9", "node-9")); err != nil {
		t.Error(err)
	}
}

func TestASeededNewcomerIsCheckedBeforeAnythingIsDone(t *testing.T) {
	w := newWorld(t)
	n := w.node()
	if err := n.CheckSeededNode(t.Context(), newcomer("id-9", "node-9")); !errors.Is(err, ErrNoLeader) {
		t.Errorf("before the founding: %v, want %v", err, ErrNoLeader)
	}
	n.foundWith(w.secret(password))
	expectNodeError(t, n.CheckSeededNode(t.Context(), newcomer("id-9", "two words")), NodeInvalid, "name")
	if err := n.RetireNode(t.Context(), "id-8"); err != nil {
		t.Fatal(err)
	}
	expectNodeError(t, n.CheckSeededNode(t.Context(), newcomer("id-8", "node-8")), NodeDenied, "was removed")
	if err := n.CheckSeededNode(t.Context(), newcomer("id-9", n.member.Name)); err != nil {
		t.Errorf("a name that is taken: %v", err)
	}
}
