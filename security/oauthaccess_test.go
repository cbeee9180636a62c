package security

import (
	"encoding/base64"
	"reflect"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/token"
)

// withAnotherSecret changes a token's text where its secret is.
func withAnotherSecret(t testing.TB, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	return base64.StdEncoding.EncodeToString(raw)
}

func TestWhatIsNoAccessTokenIsRefused(t *testing.T) {
	n := tokenNode(t)
	i := n.grant(n.native(asker), passwordGrant(owner))
	n.leader.expectTrips(1, 0)
	for _, c := range []struct {
		name, value string
		rounds      int
	}{
		{"garbage", "garbage", 0},
		{"a refresh token", i.RefreshToken, 0},
		{"a token that nobody made", token.NewPair(n.world.now).Access.Reveal(), 1},
		{"a token with another secret", withAnotherSecret(t, i.AccessToken), 1},
	} {
		n.expectRefused("Bearer "+c.value, &AuthenticationError{Kind: BadBearer})
		n.leader.expectTrips(0, c.rounds)
	}
}

func TestAnUnknownAccessTokenCannotBeDecidedWithoutALeader(t *testing.T) {
	nodes := tokenNodes(t, 2)
	access := accessOf(nodes[0].grant(nodes[0].native(asker), passwordGrant(owner)))
	nodes[1].leader.failure = ErrNoLeader
	nodes[1].expectUndecided(access, ErrNoLeader)
	nodes[0].leader.failure = ErrNoLeader
	nodes[0].expectAccepted(access)
}

func TestAnAccessTokenExpiresAtItsTimeWhetherPurgedOrNot(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	i := n.grant(client, clientCredentials())
	n.world.later(accessLife - time.Millisecond)
	n.expectAccepted(accessOf(i))
	n.world.later(time.Millisecond)
	n.leader.expectTrips(1, 0)
	n.expectRefused(accessOf(i), expired)
	n.leader.expectTrips(0, 0) // nothing can make it good again

	n.purge(i.AccessToken)
	n.expectRefused(accessOf(i), expired)
}

// purge drops the record of a token whose time is over.
func (n *node) purge(text string) {
	n.world.t.Helper()
	id := idOf(n.world.t, text)
	n.propose(&fsm.PurgeExpired{Now: n.world.now.UnixMilli(), OAuthTokens: []string{id}})
	if _, there := n.state.Current().OAuthToken(id); there {
		n.world.t.Fatal("it has not been purged")
	}
}

func idOf(t testing.TB, text string) string {
	t.Helper()
	parsed, ok := token.ParseOAuth(token.SecretFrom(text))
	if !ok {
		t.Fatal("no OAuth token")
	}
	return parsed.ID
}

func TestAnInvalidatedTokenIsRefusedAtOnce(t *testing.T) {
	n := tokenNode(t)
	i := n.grant(n.native(asker), passwordGrant(owner))
	n.expectInvalidated(thatAccess(i.AccessToken), Invalidated{Now: 1})
	n.leader.expectTrips(2, 1)
	n.expectRefused(accessOf(i), expired)
	n.leader.expectTrips(0, 0)
}

// A token is good for as long as its owner is who it was.
func TestATokenEndsWithItsOwner(t *testing.T) {
	native := func(n *node) Identity { return n.native(asker) }
	indexToken := func(n *node) Identity {
		n.propose(&fsm.CreateServiceToken{Token: kibanaToken(n, "id 1")})
		return n.expectAccepted(bearer("elastic/kibana", "token1", "the first secret"))
	}
	ownAccount := func(n *node) Identity {
		n.put(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"tokens"}}})
		record := kibanaToken(n, "id 1")
		record.Account = "apps/worker"
		n.propose(&fsm.CreateServiceToken{Token: record, UserManaged: true, Roles: []string{"tokens"}})
		return n.expectAccepted(bearer("apps/worker", "token1", "the first secret"))
	}
	for _, c := range []struct {
		name   string
		owner  func(*node) Identity
		change func(*node)
		good   bool
	}{
		{"a user is deleted", native, func(n *node) { n.propose(&fsm.DeleteUser{Name: asker}) }, false},
		{"a user is disabled", native, func(n *node) { n.propose(&fsm.SetUserEnabled{Name: asker}) }, false},
		{"a user is disabled and enabled", native, func(n *node) {
			n.propose(&fsm.SetUserEnabled{Name: asker})
			n.propose(&fsm.SetUserEnabled{Name: asker, Enabled: true})
		}, true},
		{"a user is made anew", native, func(n *node) {
			n.propose(&fsm.DeleteUser{Name: asker})
			n.put(&fsm.PutUser{User: fsm.User{Name: asker, ID: "another", Password: "a hash", Roles: []string{"tokens"}}})
		}, false},
		{"a user is changed", native, func(n *node) {
			n.put(&fsm.PutUser{User: fsm.User{Name: asker, ID: "another", Roles: []string{"viewers"}}})
		}, true},
		{"a user's password is changed", native, func(n *node) {
			n.propose(&fsm.SetPassword{Name: asker, Password: fsm.Sensitive(hashed(n.world, "a new password").Text())})
		}, true},

		{"a service token is deleted", indexToken, func(n *node) {
			n.propose(&fsm.DeleteServiceToken{Account: "elastic/kibana", Name: "token1"})
		}, false},
		{"a service token is made anew", indexToken, func(n *node) {
			n.propose(&fsm.DeleteServiceToken{Account: "elastic/kibana", Name: "token1"})
			n.propose(&fsm.CreateServiceToken{Token: kibanaToken(n, "id 2")})
		}, false},
		{"a service token is rotated", indexToken, func(n *node) {
			n.propose(&fsm.RotateServiceToken{Account: "elastic/kibana", Name: "token1", ID: "id 1", Hash: "another"})
		}, true},
		{"a service token expires", indexToken, func(n *node) { n.world.later(15 * time.Minute) }, false},
		{"a service token has not expired", indexToken, func(n *node) { n.world.later(14 * time.Minute) }, true},

		{"an own account is deleted", ownAccount, func(n *node) {
			n.propose(&fsm.DeleteServiceAccount{Name: "apps/worker", Force: true})
		}, false},
		{"an own account is disabled", ownAccount, func(n *node) {
			n.put(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Disabled: true}})
		}, false},
		{"nothing happens to an own account", ownAccount, func(*node) {}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			access := accessOf(n.grant(c.owner(n), clientCredentials()))
			n.expectAccepted(access)
			c.change(n)
			if c.good {
				n.expectAccepted(access)
			} else {
				n.expectRefused(access, expired)
			}
		})
	}
}

// kibanaToken expires after 15 minutes.
func kibanaToken(n *node, id string) fsm.ServiceToken {
	return fsm.ServiceToken{
		Account: "elastic/kibana",
		Name:    "token1",
		ID:      id,
		Hash:    fsm.Sensitive(token.HashFast(n.world.secret("the first secret")).Text()),
		Expires: n.world.now.Add(15 * time.Minute).UnixMilli(),
	}
}

func TestATokensOwnerMayWhatItMayNow(t *testing.T) {
	nodes := tokenNodes(t, 2)
	n, other := nodes[0], nodes[1]
	access := accessOf(n.grant(n.native(asker), clientCredentials()))
	who := other.expectAccepted(access)

	n.put(&fsm.PutUser{User: fsm.User{Name: asker, ID: "another", Roles: []string{"superuser"}}})
	if got := n.expectAccepted(access); !reflect.DeepEqual(got.Roles, []string{"superuser"}) {
		t.Errorf("roles %v", got.Roles)
	}
	// The other node has not heard of it, and looks before it refuses.
	if err := other.authorize(t.Context(), who, "cluster:admin/xpack/security/user/put"); err != nil {
		t.Error(err)
	}
	n.put(&fsm.PutUser{User: fsm.User{Name: asker, ID: "another", Roles: []string{"viewers"}}})
	expectNoMore(n, access)
}

func expectNoMore(n *node, access string) {
	n.world.t.Helper()
	if who := n.expectAccepted(access); who.may("cluster:admin/xpack/security/token/create") {
		n.world.t.Error("it still may")
	}
}

// The file is one node's own, but its user's token is good at every node, with
// the roles that the user had then.
func TestAFileUsersTokenIsGoodAtEveryNode(t *testing.T) {
	nodes := tokenNodes(t, 2)
	nodes[0].fileUser("filer", "secret of filer", "tokens")
	i := nodes[0].grant(nodes[0].native(asker), passwordGrant("filer"))
	for _, n := range nodes {
		who := n.expectAccepted(accessOf(i))
		if who.Username != "filer" || who.Realm != realmFile || !reflect.DeepEqual(who.Roles, []string{"tokens"}) || !who.may("cluster:admin/xpack/security/token/create") {
			t.Errorf("%+v", who)
		}
	}
	next := nodes[1].grant(nodes[1].native(asker), refreshGrant(i.RefreshToken))
	nodes[0].expectAccepted(accessOf(next))
	nodes[1].expectInvalidated(Invalidation{Username: "filer", Realm: "default_file"}, Invalidated{Now: 3})

	filer := nodes[1].expectAccepted(accessOf(nodes[0].grant(nodes[0].native(asker), passwordGrant("filer"))))
	nodes[0].expectAccepted(accessOf(nodes[1].grant(filer, clientCredentials())))
}

func TestTheReservedUserHasTokensToo(t *testing.T) {
	n := tokenNode(t)
	elastic := n.expectAccepted(basic(ReservedUser, password))
	who := n.expectAccepted(accessOf(n.grant(elastic, clientCredentials())))
	if who.Realm != realmReserved || !reflect.DeepEqual(who.Roles, elastic.Roles) || who.Type != TypeToken {
		t.Errorf("%+v", who)
	}
}

// runningAs is a user who may run as another one, and does.
func (n *node) runningAs(name string) Identity {
	n.world.t.Helper()
	n.propose(&fsm.PutRole{Role: fsm.Role{Name: "runners", Descriptor: []byte(`{"run_as":["` + name + `"]}`)}})
	n.user("runner", "runners")
	who, err := n.Authenticate(n.world.t.Context(), basic("runner", "secret of runner"), name)
	if err != nil || who.Username != name {
		n.world.t.Fatalf("runs as [%s], %v", who.Username, err)
	}
	return who
}

func TestATokenKeepsWhoRanAsItsOwner(t *testing.T) {
	n := tokenNode(t)
	runner := n.runningAs(asker)
	who := n.expectAccepted(accessOf(n.grant(runner, clientCredentials())))
	if who.Username != asker || !reflect.DeepEqual(who.RunBy, &Authenticated{"runner", realmNative}) {
		t.Errorf("%+v", who)
	}
	n.expectInvalidated(Invalidation{Username: "runner"}, Invalidated{})
	n.expectInvalidated(Invalidation{Username: asker, Realm: "default_native"}, Invalidated{Now: 1})
}
