package security

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
)

// descriptor reads a role as a request has it.
func descriptor(t testing.TB, text string) account.Descriptor {
	t.Helper()
	d, err := account.ParseDescriptor([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (n *node) putRole(name, text string) (created bool) {
	n.world.t.Helper()
	created, err := n.PutRole(n.world.t.Context(), elastic, name, descriptor(n.world.t, text))
	if err != nil {
		n.world.t.Fatal(err)
	}
	return created
}

func (n *node) expectRoles(names []string, want map[string]string) {
	n.world.t.Helper()
	roles, err := n.Roles(n.world.t.Context(), elastic, names)
	if err != nil {
		n.world.t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range roles {
		got[r.Name] = strings.Join(r.Descriptor.Cluster, ",")
	}
	if !reflect.DeepEqual(got, want) {
		n.world.t.Errorf("roles %v, want %v", got, want)
	}
}

func TestARoleGrantedOnOneNodeIsHonouredOnOneThatLags(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "later"))
	bob := there.expectAccepted(basic("bob", "the password of bob's"))
	there.leader.expectTrips(0, 1)
	expectDenied(t, second(there.Health(t.Context(), bob)), account.ActionHealth)
	there.leader.expectTrips(0, 1)

	here.putRole("later", `{"cluster":["monitor"]}`)
	if _, err := there.Health(t.Context(), bob); err != nil {
		t.Errorf("%v", err)
	}
	there.leader.expectTrips(0, 1)
	// To the next request it is known.
	if _, err := there.Health(t.Context(), there.expectAccepted(basic("bob", "the password of bob's"))); err != nil {
		t.Errorf("%v", err)
	}
	there.leader.expectTrips(0, 0)
}

func TestANewAssignmentIsHonouredOnANodeThatLags(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's"))
	bob := there.expectAccepted(basic("bob", "the password of bob's"))
	here.putUser(UserChange{Username: "bob", Roles: []string{"watcher"}, Enabled: true})
	if _, err := there.Health(t.Context(), bob); err != nil {
		t.Errorf("%v", err)
	}
}

func TestAChangedRoleGrantsWhatItSaysNow(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "changing"))
	here.putRole("changing", `{"cluster":["monitor"]}`)
	there.catchUpNow()
	if who := there.expectAccepted(basic("bob", "the password of bob's")); !who.may(account.ActionHealth) {
		t.Error("bob may not what the role grants")
	}
	here.putRole("changing", `{"cluster":["manage_security"]}`)
	there.catchUpNow()
	if who := there.expectAccepted(basic("bob", "the password of bob's")); who.may(account.ActionHealth) || !who.may(account.ActionPutUser) {
		t.Error("bob may what the role has granted before")
	}
	if found, err := here.DeleteRole(t.Context(), elastic, "changing"); !found || err != nil {
		t.Error(found, err)
	}
	there.catchUpNow()
	if who := there.expectAccepted(basic("bob", "the password of bob's")); who.may(account.ActionPutUser) || !slices.Equal(who.missing, []string{"changing"}) {
		t.Error("bob may what a deleted role has granted")
	}
}

func TestADenialThatOnlyALeaderCouldTellIsNotGiven(t *testing.T) {
	n := oneNode(t)
	bob := n.user("bob", "watcher")
	n.leader.failure = ErrNoLeader
	if _, err := n.Users(t.Context(), bob, nil); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
}

func TestPuttingARoleTellsWhetherItIsNew(t *testing.T) {
	here, there, _ := threeNodes(t)
	for i, want := range []bool{true, false, false} {
		if got := there.putRole("new", `{"cluster":["monitor"],"metadata":{"a":1}}`); got != want {
			t.Errorf("put %d: created %v", i, got)
		}
	}
	record, _ := there.state.Current().Role("new")
	const kept = `{"cluster":["monitor"],"indices":[],"applications":[],"run_as":[],"metadata":{"a":1},"transient_metadata":{"enabled":true}}`
	if string(record.Descriptor) != kept {
		t.Errorf("the record has %s, want %s", record.Descriptor, kept)
	}
	for _, want := range []bool{true, false} {
		if found, err := here.DeleteRole(t.Context(), elastic, "new"); found != want || err != nil {
			t.Errorf("found %v, %v; want %v", found, err, want)
		}
	}
	if found, err := here.DeleteRole(t.Context(), elastic, " no name"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestAReservedRoleStaysAsItIs(t *testing.T) {
	n := oneNode(t)
	_, err := n.PutRole(t.Context(), elastic, "superuser", account.Descriptor{})
	expectError(t, err, &ArgumentError{"role [superuser] is reserved and cannot be modified."})
	_, err = n.DeleteRole(t.Context(), elastic, "viewer")
	expectError(t, err, &ArgumentError{"role [viewer] is reserved and cannot be deleted"})
	n.leader.expectTrips(0, 0)
}

func TestARoleThatCouldNotBeReadAgainIsNotKept(t *testing.T) {
	n := oneNode(t)
	_, err := n.PutRole(t.Context(), elastic, "new", account.Descriptor{Cluster: []string{"no such privilege"}})
	if _, ok := errors.AsType[*account.DescriptorError](err); !ok {
		t.Errorf("%v", err)
	}
	_, err = n.PutRole(t.Context(), elastic, "new ", account.Descriptor{})
	expectError(t, err, invalidWith(account.CheckName("role", "new ").Error()))
	n.leader.expectTrips(0, 0)
}

func TestAForgottenPutOfARoleIsUnknownOrRight(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(notYetCarried)
	if !n.putRole("first", `{}`) {
		t.Error("the role is not told as created")
	}
	n.world.forgetNext(carriedAlready)
	_, err := n.PutRole(t.Context(), elastic, "second", account.Descriptor{})
	if !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
}

func TestRolesAreListedWithTheReservedOnes(t *testing.T) {
	here, there, _ := threeNodes(t)
	there.writeRoles("of-the-file", "of-the-file:\n  cluster: [ all ]\nwatcher:\n  cluster: [ all ]\n")
	there.expectRoles([]string{"watcher", "superuser", "unknown", "of-the-file", "watcher"}, map[string]string{"watcher": "monitor", "superuser": "all"})

	all, err := there.Roles(t.Context(), elastic, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range all {
		got = append(got, r.Name)
	}
	want := append(account.ReservedRoles(), "watcher")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	here.leader.failure = ErrNoLeader
	if _, err := here.Roles(t.Context(), elastic, nil); !errors.Is(err, ErrNoLeader) {
		t.Errorf("a list that may be old is told: %v", err)
	}
}

func TestEachRoleOfABulkRequestGoesItsOwnWay(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putRole("same", `{"cluster":["monitor"]}`)
	here.putRole("other", `{"cluster":["monitor"]}`)
	monitor, manage := descriptor(t, `{"cluster":["monitor"]}`), descriptor(t, `{"cluster":["manage"]}`)

	got, err := there.PutRoles(t.Context(), elastic, []Role{
		{"new-2", monitor}, {"superuser", monitor}, {"other", manage}, {"same", monitor}, {" ", monitor}, {"new-1", monitor},
	})
	want := BulkResult{
		Created: []string{"new-2", "new-1"}, Updated: []string{"other"}, Noop: []string{"same"},
		Failed: []BulkFailure{
			{"superuser", &ArgumentError{"role [superuser] is reserved and cannot be modified."}},
			{" ", invalidWith(account.CheckName("role", " ").Error())},
		},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}

	got, err = here.DeleteRoles(t.Context(), elastic, []string{"unknown", "new-2", "viewer", "new-1", "new-2"})
	want = BulkResult{
		Deleted: []string{"new-2", "new-1"}, NotFound: []string{"unknown"},
		Failed: []BulkFailure{{"viewer", &ArgumentError{"role [viewer] is reserved and cannot be deleted"}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err = here.DeleteRoles(t.Context(), elastic, nil); err != nil || !reflect.DeepEqual(got, BulkResult{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABulkRequestIsBounded(t *testing.T) {
	n := oneNode(t)
	names := make([]string, 1001)
	for i := range names {
		names[i] = fmt.Sprint("role-", i)
	}
	tooMany := invalidWith("one request may name at most [1000], found [1001]: send them in parts")
	_, err := n.DeleteRoles(t.Context(), elastic, names)
	expectError(t, err, tooMany)
	_, err = n.PutRoles(t.Context(), elastic, make([]Role, 1001))
	expectError(t, err, tooMany)
	_, err = n.PutRoles(t.Context(), elastic, []Role{{Name: "twice"}, {Name: "once"}, {Name: "twice"}})
	expectError(t, err, invalidWith("one request may name each role once"))
	n.leader.expectTrips(0, 0)

	got, err := n.DeleteRoles(t.Context(), elastic, names[:1000])
	if err != nil || !slices.Equal(got.NotFound, names[:1000]) {
		t.Errorf("%d names, %v", len(got.NotFound), err)
	}
}

func TestABulkRequestWithoutALeaderFailsForEachName(t *testing.T) {
	n := oneNode(t)
	n.leader.failure = ErrNoLeader
	got, err := n.DeleteRoles(t.Context(), elastic, []string{"a", "b"})
	if err != nil || !reflect.DeepEqual(got, BulkResult{Failed: []BulkFailure{{"a", ErrNoLeader}, {"b", ErrNoLeader}}}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestASearchFindsNativeRoles(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putRole("reader", `{"description":"Reads a lot","applications":[{"application":"kibana","privileges":["read"],"resources":["space:1"]}]}`)
	here.putRole("writer", `{"metadata":{"team":"search"}}`)
	for body, want := range map[string][]string{
		``: {"reader", "watcher", "writer"},
		`{"query":{"prefix":{"name":"w"}},"sort":[{"name":"desc"}]}`:         {"writer", "watcher"},
		`{"query":{"match":{"description":"lot"}}}`:                          {"reader"},
		`{"query":{"term":{"applications.application":"kibana"}}}`:           {"reader"},
		`{"query":{"term":{"applications.privileges":"read"}}}`:              {"reader"},
		`{"query":{"wildcard":{"applications.resources":"space:*"}}}`:        {"reader"},
		`{"query":{"term":{"metadata.team":"search"}}}`:                      {"writer"},
		`{"query":{"term":{"name":"superuser"}}}`:                            nil,
		`{"query":{"bool":{"must_not":{"ids":{"values":["role-reader"]}}}}}`: {"watcher", "writer"},
	} {
		page, err := there.QueryRoles(t.Context(), elastic, []byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		var got []string
		for _, h := range page.Hits {
			got = append(got, h.Value.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", body, got, want)
		}
	}
	if _, err := there.QueryRoles(t.Context(), elastic, []byte(`{"query":{"term":{"cluster":"all"}}}`)); err == nil {
		t.Error("cluster privileges can be searched")
	}
}

// A role's record that a later release has written grants nothing here, and is
// in no list.
func TestARoleThatThisReleaseCannotReadGrantsNothing(t *testing.T) {
	n := oneNode(t)
	n.role("later", "no such privilege")
	n.expectRoles([]string{"later"}, map[string]string{})
	if who := n.user("bob", "later"); !slices.Equal(who.missing, []string{"later"}) {
		t.Errorf("missing are %v", who.missing)
	}
	if page, err := n.QueryRoles(t.Context(), elastic, nil); page.Total != 0 || err != nil {
		t.Errorf("%d roles, %v", page.Total, err)
	}
}
