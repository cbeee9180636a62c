package security

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"jeton/fsm"
)

// A proposal whose id the state may have forgotten is answered Forgotten. It is
// then proposed anew, and what comes of that may be the first attempt's doing.

// fillers are as many proposals of others as make a state forget all before.
var fillers = sync.OnceValues(func() ([][]byte, error) {
	var entries [][]byte
	for i := range fsm.Remembered + 1 {
		entry, err := fsm.Encode(fsm.Proposal{
			ID:      fmt.Sprint("another's ", i),
			Seen:    1 << 40,
			Command: &fsm.DeleteServiceToken{Account: "elastic/kibana", Name: "absent"},
		})
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
})

// forgetNext has the next proposal carried only after the state has forgotten
// it. before are the entries that come first: with the proposal itself among
// them, it is carried twice.
func (w *world) forgetNext(before func(entry []byte) [][]byte) {
	w.t.Helper()
	w.beforeCommit = func(entry []byte) {
		w.beforeCommit = nil
		for _, e := range before(entry) {
			w.carry(e)
		}
		w.forget()
	}
}

// forget carries what makes every state forget all that was proposed before.
func (w *world) forget() {
	w.t.Helper()
	entries, err := fillers()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		w.carry(e)
	}
}

func notYetCarried([]byte) [][]byte { return nil }

func carriedAlready(entry []byte) [][]byte { return [][]byte{bytes.Clone(entry)} }

func TestAForgottenCreateIsNotTakenForADuplicateOfItself(t *testing.T) {
	for name, before := range map[string]func([]byte) [][]byte{"not yet carried": notYetCarried, "carried already": carriedAlready} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			n.world.forgetNext(before)
			n.expectAccepted(presented(n.create("token1")))
			n.leader.expectTrips(2, 0)
		})
	}
}

func TestAForgottenCreateOfATakenNameIsADuplicate(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.world.forgetNext(notYetCarried)
	_, err := n.tryCreate("elastic", "fleet-server", "token1")
	expectError(t, err, &TokenExistsError{Principal: fleet, Name: "token1"})
}

func TestAForgottenDeleteThatFindsNothingMayHaveFoundItBefore(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.world.forgetNext(carriedAlready)
	found, err := n.DeleteServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1")
	if found || !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestAForgottenDeleteThatFindsItFindsIt(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.world.forgetNext(notYetCarried)
	n.expectDeleted("fleet-server", "token1", true)
}

// Without a leader nothing happens; but here it may have happened before.
func TestAForgottenProposalThatLosesItsLeaderIsUnknown(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(func(entry []byte) [][]byte {
		n.world.beforeCommit = func([]byte) { n.leader.failure = ErrNoLeader }
		return carriedAlready(entry)
	})
	if _, err := n.tryCreate("elastic", "fleet-server", "token1"); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
}

func TestAForgottenJoinTokenIsUnknown(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(carriedAlready)
	if created, err := n.CreateJoinToken(t.Context(), elastic, 0); !errors.Is(err, ErrOutcomeUnknown) || created != (JoinToken{}) {
		t.Errorf("%+v, %v", created, err)
	}
}

func TestAProposalWhoseOutcomeIsForgottenBeforeItIsReadIsUnknown(t *testing.T) {
	n := oneNode(t)
	n.leader.beforeApply = n.world.forget
	if _, err := n.tryCreate("elastic", "fleet-server", "token1"); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	n.leader.expectTrips(1, 0)
}
