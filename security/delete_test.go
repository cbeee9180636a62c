package security

import (
	"errors"
	"testing"
)

func (n *node) expectDeleted(service, name string, want bool) {
	n.world.t.Helper()
	found, err := n.DeleteServiceToken(n.world.t.Context(), elastic, "elastic", service, name)
	if found != want || err != nil {
		n.world.t.Errorf("delete %s/%s: found %v, %v; want %v", service, name, found, err, want)
	}
}

func TestADeletedTokenIsRefused(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.expectAccepted(presented(b))
	n.expectDeleted("fleet-server", "token1", true)
	n.expectRefused(presented(b), badToken(fleet, "token1"))
	n.expectDeleted("fleet-server", "token1", false)
}

func TestADeleteGoesThroughTheLogEvenWhenTheNodeKnowsOfNoSuchToken(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	here.create("token1")
	there.expectDeleted("fleet-server", "token1", true)
	there.expectDeleted("fleet-server", "token2", false)
	there.leader.expectTrips(2, 0)
}

func TestNothingIsFoundInAnUnknownAccount(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.expectDeleted("kibana", "token1", false)
	n.expectDeleted("foo", "token1", false)
	n.expectDeleted("_foo", "token1", false)
	n.leader.expectTrips(2, 0) // the create and kibana's
}

func TestAFileTokenIsNotDeleted(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "token1", "the secret of the file"))
	n.found()
	n.expectDeleted("fleet-server", "token1", false)
	n.expectAccepted(bearer(fleet, "token1", "the secret of the file"))
}

func TestADeleteIsCheckedFromTheNamespaceToTheName(t *testing.T) {
	n := oneNode(t)
	for _, c := range []struct {
		namespace, service, name string
		want                     error
	}{
		{"", "", "_bad", &EmptyPathError{"namespace"}},
		{"elastic", "", "_bad", &EmptyPathError{"service-name"}},
		{"elastic", "foo", "_bad", &TokenNameError{"_bad"}},
		{"elastic", "fleet-server", "", &TokenNameError{""}},
	} {
		_, err := n.DeleteServiceToken(t.Context(), elastic, c.namespace, c.service, c.name)
		expectError(t, err, c.want)
	}
	n.leader.expectTrips(0, 0)
}

func TestADeleteWhoseOutcomeIsUnknownIsNotToldAsNotFound(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	for _, failure := range []error{ErrNoLeader, ErrOutcomeUnknown} {
		n.leader.failure = failure
		if found, err := n.DeleteServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1"); found || !errors.Is(err, failure) {
			t.Errorf("found %v, %v; want %v", found, err, failure)
		}
	}
}
