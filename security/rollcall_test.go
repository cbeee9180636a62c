package security

import (
	"slices"
	"testing"
)

func TestARollCallNamesTheVotersThatDoNotAnswer(t *testing.T) {
	w := newWorld(t)
	n, other, replica := w.node(), w.node(), w.node()
	n.found()
	other.dead, replica.dead, replica.member.Voter = true, true, false
	r := n.RollCall(t.Context())
	if r.Voters != 2 || r.Needed() != 2 || r.Answering() != 1 || !slices.Equal(r.Silent, []string{other.member.Name}) {
		t.Errorf("%+v", r)
	}
}

func TestARollCallIsSharedByThoseWhoAskAtTheSameTime(t *testing.T) {
	n := oneNode(t)
	n.RollCall(t.Context())
	n.rollCall.at = n.rollCall.at.Add(rollCallLife * 1000) // as if it had just been
	asked := n.others.asked
	n.RollCall(t.Context())
	if n.others.asked != asked {
		t.Error("a stranger can have the members asked as often as they like")
	}
}
