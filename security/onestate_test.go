package security

import (
	"testing"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/userfile"
)

// What a caller gets must be right in one state: who has lost a credential, and
// was given something after it, must not have both.

// lapses are credentials of somebody who may nothing, with what ends each.
var lapses = []struct {
	name         string
	authenticate func(*node) Identity
	end          fsm.Command
}{
	{
		"a password that is changed",
		func(n *node) Identity { return n.native(owner) },
		&fsm.SetPassword{Name: owner, Password: "another"},
	},
	{
		"an access token that is invalidated",
		func(n *node) Identity {
			return n.expectAccepted(accessOf(n.grant(n.native(asker), passwordGrant(owner))))
		},
		&fsm.InvalidateOAuthTokens{Username: owner, By: "somebody"},
	},
	{
		"a service token that is deleted",
		func(n *node) Identity {
			n.put(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"viewers"}}})
			record := kibanaToken(n, "id 1")
			record.Account = "apps/worker"
			n.put(&fsm.CreateServiceToken{Token: record, UserManaged: true, Roles: []string{"viewers"}})
			return n.expectAccepted(bearer("apps/worker", "token1", "the first secret"))
		},
		&fsm.DeleteServiceToken{Account: "apps/worker", Name: "token1"},
	},
	{
		"the right of who runs as the user",
		func(n *node) Identity { return n.runningAs(owner) },
		&fsm.PutRole{Role: fsm.Role{Name: "runners", Descriptor: []byte(`{}`)}},
	},
}

func TestWhatIsGrantedAfterACredentialHasEndedIsNotItsHolders(t *testing.T) {
	all := []byte(`{"cluster":["all"],"run_as":["*"]}`)
	for _, c := range lapses {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			who := c.authenticate(n)
			n.put(c.end)
			n.put(&fsm.PutRole{Role: fsm.Role{Name: "viewers", Descriptor: all}})

			expectDenied(t, second(n.Users(t.Context(), who, nil)), account.ActionGetUser)
			answer, err := n.HasPrivileges(t.Context(), who, "", account.PrivilegesRequest{Cluster: []string{"monitor"}})
			if err != nil || answer.HasAll {
				t.Errorf("has privileges: %+v, %v", answer, err)
			}
			if other, err := n.runAs(t.Context(), who, asker); err != nil || other.deniedRunAs != asker {
				t.Errorf("runs as [%s], %v", other.Username, err)
			}
		})
	}
}

func TestWhatIsGrantedWhileACredentialIsGoodIsItsHolders(t *testing.T) {
	for _, c := range lapses {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			who := c.authenticate(n)
			n.put(&fsm.PutRole{Role: fsm.Role{Name: "viewers", Descriptor: []byte(`{"cluster":["read_security"]}`)}})
			if _, err := n.Users(t.Context(), who, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A file has no state of the cluster, but an end too.
func TestWhatIsGrantedAfterAFileUserIsGoneIsNotTheirs(t *testing.T) {
	n := oneNode(t)
	n.fileUser("carol", "the password of carol's", "later")
	carol := n.expectAccepted(basic("carol", "the password of carol's"))
	n.fileUserIsGone("carol")
	n.putRole("later", `{"cluster":["all"]}`)
	expectDenied(t, second(n.Users(t.Context(), carol, nil)), account.ActionGetUser)
}

func TestNobodyRunsAsAnotherThroughAThird(t *testing.T) {
	n := tokenNode(t)
	n.put(&fsm.PutRole{Role: fsm.Role{Name: "viewers", Descriptor: []byte(`{"run_as":["*"]}`)}})
	n.put(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"viewers"}}})
	record := kibanaToken(n, "id 1")
	record.Account = "apps/worker"
	n.put(&fsm.CreateServiceToken{Token: record, UserManaged: true, Roles: []string{"viewers"}})
	n.role("runners", "manage_token")
	both := n.runningAs(owner)
	n.put(&fsm.PutRole{Role: fsm.Role{Name: "runners", Descriptor: []byte(`{"run_as":["*"],"cluster":["manage_token"]}`)}})
	n.put(&fsm.PutRole{Role: fsm.Role{Name: "viewers", Descriptor: []byte(`{"run_as":["*"],"cluster":["manage_token"]}`)}})

	for name, header := range map[string]string{
		"a service account of one's own":     bearer("apps/worker", "token1", "the first secret"),
		"an access token of who runs as one": accessOf(n.grant(both, clientCredentials())),
	} {
		who, err := n.Authenticate(t.Context(), header, asker)
		if err != nil || who.deniedRunAs != asker {
			t.Errorf("%s runs as [%s], %v", name, who.Username, err)
		}
	}
}

func TestATokenOfWhoRanAsItsOwnerEndsWithThatRight(t *testing.T) {
	for name, end := range map[string]fsm.Command{
		"who ran is deleted":           &fsm.DeleteUser{Name: "runner"},
		"who ran is disabled":          &fsm.SetUserEnabled{Name: "runner"},
		"who ran may not run any more": &fsm.DeleteRole{Name: "runners"},
	} {
		t.Run(name, func(t *testing.T) {
			n := tokenNode(t)
			access := accessOf(n.grant(n.runningAs(asker), clientCredentials()))
			access = accessOf(n.grant(n.expectAccepted(access), clientCredentials())) // and of one of another's
			n.expectAccepted(access)
			n.put(end)
			n.expectRefused(access, expired)
		})
	}
}

func TestATokenThatMayNotRunAsAnotherDoesNotEvenDeleteItself(t *testing.T) {
	n := oneNode(t)
	header := presented(n.create("token1"))
	who, err := n.Authenticate(t.Context(), header, "bob")
	if err != nil {
		t.Fatal(err)
	}
	expectDenied(t, second(n.DeleteServiceToken(t.Context(), who, "elastic", "fleet-server", "token1")), account.ActionDeleteServiceToken)
	n.expectAccepted(header)
}

func (n *node) fileUserIsGone(name string) {
	n.world.t.Helper()
	if _, err := userfile.Delete(n.dir, name); err != nil {
		n.world.t.Fatal(err)
	}
	n.within5s(func() bool {
		_, ok := n.fileUsers.Current().Lookup(name)
		return !ok
	})
}
