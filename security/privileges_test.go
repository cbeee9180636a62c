package security

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"jeton/security/account"
)

// asked is a request about cluster privileges, and one application's.
func asked(cluster []string, application ...string) account.PrivilegesRequest {
	r := account.PrivilegesRequest{Cluster: cluster}
	if application != nil {
		r.Application = []account.ApplicationPrivileges{{Application: "kibana", Privileges: application, Resources: []string{"space:1"}}}
	}
	return r
}

func (n *node) has(who Identity, r account.PrivilegesRequest) account.PrivilegesAnswer {
	n.world.t.Helper()
	a, err := n.HasPrivileges(n.world.t.Context(), who, "", r)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return a
}

// define defines a privilege of the application kibana.
func (n *node) define(name string, actions ...string) (created bool) {
	n.world.t.Helper()
	list, err := n.PutPrivileges(n.world.t.Context(), elastic, []account.ApplicationPrivilege{{Application: "kibana", Name: name, Actions: actions}})
	if err != nil {
		n.world.t.Fatal(err)
	}
	return list[0]
}

func TestEverybodyAsksAboutTheOwnPrivilegesOnly(t *testing.T) {
	n := oneNode(t)
	bob := n.user("bob")
	if a := n.has(bob, asked([]string{"monitor"})); a.HasAll || a.Cluster["monitor"] {
		t.Errorf("%+v", a)
	}
	if _, err := n.HasPrivileges(t.Context(), bob, "bob", asked(nil)); err != nil {
		t.Error(err)
	}
	if _, err := n.UserPrivileges(t.Context(), bob); err != nil {
		t.Error(err)
	}
	_, err := n.HasPrivileges(t.Context(), bob, "alice", asked(nil))
	expectDenied(t, err, account.ActionHasPrivileges)
	_, err = n.HasPrivileges(t.Context(), elastic, "bob", asked(nil))
	expectError(t, err, &ArgumentError{"users may only check the privileges of their own account"})

	bob.deniedRunAs = "alice"
	for _, who := range []Identity{bob, {}} {
		_, err = n.HasPrivileges(t.Context(), who, "", asked(nil))
		expectDenied(t, err, account.ActionHasPrivileges)
		_, err = n.UserPrivileges(t.Context(), who)
		expectDenied(t, err, account.ActionUserPrivileges)
	}
}

func TestAPrivilegeGrantedElsewhereIsNotDenied(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "later"))
	bob := there.expectAccepted(basic("bob", "the password of bob's"))
	there.leader.expectTrips(0, 1)
	here.putRole("later", `{"cluster":["monitor"],"applications":[{"application":"kibana","privileges":["read"],"resources":["space:*"]}]}`)

	want := account.PrivilegesAnswer{
		HasAll: true, Cluster: map[string]bool{"monitor": true}, Index: map[string]map[string]bool{},
		Application: map[string]map[string]map[string]bool{"kibana": {"space:1": {"read": true}}},
	}
	if got := there.has(bob, asked([]string{"monitor"}, "read")); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	there.leader.expectTrips(0, 1)

	// What is held needs nobody; what is not, the leader.
	bob = there.expectAccepted(basic("bob", "the password of bob's"))
	there.leader.failure = ErrNoLeader
	if got := there.has(bob, asked([]string{"monitor"}, "read")); !got.HasAll {
		t.Errorf("%+v", got)
	}
	if _, err := there.HasPrivileges(t.Context(), bob, "", asked([]string{"manage"})); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
	if _, err := there.UserPrivileges(t.Context(), bob); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
}

func TestAnApplicationsPrivilegeMeansItsActions(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putRole("all-of-it", `{"applications":[{"application":"kibana","privileges":["all"],"resources":["*"]}]}`)
	here.putUser(here.world.bob("the password of bob's", "all-of-it"))
	bob := there.expectAccepted(basic("bob", "the password of bob's"))
	if there.has(bob, asked(nil, "read")).HasAll {
		t.Error("a privilege includes another one without being defined")
	}
	here.define("all", "data:*")
	here.define("read", "data:read/*")
	if !there.has(bob, asked(nil, "read")).HasAll {
		t.Error("all does not include read")
	}
}

func TestTheOwnPrivilegesAreListedAsTheyAreNow(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "later", "watcher", "unknown"))
	bob := there.expectAccepted(basic("bob", "the password of bob's"))
	here.putRole("later", `{"cluster":["manage_token"],"run_as":["alice"]}`)
	got, err := there.UserPrivileges(t.Context(), bob)
	if err != nil || !slices.Equal(got.Cluster, []string{"manage_token", "monitor"}) || !slices.Equal(got.RunAs, []string{"alice"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestThePrivilegesThatRolesCanNameAreListed(t *testing.T) {
	n := oneNode(t)
	got, err := n.BuiltinPrivileges(t.Context(), elastic)
	if err != nil || !slices.Contains(got.Cluster, "manage_service_account") || !slices.Contains(got.Index, "read") || len(got.RemoteCluster) == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, list := range [][]string{got.Cluster, got.Index, got.RemoteCluster} {
		if !slices.IsSorted(list) {
			t.Errorf("%v is not sorted", list)
		}
	}
}

func TestPrivilegesOfApplicationsAreKept(t *testing.T) {
	here, there, _ := threeNodes(t)
	if !here.define("read", "data:read/*") || there.define("read", "data:read/*", "data:list/*") {
		t.Error("it is not told what is new")
	}
	list := []account.ApplicationPrivilege{
		{Application: "kibana", Name: "write", Actions: []string{"data:write/*"}, Metadata: map[string]any{"team": "search"}},
		{Application: "kibana", Name: "read", Actions: []string{"data:read/*"}},
		{Application: "myapp", Name: "read", Actions: []string{"data:read/*"}},
	}
	created, err := there.PutPrivileges(t.Context(), elastic, list)
	if !slices.Equal(created, []bool{true, false, true}) || err != nil {
		t.Errorf("created %v, %v", created, err)
	}
	list[1].Metadata, list[2].Metadata = map[string]any{}, map[string]any{}
	write, read, other := list[0], list[1], list[2]
	for _, c := range []struct {
		application string
		names       []string
		want        []account.ApplicationPrivilege
	}{
		{"", nil, []account.ApplicationPrivilege{read, write, other}},
		{"kibana", nil, []account.ApplicationPrivilege{read, write}},
		{"kibana", []string{"write", "unknown"}, []account.ApplicationPrivilege{write}},
		{"unknown", nil, []account.ApplicationPrivilege{}},
	} {
		if got, err := here.Privileges(t.Context(), elastic, c.application, c.names); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("[%s] %v: %+v, %v; want %+v", c.application, c.names, got, err, c.want)
		}
	}

	found, err := here.DeletePrivileges(t.Context(), elastic, "kibana", []string{"write", "unknown", "read", "write"})
	if !slices.Equal(found, []bool{true, false, true, true}) || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if got, err := there.Privileges(t.Context(), elastic, "", nil); err != nil || !reflect.DeepEqual(got, []account.ApplicationPrivilege{other}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMalformedPrivilegesAreAllToldAndNoneIsPut(t *testing.T) {
	n := oneNode(t)
	good := account.ApplicationPrivilege{Application: "kibana", Name: "read", Actions: []string{"data:read/*"}}
	named, empty := good, good
	named.Name, empty.Actions = "Read", nil
	_, err := n.PutPrivileges(t.Context(), elastic, []account.ApplicationPrivilege{good, named, empty, good})
	expectError(t, err, invalidWith(named.Check().Error(), empty.Check().Error(), "privilege [read] of application [kibana] is there twice"))
	_, err = n.PutPrivileges(t.Context(), elastic, nil)
	expectError(t, err, invalidWith("At least one application privilege must be provided"))
	tooMany := invalidWith("one request may name at most [1000], found [1001]: send them in parts")
	_, err = n.PutPrivileges(t.Context(), elastic, make([]account.ApplicationPrivilege, 1001))
	expectError(t, err, tooMany)
	_, err = n.DeletePrivileges(t.Context(), elastic, "kibana", make([]string, 1001))
	expectError(t, err, tooMany)
	n.leader.expectTrips(0, 0)
}

// "Nothing happened" is said only where nothing did.
func TestAHalfDoneRequestIsUnknown(t *testing.T) {
	for _, c := range []struct {
		errs []error
		want error
	}{
		{nil, nil},
		{[]error{nil, nil}, nil},
		{[]error{ErrNoLeader, ErrNoLeader}, ErrNoLeader},
		{[]error{ErrNoLeader, nil}, ErrOutcomeUnknown},
		{[]error{nil, ErrTooLarge}, ErrOutcomeUnknown},
		{[]error{ErrNoLeader, ErrOutcomeUnknown}, ErrOutcomeUnknown},
	} {
		if got := together(c.errs); !errors.Is(got, c.want) || errors.Is(got, ErrNoLeader) != (c.want == ErrNoLeader) {
			t.Errorf("%v together are %v, want %v", c.errs, got, c.want)
		}
	}
	n := oneNode(t)
	n.leader.failure = ErrNoLeader
	if _, err := n.DeletePrivileges(t.Context(), elastic, "kibana", []string{"a", "b"}); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
	if _, err := n.PutPrivileges(t.Context(), elastic, []account.ApplicationPrivilege{{Application: "kibana", Name: "read", Actions: []string{"data:*"}}}); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
}

func TestAForgottenDefinitionIsNotGuessedAt(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(carriedAlready)
	read := []account.ApplicationPrivilege{{Application: "kibana", Name: "read", Actions: []string{"data:*"}}}
	if created, err := n.PutPrivileges(t.Context(), elastic, read); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v, %v", created, err)
	}
	n.world.forgetNext(carriedAlready)
	if found, err := n.DeletePrivileges(t.Context(), elastic, "kibana", []string{"read"}); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v, %v", found, err)
	}
}

func TestTheRealmsCachesAreClearedOnEveryNode(t *testing.T) {
	for _, names := range [][]string{nil, {"default_native"}, {"reserved", "default_file"}, {"*"}, {"unknown", "_all"}} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			here, there, _ := threeNodes(t)
			for _, n := range []*node{here, there} {
				n.expectAccepted(basic(ReservedUser, password))
				n.expectNoHashNeeded(basic(ReservedUser, password))
			}
			got, err := there.ClearCache(t.Context(), elastic, CacheRealms, names)
			want := ClearedCache{
				Nodes: NodesHeader{Total: 3, Successful: 3}, ClusterName: "the-cluster",
				Names: map[string]string{"id-0": "node-0", "id-1": "node-1", "id-2": "node-2"},
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
			for _, n := range []*node{here, there} {
				n.expectHashNeeded(basic(ReservedUser, password))
			}
		})
	}
}

func TestAnUnknownRealmIsToldByEachNode(t *testing.T) {
	here, there := twoNodes(t)
	here.expectAccepted(basic(ReservedUser, password))
	there.dead = true
	got, err := here.ClearCache(t.Context(), elastic, CacheRealms, []string{"default_native", "ldap1"})
	want := []NodeFailure{
		{NodeID: "id-0", Name: "node-0", Reason: "could not find active realm [ldap1]"},
		{NodeID: "id-1", Name: "node-1", Reason: "connection refused"},
	}
	if err != nil || !reflect.DeepEqual(got.Nodes.Failures, want) || len(got.Names) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	here.expectNoHashNeeded(basic(ReservedUser, password))
	if _, err := here.Topics()[topicClearRealms](t.Context(), []byte("<html>")); err == nil {
		t.Error("a malformed question was answered")
	}
}

// There is nothing to forget: it is told which nodes have heard it.
func TestTheCachesOfRolesAndPrivilegesAreAlwaysClear(t *testing.T) {
	here, there := twoNodes(t)
	there.dead = true
	for _, cache := range []Cache{CacheRoles, CachePrivileges} {
		got, err := here.ClearCache(t.Context(), elastic, cache, []string{"anything"})
		if err != nil || got.Nodes.Successful != 1 || got.Nodes.Failed != 1 || !reflect.DeepEqual(got.Names, map[string]string{"id-0": "node-0"}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
