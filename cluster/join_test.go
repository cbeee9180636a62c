package cluster

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestAJoinThroughAFollowerIsPassedOn(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	follower := tm.follower()
	newcomer := tm.join(follower)
	tm.waitVoters(4)
	newcomer.commit(command{ID: "from the new one"})
	signed := false
	for _, m := range tm.members {
		signs := m.registry.signs.Load() > 0
		signed = signed || signs
		if signs && m.reign.Load() == nil {
			t.Error(m.self.Name, "has signed, and never led")
		}
	}
	if !signed {
		t.Error("nobody has signed")
	}
	if n := len(newcomer.addresses(tm.leader().self.ID)); n != 1 {
		t.Errorf("the newcomer has %d addresses of the leader", n)
	}
}

// A join may be cut off after each of its steps. In each case the same node
// comes in with the same token.
func TestAJoinThatWasCutOffCanBeRepeated(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	ask := func(node Node, token JoinToken) error {
		_, csr := newCSR(t)
		_, err := RequestJoin(within(t, patience), token, node, 1, csr)
		return err
	}
	for about, cutOff := range map[string]func(m *member, token JoinToken){
		"before anything happened": func(*member, JoinToken) {},
		"after the token was spent": func(m *member, token JoinToken) {
			tm.leader().commit(command{ID: NewID(), Op: opAdmit, Node: m.self, Token: token.ID})
		},
		"before the answer arrived": func(m *member, token JoinToken) {
			if err := ask(m.self, token); err != nil {
				t.Error(err)
			}
		},
		"before the answer was kept, twice": func(m *member, token JoinToken) {
			for range 2 {
				if err := ask(m.self, token); err != nil {
					t.Error(err)
				}
			}
		},
	} {
		t.Run(about, func(t *testing.T) {
			m := tm.newMember(about)
			token := tm.newToken(tm.leader(), tm.follower())
			cutOff(m, token)
			m.requestJoin(token)
			m.listenAndOpen(false)
			m.catchUp()
			tm.waitVoters(len(tm.members))
			wantRefusal(t, ask(Node{ID: NewID(), Name: "another"}, token), "was used")
		})
	}
}

func TestAMemberThatNeverCameDoesNotCount(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	only := tm.leader()
	never := tm.newMember("never")
	never.requestJoin(tm.newToken(only))
	only.commit(command{ID: "one voter of one"})
	if err := only.CatchUp(within(t, patience)); err != nil {
		t.Error(err)
	}
	if err := only.Remove(within(t, patience), never.self.ID); err != nil {
		t.Error(err)
	}
}

func TestAJoinIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	gone := tm.follower()
	if err := tm.leader().Remove(within(t, patience), gone.self.ID); err != nil {
		t.Fatal(err)
	}
	gone.stop()
	member := tm.leader()
	_, csr := newCSR(t)
	wrong := tm.newToken(member)
	wrong.Secret = "guessed"
	for about, c := range map[string]struct {
		token JoinToken
		node  Node
		csr   []byte
		says  string
	}{
		"a wrong secret":         {wrong, Node{ID: NewID(), Name: "new"}, csr, "unknown join token"},
		"a removed node's id":    {tm.newToken(member), gone.self, csr, "was removed"},
		"no certificate request": {tm.newToken(member), Node{ID: NewID(), Name: "new"}, []byte("hello"), "certificate request"},
	} {
		_, err := RequestJoin(within(t, patience), c.token, c.node, 1, c.csr)
		if err == nil {
			t.Errorf("%s: joined", about)
			continue
		}
		wantRefusal(t, err, c.says)
	}
	if n := len(member.Members()); n != 1 {
		t.Errorf("%d members", n)
	}
}

func TestWithoutALeaderAJoinMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2, func(timing *Timing) { timing.Attempt = 300 * time.Millisecond })
	left := tm.follower()
	tm.leader().stop()
	tm.eventually("the survivor to notice", func() bool { return left.leaderID() == "" })
	_, csr := newCSR(t)
	_, err := RequestJoin(within(t, patience), tm.newToken(left), Node{ID: NewID(), Name: "new"}, 1, csr)
	if !errors.Is(err, ErrNoLeader) || definite(err) {
		t.Errorf("%v, want %v", err, ErrNoLeader)
	}
}

func TestOnlySoManyNewcomersAreDealtWithAtOneTime(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	only := tm.leader()
	leave, err := only.enterMembership(t.Context()) // all of them wait here
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	results := make(chan error, maxJoins+1)
	for i := range maxJoins + 1 {
		wg.Go(func() {
			_, csr := newCSR(t)
			token := JoinToken{CA: tm.fingerprint(), Addresses: []string{only.self.TransportAddress}, ID: fmt.Sprint("crowd", i)}
			token.Secret = secretOf(token.ID)
			_, err := RequestJoin(within(t, patience), token, Node{ID: NewID(), Name: fmt.Sprint("n", i)}, 1, csr)
			results <- err
		})
	}
	if err := <-results; !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v, want %v for one too many", err, ErrOverloaded)
	}
	leave()
	wg.Wait()
	for range maxJoins {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
