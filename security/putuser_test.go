package security

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
	"jeton/security/token"
)

// clear is a new password, which is looked for at the end of the story.
func (w *world) clear(text string) NewPassword {
	secret := w.secret(text)
	return NewPassword{Clear: &secret}
}

// putUser puts a native user.
func (n *node) putUser(u UserChange) (created bool) {
	n.world.t.Helper()
	created, err := n.PutUser(n.world.t.Context(), elastic, u)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return created
}

// bob is a native user to put.
func (w *world) bob(password string, roles ...string) UserChange {
	return UserChange{Username: "bob", Password: w.clear(password), Roles: append([]string{}, roles...), Enabled: true}
}

func invalidWith(reasons ...string) *ValidationError { return &ValidationError{reasons} }

func TestAUserPutOnOneNodeLogsInOnAnotherAtOnce(t *testing.T) {
	here, there, _ := threeNodes(t)
	full, email := "Bob Dobbs", "bob@example.com"
	bob := here.world.bob("the password of bob's", "watcher", "unknown")
	bob.FullName, bob.Email, bob.Metadata = &full, &email, json.RawMessage(`{ "n": 12345678901234567890 }`)
	if !here.putUser(bob) {
		t.Error("a new user is not told as created")
	}

	who := there.expectAccepted(basic("bob", "the password of bob's"))
	there.leader.expectTrips(0, 1)
	expectIdentity(t, who, Identity{
		Username: "bob", Roles: []string{"watcher", "unknown"}, FullName: &full, Email: &email,
		Metadata: json.RawMessage(`{"n":12345678901234567890}`),
		Realm:    Realm{Name: "default_native", Type: "native"}, Type: "realm",
	})
	if !who.may(account.ActionHealth) || who.may(account.ActionRemoveNode) {
		t.Error("bob may not what the roles grant, or more")
	}
	err := there.RemoveNode(t.Context(), who, "node-0")
	e, ok := errors.AsType[*PermissionError](err)
	if !ok || e.Caller.Username != "bob" || !slices.Equal(e.MissingRoles, []string{"unknown"}) {
		t.Errorf("%v", err)
	}
}

func TestPuttingAUserAgainReplacesAllButThePassword(t *testing.T) {
	here, there, _ := threeNodes(t)
	email := "bob@example.com"
	bob := here.world.bob("the password of bob's", "watcher")
	bob.Email = &email
	here.putUser(bob)
	there.catchUpNow()
	first := there.expectAccepted(basic("bob", "the password of bob's"))

	if there.putUser(UserChange{Username: "bob", Roles: []string{}, Enabled: true}) {
		t.Error("a user that was there is told as created")
	}
	here.catchUpNow()
	again := here.expectAccepted(basic("bob", "the password of bob's"))
	if again.userID != first.userID || again.Email != nil || len(again.Roles) != 0 || again.may(account.ActionHealth) {
		t.Errorf("bob is %+v", again)
	}

	here.putUser(here.world.bob("another password", "watcher"))
	there.expectAccepted(basic("bob", "another password"))
	there.expectRefused(basic("bob", "the password of bob's"), badUser("bob"))
}

func TestADeletedUserThatIsMadeAnewIsAnother(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "watcher"))
	first := there.expectAccepted(basic("bob", "the password of bob's"))
	for _, want := range []bool{true, false} {
		if found, err := here.DeleteUser(t.Context(), elastic, "bob"); found != want || err != nil {
			t.Errorf("found %v, %v; want %v", found, err, want)
		}
	}
	here.expectRefused(basic("bob", "the password of bob's"), badUser("bob"))

	here.putUser(here.world.bob("the password of bob's", "watcher"))
	there.catchUpNow()
	if second := there.expectAccepted(basic("bob", "the password of bob's")); second.userID == first.userID || second.userID == "" {
		t.Error("the new bob passes for the former one")
	}
	// What the first one was is not looked up under the second one's name.
	err := there.authorize(t.Context(), first, account.ActionRemoveNode)
	if _, ok := errors.AsType[*PermissionError](err); !ok {
		t.Errorf("%v", err)
	}
}

func TestAUserIsCheckedCompletely(t *testing.T) {
	n := oneNode(t)
	w := n.world
	name := account.CheckName("user", " bob").Error()
	role := account.CheckName("role", "").Error()
	two := w.clear("a password in clear")
	hash := hashed(w, "a password as a hash")
	secretHash := token.SecretFrom(hash.Text())
	two.Hash = &secretHash
	for about, c := range map[string]struct {
		change func(*UserChange)
		want   *ValidationError
	}{
		"a reserved name":    {func(u *UserChange) { u.Username = "kibana" }, invalidWith("user [kibana] is reserved and only the password can be changed")},
		"a malformed name":   {func(u *UserChange) { u.Username = " bob" }, invalidWith(name)},
		"no roles":           {func(u *UserChange) { u.Roles = nil }, invalidWith("roles are missing")},
		"a malformed role":   {func(u *UserChange) { u.Roles = []string{"a", "", " "} }, invalidWith(role)},
		"too many roles":     {func(u *UserChange) { u.Roles = make([]string, 1001) }, invalidWith("a user may have at most [1000] roles")},
		"reserved metadata":  {func(u *UserChange) { u.Metadata = json.RawMessage(`{"a":1,"_b":2}`) }, invalidWith("metadata keys may not start with [_]")},
		"metadata, a list":   {func(u *UserChange) { u.Metadata = json.RawMessage(`[]`) }, invalidWith("metadata must be an object")},
		"metadata, null":     {func(u *UserChange) { u.Metadata = json.RawMessage(`null`) }, invalidWith("metadata must be an object")},
		"metadata, no UTF-8": {func(u *UserChange) { u.Metadata = json.RawMessage("{\"a\":\"\xff\"}") }, invalidWith("metadata must be an object")},
		"metadata, no JSON":  {func(u *UserChange) { u.Metadata = json.RawMessage(`{`) }, invalidWith("metadata must be an object")},
		"five characters":    {func(u *UserChange) { u.Password = w.clear("ééééé") }, invalidWith("passwords must be at least [6] characters long")},
		"two passwords":      {func(u *UserChange) { u.Password = two }, invalidWith("password_hash and password cannot both be set")},
		"everything is told": {func(u *UserChange) { *u = UserChange{Username: "elastic"} }, invalidWith("user [elastic] is reserved and only the password can be changed", "roles are missing")},
	} {
		t.Run(about, func(t *testing.T) {
			bob := w.bob("the password of bob's")
			c.change(&bob)
			_, err := n.PutUser(t.Context(), elastic, bob)
			expectError(t, err, c.want)
			n.leader.expectTrips(0, 0)
		})
	}
	_, err := n.PutUser(t.Context(), elastic, UserChange{Username: "bob", Roles: []string{}})
	expectError(t, err, invalidWith("password must be specified unless you are updating an existing user"))
}

func TestAUserTooLargeForTheLogIsRefused(t *testing.T) {
	n := oneNode(t)
	bob := n.world.bob("the password of bob's")
	bob.Metadata = json.RawMessage(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`)
	if _, err := n.PutUser(t.Context(), elastic, bob); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	n.leader.expectTrips(0, 0)
}

func TestBcryptTakesPasswordsThatItReadsToTheEnd(t *testing.T) {
	n := oneNode(t)
	n.hashing = algorithm(t, "bcrypt4")
	long := strings.Repeat("x", 72)
	n.putUser(n.world.bob(long))
	n.expectAccepted(basic("bob", long))
	_, err := n.PutUser(t.Context(), elastic, n.world.bob(long+"x"))
	expectError(t, err, invalidWith("passwords hashed with [bcrypt4] must be at most [72] bytes long"))

	n.hashing = cheapest(t)
	n.putUser(n.world.bob(long + "x"))
	n.expectAccepted(basic("bob", long+"x"))
	_, err = n.PutUser(t.Context(), elastic, n.world.bob(strings.Repeat("x", 4097)))
	expectError(t, err, invalidWith("passwords hashed with [pbkdf2_1000] must be at most [4096] bytes long"))
}

func TestAPasswordMayBeGivenAsAHashThatIsSlow(t *testing.T) {
	n := oneNode(t)
	given := func(text string) UserChange {
		hash := token.SecretFrom(text)
		return UserChange{Username: "bob", Password: NewPassword{Hash: &hash}, Roles: []string{}, Enabled: true}
	}
	for _, name := range []string{"bcrypt4", "pbkdf2_1000", "pbkdf2_stretch_1000"} {
		hash, err := algorithm(t, name).Hash(n.world.secret("the password by " + name))
		if err != nil {
			t.Fatal(err)
		}
		n.putUser(given(hash.Text()))
		n.expectAccepted(basic("bob", "the password by "+name))
	}
	for _, text := range []string{"", "no hash", "{SSHA256}", token.HashFast(token.SecretFrom("a password")).Text(), "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="} {
		_, err := n.PutUser(t.Context(), elastic, given(text))
		if e, ok := errors.AsType[*ArgumentError](err); !ok || text != "" && strings.Contains(e.Reason, text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAForgottenPutTellsWhetherItHasMadeTheUser(t *testing.T) {
	for name, c := range map[string]struct {
		before  func([]byte) [][]byte
		there   bool
		created bool
	}{
		"not yet carried, new": {notYetCarried, false, true},
		"carried already, new": {carriedAlready, false, true},
		"not yet carried, old": {notYetCarried, true, false},
		"carried already, old": {carriedAlready, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			if c.there {
				n.putUser(n.world.bob("a former password"))
			}
			n.world.forgetNext(c.before)
			if created := n.putUser(n.world.bob("the password of bob's")); created != c.created {
				t.Errorf("created: %v", created)
			}
			n.expectAccepted(basic("bob", "the password of bob's"))
		})
	}
}

func TestAForgottenDeleteOfAUserIsNotToldAsNotFound(t *testing.T) {
	n := oneNode(t)
	n.putUser(n.world.bob("the password of bob's"))
	n.world.forgetNext(carriedAlready)
	if found, err := n.DeleteUser(t.Context(), elastic, "bob"); found || !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestAReservedUserIsNotDeleted(t *testing.T) {
	n := oneNode(t)
	_, err := n.DeleteUser(t.Context(), elastic, "elastic")
	expectError(t, err, &ArgumentError{"user [elastic] is reserved and cannot be deleted"})
	if found, err := n.DeleteUser(t.Context(), elastic, " no name"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	n.leader.expectTrips(0, 0)
}

func names(users []User) []string {
	var list []string
	for _, u := range users {
		list = append(list, u.Username)
	}
	return list
}

func TestUsersAreListedWithTheReservedOnes(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.putUser(here.world.bob("the password of bob's", "watcher"))
	here.fileUser("a-file-user", "the password in the file")
	if err := here.SetUserEnabled(t.Context(), elastic, "kibana", false); err != nil {
		t.Fatal(err)
	}

	all, err := there.Users(t.Context(), elastic, nil)
	if want := []string{"apm_system", "beats_system", "bob", "elastic", "kibana", "kibana_system", "logstash_system", "remote_monitoring_user"}; !slices.Equal(names(all), want) || err != nil {
		t.Errorf("%v, %v; want %v", names(all), err, want)
	}
	some, err := there.Users(t.Context(), elastic, []string{"kibana", "bob", "unknown", "a-file-user", "bob", "elastic"})
	want := []User{
		{
			Username: "kibana", Roles: []string{"kibana_system"}, Enabled: false,
			Metadata: json.RawMessage(`{"_deprecated":true,"_deprecated_reason":"Please use the [kibana_system] user instead.","_reserved":true}`),
		},
		{Username: "bob", Roles: []string{"watcher"}, Enabled: true},
		{Username: "elastic", Roles: []string{"superuser"}, Enabled: true, Metadata: json.RawMessage(`{"_reserved":true}`)},
	}
	if !reflect.DeepEqual(some, want) || err != nil {
		t.Errorf("%+v, %v; want %+v", some, err, want)
	}
	if none, err := there.Users(t.Context(), elastic, []string{}); none == nil || len(none) != 0 || err != nil {
		t.Errorf("%v, %v", none, err)
	}
	there.leader.failure = ErrNoLeader
	if _, err := there.Users(t.Context(), elastic, nil); !errors.Is(err, ErrNoLeader) {
		t.Errorf("a list that may be old is told: %v", err)
	}
}

func TestASearchFindsNativeUsersOnly(t *testing.T) {
	here, there, _ := threeNodes(t)
	full := "Bob Dobbs"
	for _, name := range []string{"bob", "bert", "alice"} {
		here.putUser(UserChange{Username: name, Password: here.world.clear("the password of " + name), Roles: []string{"watcher"}, FullName: &full, Enabled: name != "bert"})
	}
	for body, want := range map[string][]string{
		``: {"alice", "bert", "bob"},
		`{"query":{"prefix":{"username":"b"}},"sort":[{"username":"desc"}]}`: {"bob", "bert"},
		`{"query":{"term":{"enabled":false}}}`:                               {"bert"},
		`{"query":{"match":{"full_name":"dobbs"}},"size":1}`:                 {"alice"},
		`{"query":{"term":{"roles":"watcher"}},"from":2}`:                    {"bob"},
		`{"query":{"exists":{"field":"email"}}}`:                             nil,
		`{"query":{"ids":{"values":["user-bob"]}}}`:                          {"bob"},
		`{"query":{"term":{"username":"elastic"}}}`:                          nil,
	} {
		page, err := there.QueryUsers(t.Context(), elastic, []byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		var got []string
		for _, h := range page.Hits {
			got = append(got, h.Value.Username)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", body, got, want)
		}
	}
	if _, err := there.QueryUsers(t.Context(), elastic, []byte(`{"query":{"term":{"password":"x"}}}`)); err == nil {
		t.Error("passwords can be searched")
	}
}

func TestAReservedUserWithoutAPasswordLogsInWithNone(t *testing.T) {
	n := oneNode(t)
	if err := n.SetUserEnabled(t.Context(), elastic, "kibana", true); err != nil {
		t.Fatal(err)
	}
	if u, ok := n.state.Current().User("kibana"); !ok || u.Password != "" || u.ID == "" {
		t.Fatalf("the record is %+v", u)
	}
	n.expectRefused(basic("kibana", ""), badUser("kibana"))
	n.expectRefused(basic("kibana", "a password"), badUser("kibana"))
	if err := n.ChangePassword(t.Context(), elastic, "kibana", n.world.clear("the password of kibana's")); err != nil {
		t.Fatal(err)
	}
	if who := n.expectAccepted(basic("kibana", "the password of kibana's")); who.Realm != realmReserved || !slices.Equal(who.Roles, []string{"kibana_system"}) {
		t.Errorf("kibana is %+v", who)
	}
}
