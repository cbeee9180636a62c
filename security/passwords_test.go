package security

import (
	"context"
	"errors"
	"testing"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

func (n *node) changePassword(who Identity, name, password string) {
	n.world.t.Helper()
	if err := n.ChangePassword(n.world.t.Context(), who, name, n.world.clear(password)); err != nil {
		n.world.t.Fatal(err)
	}
}

func (n *node) setEnabled(name string, enabled bool) {
	n.world.t.Helper()
	if err := n.SetUserEnabled(n.world.t.Context(), elastic, name, enabled); err != nil {
		n.world.t.Fatal(err)
	}
}

// expectDenied checks that an action was refused for want of a privilege.
func expectDenied(t testing.TB, err error, action string) {
	t.Helper()
	if e, ok := errors.AsType[*PermissionError](err); !ok || e.Action != action {
		t.Errorf("%v, want a refusal of %s", err, action)
	}
}

func TestAChangedPasswordCountsOnEveryNodeOnceItIsHeardOf(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.user("bob", "watcher")
	there.expectAccepted(basic("bob", "secret of bob"))
	here.changePassword(elastic, "bob", "another password")
	there.expectAccepted(basic("bob", "another password"))
	there.expectRefused(basic("bob", "secret of bob"), badUser("bob"))

	here.changePassword(elastic, ReservedUser, "another for elastic")
	there.expectAccepted(basic(ReservedUser, "another for elastic"))
	there.expectRefused(basic(ReservedUser, password), badUser(ReservedUser))
}

func TestAPasswordChangedBackIsTheOldOneAgain(t *testing.T) {
	n := oneNode(t)
	bob := n.user("bob")
	n.changePassword(bob, "", "another password")
	n.expectRefused(basic("bob", "secret of bob"), badUser("bob"))
	n.changePassword(n.expectAccepted(basic("bob", "another password")), "", "secret of bob")
	n.expectAccepted(basic("bob", "secret of bob"))
	n.expectRefused(basic("bob", "another password"), badUser("bob"))
}

func TestEverybodyChangesTheOwnPasswordAndNobodyElses(t *testing.T) {
	n := oneNode(t)
	bob, _ := n.user("bob"), n.user("alice")
	n.changePassword(bob, "", "the second password")
	n.changePassword(n.expectAccepted(basic("bob", "the second password")), "bob", "the third password")
	bob = n.expectAccepted(basic("bob", "the third password"))
	n.changePassword(n.expectAccepted(basic(ReservedUser, password)), "", "another for elastic")

	n.role("runner")
	other := bob
	other.RunBy = &Authenticated{Username: "alice", Realm: realmNative}
	byToken := bob
	byToken.Type = TypeToken
	denied := bob
	denied.deniedRunAs = "alice"
	fleet := fleetServer(t)
	for name, c := range map[string]struct {
		who  Identity
		name string
	}{
		"another's":                       {bob, "alice"},
		"elastic's":                       {bob, "elastic"},
		"one that nobody has":             {bob, "unknown"},
		"as somebody else":                {other, "bob"},
		"with a token":                    {byToken, "bob"},
		"of who may not run as the other": {denied, ""},
		"of a service account":            {fleet, ""},
		"of nobody":                       {Identity{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			expectDenied(t, n.ChangePassword(t.Context(), c.who, c.name, n.world.clear("a password for others")), account.ActionChangePassword)
		})
	}
	n.expectAccepted(basic("alice", "secret of alice"))
}

// Whoever knows a password that is changed has lost it, even if the own change was
// on its way.
func TestAnOwnPasswordThatIsNotTheOneAnyMoreChangesNothing(t *testing.T) {
	refused := &AuthenticationError{Kind: BadUser, Principal: "bob", Action: account.ActionChangePassword}
	another := func(n *node) fsm.Sensitive { return fsm.Sensitive(hashed(n.world, "by somebody").Text()) }
	for name, changed := range map[string]func(*node) fsm.Command{
		"changed":    func(n *node) fsm.Command { return &fsm.SetPassword{Name: "bob", Password: another(n)} },
		"made anew":  func(n *node) fsm.Command { return &fsm.PutUser{User: fsm.User{Name: "bob", Password: another(n)}} },
		"taken away": func(*node) fsm.Command { return &fsm.DeleteUser{Name: "bob"} },
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			bob := n.user("bob")
			n.meanwhile(changed(n))
			expectError(t, n.ChangePassword(t.Context(), bob, "", n.world.clear("by bob")), refused)
			expectError(t, n.ChangePassword(t.Context(), bob, "", n.world.clear("by bob")), refused) // not on its way yet
			n.expectRefused(basic("bob", "by bob"), badUser("bob"))
		})
	}
}

func TestAForgottenChangeOfAUserWhoIsGoneMayHaveHappened(t *testing.T) {
	for name, change := range map[string]func(*node, Identity) error{
		"password": func(n *node, _ Identity) error {
			return n.ChangePassword(t.Context(), elastic, "bob", n.world.clear("another password"))
		},
		"own password": func(n *node, bob Identity) error {
			return n.ChangePassword(t.Context(), bob, "", n.world.clear("another password"))
		},
		"enabled": func(n *node, _ Identity) error { return n.SetUserEnabled(t.Context(), elastic, "bob", false) },
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			bob := n.user("bob")
			gone, err := fsm.Encode(fsm.Proposal{ID: "gone", Seen: 1 << 40, Command: &fsm.DeleteUser{Name: "bob"}})
			if err != nil {
				t.Fatal(err)
			}
			n.world.forgetNext(func(entry []byte) [][]byte { return append(carriedAlready(entry), gone) })
			if err := change(n, bob); !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnOwnHashCostsNoMoreThanTheOthers(t *testing.T) {
	n := oneNode(t)
	n.hashing = algorithm(t, "pbkdf2_1000")
	n.user("bob")
	for name, own := range map[string]bool{
		"pbkdf2_1000": true, "pbkdf2_10000": true, "pbkdf2_stretch_10000": true, "bcrypt10": true,
		"pbkdf2_50000": false, "pbkdf2_stretch_50000": false, "bcrypt11": false,
	} {
		h, err := algorithm(t, name).Hash(n.world.secret("bob's password"))
		if err != nil {
			t.Fatal(err)
		}
		hash := NewPassword{Hash: new(token.SecretFrom(h.Text()))}
		if err := n.ChangePassword(t.Context(), elastic, "bob", hash); err != nil {
			t.Errorf("%s by elastic: %v", name, err)
		}
		bob := n.expectAccepted(basic("bob", "bob's password"))
		if err := n.ChangePassword(t.Context(), bob, "", hash); (err == nil) != own {
			t.Errorf("%s by bob: %v", name, err)
		}
	}
}

func TestAPasswordNeedsSomebodyToHaveIt(t *testing.T) {
	here, there, _ := threeNodes(t)
	there.catchUpNow()
	here.user("bob")
	there.fileUser("carol", "the password in the file")
	there.changePassword(elastic, "bob", "another password") // this node had not heard of bob

	missing := invalidWith("user must exist in order to change password")
	expectError(t, there.ChangePassword(t.Context(), elastic, "unknown", there.world.clear("another password")), missing)
	expectError(t, there.ChangePassword(t.Context(), elastic, "", NewPassword{}), invalidWith("password is missing"))
	expectError(t, there.ChangePassword(t.Context(), elastic, "bob", there.world.clear("short")), invalidWith("passwords must be at least [6] characters long"))

	file := invalidWith("user [carol] is a(n) file/default_file user and cannot be managed via this API: use `jeton users passwd` on each node that has it")
	carol := there.expectAccepted(basic("carol", "the password in the file"))
	for _, who := range []Identity{elastic, carol} {
		expectError(t, there.ChangePassword(t.Context(), who, "carol", there.world.clear("another password")), file)
	}
	expectError(t, there.ChangePassword(t.Context(), carol, "", there.world.clear("another password")), file)
}

func TestAUserWhoIsDeletedWhileThePasswordIsHashedHasNone(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	n.world.beforeCommit = func([]byte) {
		n.world.beforeCommit = nil
		if _, err := n.DeleteUser(t.Context(), elastic, "bob"); err != nil {
			t.Error(err)
		}
	}
	err := n.ChangePassword(t.Context(), elastic, "bob", n.world.clear("another password"))
	expectError(t, err, invalidWith("user must exist in order to change password"))
}

func TestAPasswordThatNobodyHasTimeToHashIsNotChanged(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	release := n.verifier.occupy()
	if err := n.ChangePassword(ctx, elastic, "bob", n.world.clear("another password")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v", err)
	}
	if _, err := n.PutUser(ctx, elastic, n.world.bob("another password")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v", err)
	}
	release()
	n.expectAccepted(basic("bob", "secret of bob"))
}

func TestADisabledUserIsRefusedAsIfThePasswordWereWrong(t *testing.T) {
	here, there, _ := threeNodes(t)
	bob := here.user("bob", "watcher")
	here.setEnabled("bob", false)
	here.expectRefused(basic("bob", "secret of bob"), badUser("bob"))
	there.expectRefused(basic("bob", "secret of bob"), badUser("bob"))
	expectDenied(t, there.RemoveNode(t.Context(), bob, "node-0"), account.ActionRemoveNode)

	// There the state still says disabled; the right password must find out.
	here.setEnabled("bob", true)
	there.expectAccepted(basic("bob", "secret of bob"))
}

func TestOnlyUsersThatExistAreEnabledOrDisabled(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	for _, name := range []string{"unknown", " bob", ""} {
		expectError(t, n.SetUserEnabled(t.Context(), elastic, name, true), invalidWith("only existing users can be enabled"))
		expectError(t, n.SetUserEnabled(t.Context(), elastic, name, false), invalidWith("only existing users can be disabled"))
	}
}

func TestNobodyDisablesTheOwnAccount(t *testing.T) {
	n := oneNode(t)
	own := &ArgumentError{"users may not update the enabled status of their own account"}
	n.role("security", "manage_security")
	bob := n.user("bob", "security")
	for _, enabled := range []bool{true, false} {
		expectError(t, n.SetUserEnabled(t.Context(), elastic, ReservedUser, enabled), own)
		expectError(t, n.SetUserEnabled(t.Context(), bob, "bob", enabled), own)
	}
	// A file's user of a native one's name is somebody else.
	n.fileUser("bob", "the password in the file", "security")
	if err := n.SetUserEnabled(t.Context(), n.expectAccepted(basic("bob", "the password in the file")), "bob", false); err != nil {
		t.Error(err)
	}
	if err := n.SetUserEnabled(t.Context(), bob, ReservedUser, false); err != nil {
		t.Errorf("somebody else's account: %v", err)
	}
	n.expectRefused(basic(ReservedUser, password), badUser(ReservedUser))
}

// What a right password costs does not grow while somebody guesses, from the
// same source too.
func TestARightPasswordStaysCheapWhileSomebodyGuesses(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	defer n.verifier.occupy()() // all hashes that can be under way are under way
	ctx, cancel := context.WithCancel(WithSource(t.Context(), "one proxy"))
	var guesses []chan error
	for _, guess := range []string{"guess 1", "guess 2", "guess 3"} {
		done := make(chan error, 1)
		go func() {
			_, err := n.Authenticate(ctx, basic("bob", guess), "")
			done <- err
		}()
		guesses = append(guesses, done)
	}
	n.within5s(func() bool { return n.verifier.waiting() >= len(guesses) })
	for _, source := range []string{"one proxy", "another"} {
		if _, err := n.Authenticate(WithSource(t.Context(), source), basic("bob", "secret of bob"), ""); err != nil {
			t.Errorf("from %s: %v", source, err)
		}
	}
	cancel()
	for _, done := range guesses {
		if err := <-done; !errors.Is(err, ErrOverloaded) {
			t.Errorf("a guess: %v", err)
		}
	}
}

// waiting counts those who wait in a lane of a name.
func (v *verifier) waiting() (sum int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key, l := range v.lanes {
		if key.name != "" {
			sum += l.waiting
		}
	}
	return sum
}

func TestAWrongPasswordIsNotHashedAgainAndAgain(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	n.expectRefused(basic("bob", "wrong"), badUser("bob"))
	expectError(t, n.withoutHashing(basic("bob", "wrong")), badUser("bob"))
	n.expectHashNeeded(basic("bob", "wrong too"))
}

// Not a word and not a hash tells the kinds of refusal apart.
func TestEveryRefusedUserCostsOneHash(t *testing.T) {
	n := oneNode(t)
	n.user("bob")
	n.user("disabled")
	n.setEnabled("disabled", false)
	n.fileUser("carol", "the password in the file")
	for _, name := range []string{"bob", "disabled", "carol", "unknown", ReservedUser, "kibana"} {
		n.expectHashNeeded(basic(name, "wrong"))
		before := len(n.verifier.wrong.ring)
		n.expectRefused(basic(name, "wrong"), badUser(name))
		if hashed := len(n.verifier.wrong.ring) - before; hashed != 1 {
			t.Errorf("%s: %d hashes", name, hashed)
		}
	}
}
