package security

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"jeton/fsm"
)

func (n *node) purgeStep() (more bool) {
	n.world.t.Helper()
	more, err := n.Purge(n.world.t.Context())
	if err != nil {
		n.world.t.Fatal(err)
	}
	return more
}

// oauthToken adds a record whose life ends so long from now.
func (n *node) oauthToken(id string, life time.Duration) {
	n.world.t.Helper()
	until := n.world.now.Add(life).UnixMilli()
	n.propose(&fsm.CreateOAuthToken{Token: fsm.OAuthToken{
		ID: id, Access: "access", Refresh: "refresh", Created: n.world.now.UnixMilli(), Expires: until, Until: until,
		Owner: fsm.Owner{Username: "joe", Realm: "default_native"},
	}})
}

// refresh adds a succession of now.
func (n *node) refresh(id, newID string) {
	n.world.t.Helper()
	n.propose(&fsm.RefreshOAuthToken{
		ID: id, Refresh: "refresh", Now: n.world.now.UnixMilli(), Sealed: "sealed",
		New: fsm.OAuthToken{ID: newID, Access: "access", Refresh: "refresh", Until: n.world.now.Add(24 * time.Hour).UnixMilli()},
	})
}

func count[T any](records func(func(T) bool)) int {
	n := 0
	for range records {
		n++
	}
	return n
}

func TestNothingIsPurgedBeforeItsTimeIsOver(t *testing.T) {
	n := oneNode(t)
	n.oauthToken("a", time.Hour)
	n.refresh("a", "b")
	if _, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "short", TokenOptions{Expiration: time.Minute}); err != nil {
		t.Fatal(err)
	}
	n.create("for-ever")
	n.leader.expectTrips(4, 0)

	n.world.now = n.world.now.Add(refreshWindow + successionMargin)
	if n.purgeStep() {
		t.Error("there is more to purge")
	}
	n.leader.expectTrips(0, 0)

	n.world.now = n.world.now.Add(time.Millisecond)
	n.purgeStep()
	n.leader.expectTrips(1, 0)
	if _, there := n.state.Current().Succession("a"); there {
		t.Error("the succession is still there")
	}
	if count(n.state.Current().OAuthTokens()) != 2 || count(n.state.Current().ServiceTokens(fleet)) != 2 {
		t.Error("a token is gone before its time")
	}
}

func TestOAuthTokensArePurgedWhenTheirLifeIsOver(t *testing.T) {
	n := oneNode(t)
	n.oauthToken("a", time.Hour)
	n.oauthToken("b", 2*time.Hour)
	n.world.now = n.world.now.Add(time.Hour)
	n.purgeStep()
	state := n.state.Current()
	if _, there := state.OAuthToken("a"); there {
		t.Error("a token whose life is over is still there")
	}
	if _, there := state.OAuthToken("b"); !there {
		t.Error("a token is gone before its time")
	}
}

func TestAnExpiredServiceTokenIsListedForAWeek(t *testing.T) {
	n := oneNode(t)
	if _, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "short", TokenOptions{Expiration: time.Minute}); err != nil {
		t.Fatal(err)
	}
	n.create("for-ever")
	n.world.now = n.world.now.Add(time.Minute + 7*24*time.Hour)
	n.purgeStep()
	if _, there := n.credentials(fleet)["short"]; !there {
		t.Error("the token is gone within the week")
	}
	n.world.now = n.world.now.Add(time.Millisecond)
	n.purgeStep()
	listed := n.credentials(fleet)
	_, short := listed["short"]
	if _, forever := listed["for-ever"]; short || !forever {
		t.Errorf("listed are %v", listed)
	}
}

func TestAPurgeGoesInBoundedSteps(t *testing.T) {
	n := oneNode(t)
	for i := range maxPurged + 10 {
		n.oauthToken(fmt.Sprintf("%04d", i), time.Hour)
	}
	for i := range maxPurged {
		n.refresh(fmt.Sprintf("%04d", i), fmt.Sprintf("new%04d", i))
	}
	n.world.now = n.world.now.Add(time.Hour)
	size := func() int { return count(n.state.Current().OAuthTokens()) + count(n.state.Current().Successions()) }
	left := size()
	for n.purgeStep() {
		if gone := left - size(); gone != maxPurged {
			t.Fatalf("%d records are gone in one step", gone)
		}
		left = size()
	}
	if size() != maxPurged {
		t.Errorf("%d records are left, want the %d tokens that are good", size(), maxPurged)
	}
}

func TestAPurgeThatFailsIsTriedAgain(t *testing.T) {
	n := oneNode(t)
	n.oauthToken("a", 0)
	n.leader.failure = ErrNoLeader
	if more, err := n.Purge(t.Context()); more || !errors.Is(err, ErrNoLeader) {
		t.Errorf("more %v, %v", more, err)
	}
	n.leader.failure = nil
	n.purgeStep()
	if count(n.state.Current().OAuthTokens()) != 0 {
		t.Error("the token is still there")
	}
}
