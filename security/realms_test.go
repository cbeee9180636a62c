package security

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"jeton/security/account"
)

func (n *node) expectRealm(name, password string, want Realm) {
	n.world.t.Helper()
	if who := n.expectAccepted(basic(name, password)); who.Realm != want || who.Username != name {
		n.world.t.Errorf("%s is of the realm %v, want %v", name, who.Realm, want)
	}
}

func TestTheFileIsAskedBeforeTheState(t *testing.T) {
	n := oneNode(t)
	n.user("bob", "watcher")
	n.fileUser("bob", "the password in the file", "superuser")
	n.leader.failure = ErrNoLeader // nobody is needed for either
	n.expectRealm("bob", "the password in the file", realmFile)
	n.expectRealm("bob", "secret of bob", realmNative)
	n.leader.failure = nil

	n.changePassword(elastic, "bob", "the password in the file")
	n.expectRealm("bob", "the password in the file", realmFile)
	n.expectRefused(basic("bob", "wrong"), badUser("bob"))
}

func TestAReservedNameInAFileCountsForNothing(t *testing.T) {
	n := oneNode(t)
	line := ReservedUser + ":" + hashed(n.world, "the password in the file").Text() + "\n"
	if err := os.WriteFile(filepath.Join(n.dir, "users"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	n.fileUser("carol", "the password of carol's")
	n.expectRefused(basic(ReservedUser, "the password in the file"), badUser(ReservedUser))
	n.expectRealm(ReservedUser, password, realmReserved)
	n.expectRealm("carol", "the password of carol's", realmFile)
}

func TestARoleOfTheFileGoesBeforeTheStates(t *testing.T) {
	here, there, _ := threeNodes(t)
	bob := here.user("bob", "watcher", "superuser")
	if !bob.may(account.ActionHealth) {
		t.Fatal("bob may not")
	}
	there.catchUpNow()
	there.writeRoles("watcher", "watcher:\n  cluster: [ manage_token ]\nsuperuser:\n  cluster: [ none ]\n")
	who := there.expectAccepted(basic("bob", "secret of bob"))
	if who.privileges.HasCluster("monitor") != who.privileges.HasCluster("all") || !who.may(account.ActionCreateToken) {
		t.Error("a reserved role has changed")
	}
	who.Roles = []string{"watcher"}
	if who = there.withRoles(there.state.Current(), who); who.may(account.ActionHealth) || !who.may(account.ActionCreateToken) {
		t.Error("the role is not the file's")
	}
}

func TestAFileUserHasTheRolesOfTheState(t *testing.T) {
	here, there, _ := threeNodes(t)
	there.fileUser("carol", "the password of carol's", "later")
	carol := there.expectAccepted(basic("carol", "the password of carol's"))
	there.leader.expectTrips(0, 0)
	here.putRole("later", `{"cluster":["monitor"]}`)
	if _, err := there.Health(t.Context(), carol); err != nil {
		t.Errorf("%v", err)
	}
	here.expectRefused(basic("carol", "the password of carol's"), badUser("carol"))
}

// The file alone says who it is; what a role of the state grants is not the
// file's to say.
func TestWithoutALeaseAFileUserKeepsWhatTheFilesGrantAndNoMore(t *testing.T) {
	here, there, _ := threeNodes(t)
	there.writeRoles("local", "local:\n  cluster: [ manage_token ]\n")
	here.putRole("watcher", `{"cluster":["monitor"]}`)
	there.fileUser("carol", "the password of carol's", "local", "watcher")
	there.catchUpNow()
	login := basic("carol", "the password of carol's")
	if who := there.expectAccepted(login); !who.may(account.ActionHealth) || !who.may(account.ActionCreateToken) {
		t.Fatal("under a lease carol may not what her roles grant")
	}
	if found, err := here.DeleteRole(t.Context(), elastic, "watcher"); !found || err != nil {
		t.Fatal(found, err)
	}
	there.leader.withoutLease, there.leader.failure = true, ErrNoLeader
	ctx, report := WithReport(t.Context())
	who, err := there.Authenticate(ctx, login, "")
	if err != nil || report.Read() != ReadByFile {
		t.Fatalf("read by %q, %v", report.Read(), err)
	}
	if !who.may(account.ActionCreateToken) {
		t.Error("a role of the node's own file needs a leader")
	}
	if _, err := there.Health(t.Context(), who); !errors.Is(err, ErrNoLeader) {
		t.Errorf("a role that was deleted elsewhere: %v, want that this node cannot know", err)
	}
	there.leader.failure = nil
	expectDenied(t, second(there.Health(t.Context(), who)), account.ActionHealth)
}

// as authenticates somebody who wants to act as somebody else.
func (n *node) as(other, name, password string) Identity {
	n.world.t.Helper()
	who, err := n.Authenticate(n.world.t.Context(), basic(name, password), other)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return who
}

func TestWhoMayRunAsAnotherIsTheOther(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putRole("runner", `{"run_as":["bob","file-*","disabled"]}`)
	here.user("alice", "runner")
	here.user("bob", "watcher")
	there.fileUser("file-user", "the password in the file", "watcher")

	who := there.as("bob", "alice", "secret of alice")
	if who.Username != "bob" || who.Realm != realmNative || *who.RunBy != (Authenticated{"alice", realmNative}) || who.AuthenticationRealm() != realmNative {
		t.Errorf("%+v", who)
	}
	if _, err := there.Health(t.Context(), who); err != nil {
		t.Errorf("bob may not what bob may: %v", err)
	}
	if who = there.as("file-user", "alice", "secret of alice"); who.Realm != realmFile || who.AuthenticationRealm() != realmNative || !who.may(account.ActionHealth) {
		t.Errorf("%+v", who)
	}
	if who = there.as("alice", "alice", "secret of alice"); who.RunBy != nil || who.deniedRunAs != "" {
		t.Errorf("%+v", who)
	}
	if who = there.as("kibana", ReservedUser, password); who.deniedRunAs != "kibana" {
		t.Error("a reserved user without a record can be run as")
	}
	if who = there.as("bob", ReservedUser, password); who.Username != "bob" || who.may(account.ActionRemoveNode) {
		t.Errorf("elastic keeps what bob may not: %+v", who)
	}
}

func TestWhoMayNotRunAsAnotherMayNothing(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putRole("runner", `{"cluster":["all"],"run_as":["bob","unknown","disabled"]}`)
	here.user("alice", "runner")
	here.user("carol", "watcher")
	here.user("disabled")
	here.setEnabled("disabled", false)
	for _, other := range []string{"carol", "unknown", "disabled", ReservedUser, "bo*"} {
		who := there.as(other, "alice", "secret of alice")
		_, err := there.WhoAmI(t.Context(), who)
		e, ok := errors.AsType[*PermissionError](err)
		if !ok || e.RunAs != other || e.Caller.Username != "alice" || !slices.Equal(e.Caller.Roles, []string{"runner"}) {
			t.Errorf("[%s]: %v", other, err)
		}
		expectDenied(t, second(there.Users(t.Context(), who, nil)), account.ActionGetUser)
	}
	if _, err := there.Authenticate(t.Context(), basic("alice", "wrong"), "bob"); err == nil {
		t.Error("a wrong password runs as bob")
	}
}

func TestTheRightToRunAsAnotherIsFoundOutOnANodeThatLags(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.user("alice", "runner")
	there.catchUpNow()
	here.user("bob")
	here.putRole("runner", `{"run_as":["bob"]}`)
	if who := there.as("bob", "alice", "secret of alice"); who.Username != "bob" || who.deniedRunAs != "" {
		t.Errorf("%+v", who)
	}
	there.leader.failure = ErrNoLeader
	if _, err := there.Authenticate(t.Context(), basic("alice", "secret of alice"), "unknown"); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
}

// Many at once change and use the same users and roles of two nodes; the race
// detector looks on. In the end all agree.
func TestUsersAndRolesAreUsedWhileTheyChange(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.user("bob", "watcher")
	there.catchUpNow()
	var all sync.WaitGroup
	run := func(times int, story func(i int) error) {
		all.Go(func() {
			for i := range times {
				if err := story(i); err != nil {
					t.Errorf("round %d: %v", i, err)
				}
			}
		})
	}
	for _, n := range []*node{here, there} {
		run(20, func(int) error { return second(n.Authenticate(t.Context(), basic("bob", "secret of bob"), "")) })
		run(20, func(i int) error {
			return second(n.PutUser(t.Context(), elastic, UserChange{Username: "bob", Roles: []string{"watcher", "changing"}[:1+i%2], Enabled: true}))
		})
		run(20, func(i int) error {
			return second(n.PutRoles(t.Context(), elastic, []Role{{"changing", account.Descriptor{RunAs: []string{"bob", "alice"}[i%2:]}}, {"other", account.Descriptor{}}}))
		})
		run(20, func(int) error {
			_, err := n.HasPrivileges(t.Context(), n.mustBe("bob"), "", account.PrivilegesRequest{Cluster: []string{"manage"}})
			return err
		})
		run(20, func(int) error { return second(n.Users(t.Context(), elastic, nil)) })
		run(5, func(int) error { return second(n.ClearCache(t.Context(), elastic, CacheRealms, nil)) })
	}
	all.Wait()
	here.catchUpNow()
	there.catchUpNow()
	hereAt, one := here.state.Fingerprint()
	thereAt, other := there.state.Fingerprint()
	if hereAt != thereAt || one != other {
		t.Errorf("the nodes disagree: %s at %d, %s at %d", one, hereAt, other, thereAt)
	}
}

// mustBe is a native user as the node's state has it.
func (n *node) mustBe(name string) Identity {
	who, _ := n.userNamed(n.state.Current(), name)
	return who
}
