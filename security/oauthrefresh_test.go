package security

import (
	"errors"
	"sync"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/token"
)

func refused(description string) *GrantError { return &GrantError{"invalid_grant", description} }

// The words for each refresh token that gives nothing.
func TestEveryRefusedRefreshIsRefusedInItsWords(t *testing.T) {
	for _, c := range []struct {
		name string
		// story is what happened to the token; it returns what is presented.
		story func(n *node, client Identity, refresh string) string
		want  string
	}{
		{"unknown", func(n *node, _ Identity, _ string) string { return token.NewPair(n.world.now).Refresh.Reveal() },
			"could not refresh the requested token"},
		{"undecodable", func(*node, Identity, string) string { return "garbage" },
			"could not refresh the requested token"},
		{"another secret", func(n *node, _ Identity, refresh string) string { return withAnotherSecret(n.world.t, refresh) },
			"could not refresh the requested token"},
		{"an access token", func(n *node, client Identity, _ string) string {
			return n.grant(client, passwordGrant(owner)).AccessToken
		},
			"could not refresh the requested token"},
		{"24 hours old", func(n *node, _ Identity, refresh string) string {
			n.world.later(24 * time.Hour)
			return refresh
		}, "token document has expired"},
		{"24 hours old and purged", func(n *node, _ Identity, refresh string) string {
			n.world.later(24 * time.Hour)
			n.purge(refresh)
			return refresh
		}, "token document has expired"},
		{"invalidated", func(n *node, _ Identity, refresh string) string {
			n.expectInvalidated(thatRefresh(refresh), Invalidated{Now: 1})
			return refresh
		}, "token has been invalidated"},
		{"refreshed 30 s and more ago", func(n *node, client Identity, refresh string) string {
			n.grant(client, refreshGrant(refresh))
			n.world.later(30*time.Second + time.Millisecond)
			return refresh
		}, "token has already been refreshed more than 30 seconds in the past"},
		{"refreshed in the future", func(n *node, client Identity, refresh string) string {
			n.grant(client, refreshGrant(refresh))
			n.world.later(-30*time.Second - time.Millisecond)
			return refresh
		}, "token has been refreshed more than 30 seconds in the future, clock skew too great"},
		{"refreshed, and the pair purged", func(n *node, client Identity, refresh string) string {
			n.grant(client, refreshGrant(refresh))
			n.propose(&fsm.PurgeExpired{Successions: []string{idOf(n.world.t, refresh)}, SuccessionsBefore: n.world.now.Add(time.Minute).UnixMilli()})
			return refresh
		}, "token has already been refreshed more than 30 seconds in the past"},
		{"the owner deleted", func(n *node, _ Identity, refresh string) string {
			n.propose(&fsm.DeleteUser{Name: owner})
			return refresh
		}, "could not refresh the requested token"},
		{"the owner disabled", func(n *node, _ Identity, refresh string) string {
			n.propose(&fsm.SetUserEnabled{Name: owner})
			return refresh
		}, "could not refresh the requested token"},
		{"the owner disabled within the window", func(n *node, client Identity, refresh string) string {
			n.grant(client, refreshGrant(refresh))
			n.propose(&fsm.SetUserEnabled{Name: owner})
			return refresh
		}, "could not refresh the requested token"},
		{"the owner made anew", func(n *node, _ Identity, refresh string) string {
			n.propose(&fsm.DeleteUser{Name: owner})
			n.put(&fsm.PutUser{User: fsm.User{Name: owner, ID: "another", Password: "a hash"}})
			return refresh
		}, "could not refresh the requested token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			client := n.native(asker)
			refresh := n.grant(client, passwordGrant(owner)).RefreshToken
			expectNoGrant(n, client, refreshGrant(c.story(n, client, refresh)), refused(c.want))
		})
	}
}

func TestARefreshTokenLives24HoursToTheMillisecond(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	first := n.grant(client, passwordGrant(owner))
	n.world.later(24*time.Hour - time.Millisecond)
	second := n.grant(client, refreshGrant(first.RefreshToken))
	n.world.later(24*time.Hour - time.Millisecond) // a life of its own
	n.grant(client, refreshGrant(second.RefreshToken))
}

func TestWithinTheWindowTheSameNewPairComesBack(t *testing.T) {
	nodes := tokenNodes(t, 3)
	first := nodes[0].grant(nodes[0].native(asker), passwordGrant(owner))
	second := nodes[0].grant(nodes[0].native(asker), refreshGrant(first.RefreshToken))
	for i, ago := range []time.Duration{0, time.Second, refreshWindow, -refreshWindow} { // the clocks of nodes differ
		n := nodes[i%len(nodes)]
		client := n.native(asker)
		n.world.later(ago)
		again := n.grant(client, refreshGrant(first.RefreshToken))
		if again.AccessToken != second.AccessToken || again.RefreshToken != second.RefreshToken || again.ExpiresIn != accessLife {
			t.Errorf("%v after the refresh: another pair", ago)
		}
		n.world.later(-ago)
	}
	nodes[0].catchUpNow()
	nodes[0].expectTokens(owner, 2)
}

// Each node's Service is its own, and so is its state: what holds them together
// is the log.
func TestTwoHundredRefreshesAtThreeNodesMakeOnePair(t *testing.T) {
	nodes := tokenNodes(t, 3)
	first := nodes[0].grant(nodes[0].native(asker), passwordGrant(owner))
	var clients []Identity
	for _, n := range nodes {
		clients = append(clients, n.native(asker))
	}
	const callers = 200
	pairs, errs := make([]IssuedToken, callers), make([]error, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			n := i % len(nodes)
			pairs[i], errs[i] = nodes[n].CreateToken(t.Context(), clients[n], refreshGrant(first.RefreshToken))
		})
	}
	close(start)
	all.Wait()
	for i := range callers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if pairs[i].AccessToken != pairs[0].AccessToken || pairs[i].RefreshToken != pairs[0].RefreshToken {
			t.Fatal("two new pairs")
		}
	}
	nodes[0].world.keep(pairs[0])
	for _, n := range nodes {
		n.expectAccepted(accessOf(pairs[0]))
		n.catchUpNow()
		n.expectTokens(owner, 2)
	}
}

func TestARefreshDoesNotEndTheOldAccessToken(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	first := n.grant(client, passwordGrant(owner))
	n.world.later(time.Minute)
	second := n.grant(client, refreshGrant(first.RefreshToken))
	n.expectAccepted(accessOf(first))
	n.world.later(accessLife - time.Minute)
	n.expectRefused(accessOf(first), expired)
	n.expectAccepted(accessOf(second))
}

func TestARefreshTellsWhoTheOwnerIsNow(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	first := n.grant(client, passwordGrant(owner))
	n.put(&fsm.PutUser{User: fsm.User{Name: owner, Roles: []string{"tokens"}}})
	who := n.grant(client, refreshGrant(first.RefreshToken)).Authentication
	if who.Username != owner || who.Type != TypeToken || len(who.Roles) != 1 || who.Roles[0] != "tokens" {
		t.Errorf("%+v", who)
	}
}

func TestOnlyTheClientThatAskedRefreshes(t *testing.T) {
	n := tokenNode(t)
	client, elastic := n.native(asker), n.expectAccepted(basic(ReservedUser, password))
	refresh := n.grant(client, passwordGrant(owner)).RefreshToken
	n.fileUser("filer", "secret of filer", "tokens")
	filer := n.expectAccepted(basic("filer", "secret of filer"))
	for _, other := range []Identity{elastic, filer, {Username: asker, Realm: realmFile, privileges: client.privileges}} {
		expectNoGrant(n, other, refreshGrant(refresh), refused("tokens must be refreshed by the creating client"))
	}
	n.grant(client, refreshGrant(refresh))
	expectNoGrant(n, elastic, refreshGrant(refresh), refused("tokens must be refreshed by the creating client"))
}

func TestWhoRunsAsTheClientIsTheClient(t *testing.T) {
	n := tokenNode(t)
	direct, runner := n.native(asker), n.runningAs(asker)
	n.grant(direct, refreshGrant(n.grant(runner, passwordGrant(owner)).RefreshToken))
	n.grant(runner, refreshGrant(n.grant(direct, passwordGrant(owner)).RefreshToken))
}

// A node that is behind must not refuse what was given a moment ago elsewhere,
// nor refresh for an owner who is gone.
func TestARefreshIsDecidedByWhatIsKnownAnywhere(t *testing.T) {
	nodes := tokenNodes(t, 2)
	client := nodes[1].native(asker)
	first := nodes[0].grant(nodes[0].native(asker), passwordGrant(owner))
	nodes[1].grant(client, refreshGrant(first.RefreshToken))
	nodes[1].leader.expectTrips(1, 1)

	second := nodes[0].grant(nodes[0].native(asker), passwordGrant(owner))
	nodes[0].propose(&fsm.DeleteUser{Name: owner})
	expectNoGrant(nodes[1], client, refreshGrant(second.RefreshToken), refused("could not refresh the requested token"))
	nodes[1].leader.expectTrips(0, 1)
}

func TestARefreshWhoseAnswerIsLostIsRepeatedWithinTheWindow(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	first := n.grant(client, passwordGrant(owner))
	n.leader.answersGetLost = true
	if _, err := n.CreateToken(t.Context(), client, refreshGrant(first.RefreshToken)); !errors.Is(err, ErrOutcomeUnknown) {
		t.Fatalf("%v", err)
	}
	n.leader.answersGetLost = false
	n.expectAccepted(accessOf(n.grant(client, refreshGrant(first.RefreshToken))))
	n.expectTokens(owner, 2)
}
