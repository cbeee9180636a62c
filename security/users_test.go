package security

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"jeton/security/account"
)

func badUser(name string) *AuthenticationError {
	return &AuthenticationError{Kind: BadUser, Principal: name}
}

func TestTheReservedUserIsWhoItSaysAndMayDoEverything(t *testing.T) {
	n := oneNode(t)
	who := n.expectAccepted(basic(ReservedUser, password))
	n.leader.expectTrips(0, 0)
	expectIdentity(t, who, Identity{
		Username: "elastic",
		Roles:    []string{"superuser"},
		Metadata: json.RawMessage(`{"_reserved":true}`),
		Realm:    Realm{Name: "reserved", Type: "reserved"},
		Type:     "realm",
	})
	if !who.may(account.ActionRemoveNode) || !who.may(account.ActionClearCache) {
		t.Error("a superuser may not do everything")
	}
}

func TestAWrongPasswordAndAnUnknownUserAreTheSameRefusal(t *testing.T) {
	t.Parallel()
	n := oneNode(t)
	for _, c := range []struct{ name, password string }{
		{ReservedUser, "wrong"},
		{ReservedUser, ""},
		{ReservedUser, strings.ToUpper(password)},
		{"Elastic", password},
		{"bob", password},
		{"", ""},
		{fleet, password},
	} {
		n.expectRefused(basic(c.name, c.password), badUser(c.name))
		n.leader.expectTrips(0, 1)
	}
}

// withoutHashing authenticates while no hash can be computed: whoever needs one
// hears ErrOverloaded.
func (n *node) withoutHashing(authorization string) error {
	defer n.verifier.occupy()()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := n.Authenticate(ctx, authorization, "")
	return err
}

func (n *node) expectHashNeeded(authorization string) {
	n.world.t.Helper()
	if err := n.withoutHashing(authorization); !errors.Is(err, ErrOverloaded) {
		n.world.t.Errorf("decided without a hash: %v", err)
	}
}

func TestARightPasswordIsHashedOnce(t *testing.T) {
	n := oneNode(t)
	n.expectHashNeeded(basic(ReservedUser, password))
	n.expectAccepted(basic(ReservedUser, password))
	if err := n.withoutHashing(basic(ReservedUser, password)); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestAWrongPasswordIsHashedOnceWhenTheStoredHashStays(t *testing.T) {
	n := oneNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	n.leader.beforeCatchUp = func(context.Context) {
		// Not even the verifier's memory is left to answer the second look.
		cancel()
		n.verifier.wrong = recent{max: maxWrong}
		t.Cleanup(n.verifier.occupy())
	}
	_, err := n.Authenticate(ctx, basic(ReservedUser, "wrong"), "")
	expectError(t, err, badUser(ReservedUser))
	n.leader.expectTrips(0, 1)
}

func TestAPasswordIsTriedAgainWhenTheStoredHashTurnsOutToBeAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found() // the other node has not heard of it
	there.expectAccepted(basic(ReservedUser, password))
	there.leader.expectTrips(0, 1)
}

// A user who does not exist must not answer sooner than one who does.
func TestAnUnknownUserCostsWhatAWrongPasswordCosts(t *testing.T) {
	t.Parallel()
	n := oneNode(t)
	for _, name := range []string{ReservedUser, "bob", "alice", ""} {
		// One after the other with the same password: what was found out about
		// one name must not be remembered of the others.
		n.expectHashNeeded(basic(name, "wrong"))
		n.expectRefused(basic(name, "wrong"), badUser(name))
		expectError(t, n.withoutHashing(basic(name, "wrong")), badUser(name))
	}
}

func TestTheHashThatAnUnknownUserCostsIsOfTheKindThatUsersHave(t *testing.T) {
	t.Parallel()
	n := newWorld(t).node()
	n.foundWith(n.world.secret("a password of the founder's"))
	user, _ := n.state.Current().User(ReservedUser)

	if !n.unknownUser.Slow() {
		t.Error("it is not slow")
	}
	const kind = len("{PBKDF2}1000$")
	if got, want := n.unknownUser.Text()[:kind], user.Password.Reveal()[:kind]; got != want {
		t.Errorf("an unknown user costs %s, a known one %s", got, want)
	}
}

func TestARestoredStateDecidesByItsOwnPasswords(t *testing.T) {
	t.Parallel()
	n, other := oneNode(t), newWorld(t).node()
	other.foundWith(other.world.secret("the password in the backup"))
	n.expectAccepted(basic(ReservedUser, password))

	var backup bytes.Buffer
	if _, err := other.state.Snapshot().WriteTo(&backup); err != nil {
		t.Fatal(err)
	}
	if err := n.state.Restore(&backup); err != nil {
		t.Fatal(err)
	}
	n.expectRefused(basic(ReservedUser, password), badUser(ReservedUser))
	n.expectAccepted(basic(ReservedUser, "the password in the backup"))
}
