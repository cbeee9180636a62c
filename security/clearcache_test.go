package security

import (
	"reflect"
	"testing"
)

// proveAll has both nodes remember the secrets of their file tokens.
func proveAll(here, there *node) {
	here.expectAccepted(bearer(fleet, "here", "the secret of here"))
	for _, n := range []*node{here, there} {
		n.expectAccepted(bearer(fleet, "both", "the secret of both"))
	}
}

func (n *node) expectNoHashNeeded(authorization string) {
	n.world.t.Helper()
	if err := n.withoutHashing(authorization); err != nil {
		n.world.t.Errorf("not decided without a hash: %v", err)
	}
}

func (n *node) clearCache(service string, names ...string) ClearedCache {
	n.world.t.Helper()
	cleared, err := n.ClearTokenCache(n.world.t.Context(), elastic, "elastic", service, names)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return cleared
}

func TestClearingANameMakesEveryNodeForgetItsSecret(t *testing.T) {
	here, there := twoNodes(t)
	proveAll(here, there)
	there.clearCache("fleet-server", "both", "unknown")
	for _, n := range []*node{here, there} {
		n.expectHashNeeded(bearer(fleet, "both", "the secret of both"))
		n.expectAccepted(bearer(fleet, "both", "the secret of both"))
	}
	here.expectNoHashNeeded(bearer(fleet, "here", "the secret of here"))
}

func TestClearingWithoutANameForgetsTheWholeAccount(t *testing.T) {
	for _, names := range [][]string{nil, {"*"}, {"_all"}, {"both", "*"}} {
		here, there := twoNodes(t)
		proveAll(here, there)
		there.clearCache("fleet-server", names...)
		here.expectHashNeeded(bearer(fleet, "both", "the secret of both"))
		here.expectHashNeeded(bearer(fleet, "here", "the secret of here"))
	}
}

func TestClearingAnotherAccountForgetsNothing(t *testing.T) {
	here, there := twoNodes(t)
	proveAll(here, there)
	here.clearCache("kibana")
	here.clearCache("foo", "both")
	here.expectNoHashNeeded(bearer(fleet, "both", "the secret of both"))
}

func TestClearingTellsWhichNodesHaveDoneIt(t *testing.T) {
	here, there := twoNodes(t)
	want := ClearedCache{
		Nodes:       NodesHeader{Total: 2, Successful: 2},
		ClusterName: "the-cluster",
		Names:       map[string]string{"id-0": "node-0", "id-1": "node-1"},
	}
	if got := here.clearCache("fleet-server"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}

	there.dead = true
	want.Nodes = NodesHeader{Total: 2, Successful: 1, Failed: 1, Failures: []NodeFailure{
		{NodeID: "id-1", Name: "node-1", Reason: "connection refused"},
	}}
	delete(want.Names, "id-1")
	if got := here.clearCache("fleet-server"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestClearingAnInvalidNameAsksNobody(t *testing.T) {
	n := oneNode(t)
	_, err := n.ClearTokenCache(t.Context(), elastic, "elastic", "fleet-server", []string{"token1", "_token2"})
	expectError(t, err, &TokenNameError{"_token2"})
	if n.others.asked != 0 {
		t.Error("other nodes were asked")
	}
}

func TestAMalformedQuestionOfAnotherNodeIsAnError(t *testing.T) {
	n := oneNode(t)
	if _, err := n.Topics()[topicClearCache](t.Context(), []byte("<html>")); err == nil {
		t.Error("it was answered")
	}
}
