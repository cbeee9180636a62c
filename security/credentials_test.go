package security

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"jeton/fsm"
	"jeton/security/account"
)

// twoNodes is two founded nodes. Both files have "both"; "here" and "there" are
// in one each.
func twoNodes(t *testing.T) (here, there *node) {
	t.Helper()
	w := newWorld(t)
	here = w.node(fileLine(w, "here", "the secret of here"), fileLine(w, "both", "the secret of both"))
	there = w.node(fileLine(w, "there", "the secret of there"), fileLine(w, "both", "the secret of both"))
	here.found()
	return here, there
}

// fleetTokens are what listings show of tokens that node.create has made just now.
func (w *world) fleetTokens(names ...string) []TokenInfo {
	var list []TokenInfo
	for _, name := range names {
		list = append(list, TokenInfo{Account: fleet, Name: name, Created: w.now, Creator: fsm.Creator{Principal: "elastic", Realm: "reserved"}})
	}
	return list
}

func (n *node) expectCredentials(service string, allNodes bool, want Credentials) {
	n.world.t.Helper()
	got, err := n.Credentials(n.world.t.Context(), elastic, "elastic", service, allNodes)
	if err != nil {
		n.world.t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		n.world.t.Errorf("credentials\n%+v, want\n%+v", got, want)
	}
}

func TestCredentialsOfOneNodeAreTheStatesAndThatNodesFile(t *testing.T) {
	here, there := twoNodes(t)
	here.create("token-b")
	here.create("token-a")
	there.leader.expectTrips(0, 0)
	there.expectCredentials("fleet-server", false, Credentials{
		Account:  fleet,
		NodeName: "node-1",
		Tokens:   here.world.fleetTokens("token-a", "token-b"),
		FileTokens: []FileToken{
			{Name: "both", Nodes: []string{"node-1"}},
			{Name: "there", Nodes: []string{"node-1"}},
		},
		Nodes: NodesHeader{Total: 1, Successful: 1},
	})
	there.leader.expectTrips(0, 1)
	if there.others.asked != 0 {
		t.Error("other nodes were asked")
	}
}

func TestCredentialsOfAllNodesTellWhereEachFileTokenIs(t *testing.T) {
	here, there := twoNodes(t)
	here.create("token1")
	here.member.Name = "zebra" // asked first, listed last
	want := Credentials{
		Account:  fleet,
		NodeName: "node-1",
		Tokens:   here.world.fleetTokens("token1"),
		FileTokens: []FileToken{
			{Name: "both", Nodes: []string{"node-1", "zebra"}},
			{Name: "here", Nodes: []string{"zebra"}},
			{Name: "there", Nodes: []string{"node-1"}},
		},
		Nodes: NodesHeader{Total: 2, Successful: 2},
	}
	for range 20 { // never in the order of a map
		there.expectCredentials("fleet-server", true, want)
	}
}

func TestCredentialsNameTheNodesThatDoNotAnswer(t *testing.T) {
	here, there := twoNodes(t)
	there.dead = true
	want := Credentials{
		Account:  fleet,
		NodeName: "node-0",
		Tokens:   []TokenInfo{},
		FileTokens: []FileToken{
			{Name: "both", Nodes: []string{"node-0"}},
			{Name: "here", Nodes: []string{"node-0"}},
		},
		Nodes: NodesHeader{Total: 2, Successful: 1, Failed: 1, Failures: []NodeFailure{
			{NodeID: "id-1", Name: "node-1", Reason: "connection refused"},
		}},
	}
	here.expectCredentials("fleet-server", true, want)

	there.dead, there.garbled = false, true
	want.Nodes.Failures[0].Reason = "invalid character '<' looking for beginning of value"
	here.expectCredentials("fleet-server", true, want)
}

func TestAnAccountWithoutTokensHasNoCredentials(t *testing.T) {
	here, _ := twoNodes(t)
	here.create("token1")
	for _, service := range []string{"kibana", "fleet", "fleet-server/", ""} {
		here.expectCredentials(service, true, Credentials{
			Account:    "elastic/" + service,
			NodeName:   "node-0",
			Tokens:     []TokenInfo{},
			FileTokens: []FileToken{},
			Nodes:      NodesHeader{Total: 2, Successful: 2},
		})
	}
}

func TestCredentialsThatMayBeOldAreNotTold(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.leader.failure = ErrNoLeader
	got, err := n.Credentials(t.Context(), elastic, "elastic", "fleet-server", false)
	if !errors.Is(err, ErrNoLeader) || !reflect.DeepEqual(got, Credentials{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestServiceAccountsAreFilteredByNamespaceAndService(t *testing.T) {
	n := oneNode(t)
	var all []string
	for _, a := range account.All() {
		all = append(all, a.Principal())
	}
	for _, c := range []struct {
		namespace, service string
		want               []string
	}{
		{"", "", all},
		{"elastic", "", all},
		{"elastic", "kibana", []string{"elastic/kibana"}},
		{"", "kibana", []string{"elastic/kibana"}},
		{"elastic", "foo", nil},
		{"foo", "", nil},
		{"foo", "kibana", nil},
	} {
		list, err := n.ServiceAccounts(t.Context(), elastic, c.namespace, c.service, nil)
		if list == nil || err != nil {
			t.Fatalf("%v, %v", list, err)
		}
		var got []string
		for _, a := range list {
			got = append(got, a.Principal)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("[%s] [%s]: %v, want %v", c.namespace, c.service, got, c.want)
		}
	}
}
