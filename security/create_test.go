package security

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"jeton/fsm"
	"jeton/security/token"
)

func (n *node) tryCreate(namespace, service, name string) (CreatedToken, error) {
	return n.CreateServiceToken(n.world.t.Context(), elastic, namespace, service, name, TokenOptions{})
}

func TestACreatedTokenIsRecordedCompletely(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	if b.Account() != fleet || b.Name != "token1" || len(b.Secret.Reveal()) != 22 {
		t.Errorf("the value is of %s, with a secret of %d characters", b.QualifiedName(), len(b.Secret.Reveal()))
	}

	record, ok := n.state.Current().ServiceToken(fleet, "token1")
	if !ok {
		t.Fatal("there is no record")
	}
	if hash := record.Hash.Reveal(); !strings.HasPrefix(hash, "{SSHA256}") || strings.Contains(hash, b.Secret.Reveal()) {
		t.Error("the record does not have a salted SHA-256 of the secret")
	}
	shown := *record
	if len(shown.ID) < 26 {
		t.Errorf("the id [%s] has fewer than 128 bits", shown.ID)
	}
	shown.ID, shown.Hash = "", ""
	want := fsm.ServiceToken{
		Account: fleet, Name: "token1", Created: n.world.now.UnixMilli(),
		Creator: fsm.Creator{Principal: "elastic", Realm: "reserved"},
	}
	if !reflect.DeepEqual(shown, want) {
		t.Errorf("the record is %+v, want %+v", shown, want)
	}
}

func TestACreateWithoutANameGetsARandomOne(t *testing.T) {
	n := oneNode(t)
	first, second := n.create(""), n.create("")
	if first.Name == second.Name || !token.ValidName(first.Name) {
		t.Errorf("names %q and %q", first.Name, second.Name)
	}
	n.expectAccepted(presented(first))
}

func TestACreateIsCheckedFromTheNamespaceToTheAccount(t *testing.T) {
	n := oneNode(t)
	for _, c := range []struct {
		namespace, service, name string
		want                     error
	}{
		{"", "", "_bad", &EmptyPathError{"namespace"}},
		{"elastic", "", "_bad", &EmptyPathError{"service-name"}},
		{"elastic", "foo", "_bad", &TokenNameError{"_bad"}},
		{"elastic", "fleet-server", "no blanks", &TokenNameError{"no blanks"}},
		{"elastic", "fleet-server", strings.Repeat("x", 257), &TokenNameError{strings.Repeat("x", 257)}},
		{"elastic", "foo", "token1", &UnknownAccountError{"elastic/foo"}},
		{"Elastic", "fleet-server", "", &UnknownAccountError{"Elastic/fleet-server"}},
		{"foo", "_bar", "", &UnknownAccountError{"foo/_bar"}},
	} {
		_, err := n.tryCreate(c.namespace, c.service, c.name)
		expectError(t, err, c.want)
	}
	n.leader.expectTrips(0, 0)
}

func TestATakenNameIsRefusedAndItsTokenGoesOnWorking(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	first := here.create("token1")
	_, err := there.tryCreate("elastic", "fleet-server", "token1")
	expectError(t, err, &TokenExistsError{Principal: fleet, Name: "token1"})
	there.expectAccepted(presented(first))

	if _, err := there.tryCreate("elastic", "kibana", "token1"); err != nil {
		t.Errorf("the name of another account's token: %v", err)
	}
}

func TestANameThatAFileHasIsFree(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "token1", "the secret of the file"))
	n.found()
	n.create("token1")
}

func TestACreateThatNothingCameOfSaysSo(t *testing.T) {
	n := oneNode(t)
	for _, failure := range []error{ErrNoLeader, ErrOutcomeUnknown, ErrNotMember} {
		n.leader.failure = failure
		if created, err := n.tryCreate("elastic", "fleet-server", "token1"); !errors.Is(err, failure) || created != (CreatedToken{}) {
			t.Errorf("%+v, %v; want %v", created, err, failure)
		}
	}
	n.leader.expectTrips(3, 0)
}

func TestACreateWhoseAnswerIsLostIsNeverToldAsARefusal(t *testing.T) {
	n := oneNode(t)
	n.leader.answersGetLost = true
	if _, err := n.tryCreate("elastic", "fleet-server", "token1"); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	n.leader.expectTrips(1, 0)
}
