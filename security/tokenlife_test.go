package security

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// rotate rotates a token of elastic/fleet-server.
func (n *node) rotateFleet(name string, grace *time.Duration) (token.Bearer, CreatedToken) {
	n.world.t.Helper()
	rotated, err := n.RotateServiceToken(n.world.t.Context(), elastic, "elastic", "fleet-server", name, grace)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return n.world.bearer(rotated), rotated
}

func lasting(d time.Duration) *time.Duration { return &d }

// credentials lists the index-backed tokens of an account.
func (n *node) credentials(principal string) map[string]TokenInfo {
	n.world.t.Helper()
	namespace, service, _ := strings.Cut(principal, "/")
	c, err := n.Credentials(n.world.t.Context(), elastic, namespace, service, false)
	if err != nil {
		n.world.t.Fatal(err)
	}
	tokens := map[string]TokenInfo{}
	for _, info := range c.Tokens {
		tokens[info.Name] = info
	}
	return tokens
}

func TestATokenStopsWhenItExpiresAndStaysListed(t *testing.T) {
	n := oneNode(t)
	ends := n.world.now.Add(time.Hour)
	created, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", TokenOptions{
		Expiration: time.Hour, Metadata: json.RawMessage(`{ "team": "search", "n": 12345678901234567890 }`),
	})
	if err != nil || !created.Expires.Equal(ends) {
		t.Fatalf("%+v, %v", created.Expires, err)
	}
	b := n.world.bearer(created)

	n.world.now = ends.Add(-time.Millisecond)
	n.expectAccepted(presented(b))
	n.noteUses()
	n.world.now = ends
	n.expectRefused(presented(b), badToken(fleet, "token1"))

	info := n.credentials(fleet)["token1"]
	want := TokenInfo{
		Account: fleet, Name: "token1", Created: ends.Add(-time.Hour), Creator: fsm.Creator{Principal: "elastic", Realm: "reserved"},
		Expires: ends, LastUsed: ends.Add(-time.Hour), Metadata: json.RawMessage(`{"team":"search","n":12345678901234567890}`),
	}
	if got, want := asJSON(t, info), asJSON(t, want); got != want {
		t.Errorf("listed as %s, want %s", got, want)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestATokenIsNotGivenWhatItCannotHave(t *testing.T) {
	n := oneNode(t)
	const expiration = "the expiration must be above 0 and at most 3650d"
	object := func(text string) TokenOptions { return TokenOptions{Metadata: json.RawMessage(text)} }
	for _, c := range []struct {
		name    string
		options TokenOptions
		want    string
	}{
		{"a past expiration", TokenOptions{Expiration: -1}, expiration},
		{"more than ten years", TokenOptions{Expiration: 3650*24*time.Hour + 1}, expiration},
		{"a list", object(`[]`), "metadata must be an object"},
		{"null", object(`null`), "metadata must be an object"},
		{"a cut object", object(`{"a":`), "metadata must be an object"},
		{"an object that is no UTF-8", object("{\"a\":\"\xff\"}"), "metadata must be an object"},
		{"a reserved key", object(`{"a":{},"_b":1}`), "metadata keys may not start with [_]"},
		{"a reserved key in disguise", object(`{"\u005fb":1}`), "metadata keys may not start with [_]"},
		{"too much", object(`{"a":"` + strings.Repeat("x", 16<<10) + `"}`), "metadata must have at most 16384 bytes"},
		{"all at once", TokenOptions{Expiration: -1, Metadata: json.RawMessage(`1`)}, expiration + "; metadata must be an object"},
	} {
		_, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", c.options)
		invalid, ok := errors.AsType[*ValidationError](err)
		if !ok || invalid.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	n.leader.expectTrips(0, 0)

	for _, fine := range []TokenOptions{object(`{"a":{"_b":1}}`), {Expiration: 3650 * 24 * time.Hour}} {
		if _, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "", fine); err != nil {
			t.Errorf("%+v: %v", fine, err)
		}
	}
}

func TestNobodyTakesASecretOfAnAccountThatMayMore(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.role("manager", "manage_service_account")
	who := here.user("joe", "manager")
	here.account(true)
	here.createOwn("token1", TokenOptions{})
	create := func(n *node) error {
		return second(n.CreateServiceToken(t.Context(), who, "apps", "worker", "", TokenOptions{}))
	}
	rotate := func(n *node) error {
		return second(n.RotateServiceToken(t.Context(), who, "apps", "worker", "token1", nil))
	}
	for _, err := range []error{create(here), rotate(here)} {
		if err != nil {
			t.Errorf("an account that may nothing: %v", err)
		}
	}
	there.catchUpNow()
	here.account(true, "manager", "superuser")

	// The node that is behind knows of an account that may nothing.
	const beyond = " a token of service account [apps/worker] hands on the privileges of its roles [superuser], which the caller does not hold"
	expectBeyond(t, create(there), "creating"+beyond)
	here.account(true, "superuser")
	expectBeyond(t, rotate(there), "rotating"+beyond)
}

func TestABuiltInAccountsTokensTakeTheirPrivilegeOnly(t *testing.T) {
	n := oneNode(t)
	n.role("manager", "manage_service_account")
	who := n.user("joe", "manager")
	if _, err := n.CreateServiceToken(t.Context(), who, "elastic", "kibana", "token1", TokenOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := n.RotateServiceToken(t.Context(), who, "elastic", "kibana", "token1", nil); err != nil {
		t.Error(err)
	}
}

func TestATokenNeedsAnAccount(t *testing.T) {
	here, there, _ := threeNodes(t)
	there.leader.expectTrips(0, 0)
	_, err := there.CreateServiceToken(t.Context(), elastic, "apps", "worker", "token1", TokenOptions{})
	expectError(t, err, &UnknownAccountError{worker})
	there.leader.expectTrips(0, 1)

	here.account(true)
	if _, err = there.CreateServiceToken(t.Context(), elastic, "apps", "worker", "token1", TokenOptions{}); err != nil {
		t.Errorf("the account was made elsewhere: %v", err)
	}
	there.leader.expectTrips(1, 1)
}

func TestAnAccountThatIsDeletedMeanwhileGetsNoToken(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true)
	there.catchUpNow()
	here.world.beforeCommit = func([]byte) {
		here.world.beforeCommit = nil
		if _, err := here.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", false); err != nil {
			t.Error(err)
		}
	}
	_, err := there.CreateServiceToken(t.Context(), elastic, "apps", "worker", "token1", TokenOptions{})
	expectError(t, err, &UnknownAccountError{worker})
	if len(there.credentials(worker)) != 0 {
		t.Error("the account has left a token")
	}
}

func TestATokenDeletesItselfAndNoOther(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true)
	b := here.createOwn("token1", TokenOptions{})
	here.createOwn("token2", TokenOptions{})
	here.create("token1")
	who := there.expectAccepted(presented(b))
	for _, other := range [][3]string{
		{"apps", "worker", "token2"}, {"elastic", "fleet-server", "token1"}, {"apps", "worker", ""}, {"", "", ""},
	} {
		_, err := there.DeleteServiceToken(t.Context(), who, other[0], other[1], other[2])
		refused, ok := errors.AsType[*PermissionError](err)
		if !ok || refused.Action != account.ActionDeleteServiceToken {
			t.Errorf("%v: %v", other, err)
		}
	}
	if found, err := there.DeleteServiceToken(t.Context(), who, "apps", "worker", "token1"); !found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	there.expectRefused(presented(b), badToken(worker, "token1"))
	if len(there.credentials(worker)) != 1 || len(there.credentials(fleet)) != 1 {
		t.Error("another token is gone")
	}
}

func TestATokenDoesNotDeleteTheOneThatWasMadeInItsPlace(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.create("token1")
	former := there.expectAccepted(presented(here.remake("token1")))
	latter := here.remake("token1")

	if found, err := there.DeleteServiceToken(t.Context(), former, "elastic", "fleet-server", "token1"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	there.expectAccepted(presented(latter))
}

// remake deletes a token of elastic/fleet-server and creates it anew.
func (n *node) remake(name string) token.Bearer {
	n.world.t.Helper()
	n.expectDeleted("fleet-server", name, true)
	return n.create(name)
}

func TestAFileTokenDoesNotDeleteTheIndexTokenOfItsName(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "token1", "the secret of the file"))
	n.found()
	n.create("token1")
	who := n.expectAccepted(bearer(fleet, "token1", "the secret of the file"))
	_, err := n.DeleteServiceToken(t.Context(), who, "elastic", "fleet-server", "token1")
	if refused, ok := errors.AsType[*PermissionError](err); !ok || refused.Action != account.ActionDeleteServiceToken {
		t.Errorf("%v", err)
	}
}

func TestARotatedTokensSecretsAreBothGoodForAWhile(t *testing.T) {
	here, there, elsewhere := threeNodes(t)
	first := here.create("token1")
	second, rotated := there.rotateFleet("token1", nil)
	until := here.world.now.Add(24 * time.Hour)
	if second.Name != "token1" || !rotated.PreviousUntil.Equal(until) || !rotated.Expires.IsZero() {
		t.Errorf("%+v until %v", rotated, rotated.PreviousUntil)
	}
	if info := elsewhere.credentials(fleet)["token1"]; !info.PreviousUntil.Equal(until) {
		t.Errorf("listed until %v", info.PreviousUntil)
	}
	here.world.now = until.Add(-time.Millisecond)
	for _, n := range []*node{here, there, elsewhere} {
		n.expectAccepted(presented(first))
		n.expectAccepted(presented(second))
	}
	here.world.now = until
	for _, n := range []*node{here, there, elsewhere} {
		n.expectRefused(presented(first), badToken(fleet, "token1"))
		n.expectAccepted(presented(second))
	}
	if info := elsewhere.credentials(fleet)["token1"]; !info.PreviousUntil.IsZero() {
		t.Errorf("the former secret is listed as good until %v", info.PreviousUntil)
	}
}

func TestARotationWithoutGraceStopsTheFormerSecretAtOnce(t *testing.T) {
	n := oneNode(t)
	first := n.create("token1")
	second, rotated := n.rotateFleet("token1", lasting(0))
	if !rotated.PreviousUntil.IsZero() {
		t.Errorf("good until %v", rotated.PreviousUntil)
	}
	n.expectRefused(presented(first), badToken(fleet, "token1"))
	n.expectAccepted(presented(second))
}

func TestASecondRotationStopsTheFirstSecret(t *testing.T) {
	n := oneNode(t)
	first := n.create("token1")
	second, _ := n.rotateFleet("token1", lasting(time.Hour))
	third, _ := n.rotateFleet("token1", lasting(time.Hour))
	n.expectRefused(presented(first), badToken(fleet, "token1"))
	n.expectAccepted(presented(second))
	n.expectAccepted(presented(third))
}

func TestARotationDoesNotLengthenATokensLife(t *testing.T) {
	n := oneNode(t)
	ends := n.world.now.Add(time.Hour)
	if _, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", TokenOptions{Expiration: time.Hour}); err != nil {
		t.Fatal(err)
	}
	b, rotated := n.rotateFleet("token1", nil)
	if !rotated.Expires.Equal(ends) || !rotated.PreviousUntil.Equal(ends) {
		t.Errorf("expires %v, the former secret %v; want %v", rotated.Expires, rotated.PreviousUntil, ends)
	}
	n.world.now = ends
	n.expectRefused(presented(b), badToken(fleet, "token1"))
	_, err := n.RotateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", nil)
	expectError(t, err, &ArgumentError{"service account token [elastic/fleet-server/token1] has expired; create another one"})
}

func TestARotationIsCheckedFromTheNamespaceToTheToken(t *testing.T) {
	n := oneNode(t)
	tooLong := "the former secret of a token may stay good from 0 to 30d"
	for _, c := range []struct {
		namespace, service, name string
		grace                    *time.Duration
		want                     error
	}{
		{"", "", "_bad", lasting(-1), &EmptyPathError{"namespace"}},
		{"elastic", "", "_bad", lasting(-1), &EmptyPathError{"service-name"}},
		{"elastic", "foo", "_bad", lasting(-1), &TokenNameError{"_bad"}},
		{"elastic", "foo", "", lasting(-1), &TokenNameError{""}},
		{"elastic", "foo", "token1", lasting(-1), &ArgumentError{tooLong}},
		{"elastic", "foo", "token1", lasting(maxGrace + 1), &ArgumentError{tooLong}},
		{"elastic", "foo", "token1", lasting(maxGrace), &UnknownAccountError{"elastic/foo"}},
		{"apps", "worker", "token1", nil, &UnknownAccountError{worker}},
		{"elastic", "fleet-server", "token1", nil, &TokenUnknownError{fleet, "token1"}},
	} {
		_, err := n.RotateServiceToken(t.Context(), elastic, c.namespace, c.service, c.name, c.grace)
		expectSame(t, err, c.want)
	}
	if text := (&TokenUnknownError{worker, "token1"}).Error(); text != "service account token [apps/worker/token1] does not exist" {
		t.Error(text)
	}
}

func TestATokenThatWasMadeAnewMeanwhileIsNotRotated(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.create("token1")
	var latter token.Bearer
	here.world.beforeCommit = func([]byte) {
		here.world.beforeCommit = nil
		latter = here.remake("token1")
	}
	_, err := there.RotateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", lasting(0))
	expectError(t, err, &TokenUnknownError{fleet, "token1"})
	there.expectAccepted(presented(latter))
}

func TestAForgottenRotationKeepsTheFormerSecretsGrace(t *testing.T) {
	n := oneNode(t)
	first := n.create("token1")
	n.world.forgetNext(carriedAlready)
	second, _ := n.rotateFleet("token1", nil)
	n.expectAccepted(presented(second))
	n.expectAccepted(presented(first))
}

func TestUnusedCredentialsAreThoseThatNobodyUsed(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true)
	made := here.world.now
	here.createOwn("never-used", TokenOptions{})
	used := here.create("used")
	here.world.now = made.Add(30 * 24 * time.Hour)
	here.create("new")
	here.expectAccepted(presented(used))
	here.noteUses()

	here.world.now = made.Add(90 * 24 * time.Hour)
	for unusedFor, want := range map[time.Duration]string{
		90*24*time.Hour + 1:           "",
		90 * 24 * time.Hour:           "apps/worker/never-used",
		60*24*time.Hour + 1:           "apps/worker/never-used",
		60 * 24 * time.Hour:           "apps/worker/never-used elastic/fleet-server/new",
		60*24*time.Hour - time.Hour:   "apps/worker/never-used elastic/fleet-server/new elastic/fleet-server/used",
		60*24*time.Hour - time.Minute: "apps/worker/never-used elastic/fleet-server/new",
	} {
		list, err := there.UnusedCredentials(t.Context(), elastic, unusedFor)
		if list == nil || err != nil {
			t.Fatalf("%v, %v", list, err)
		}
		var names []string
		for _, info := range list {
			names = append(names, info.Account+"/"+info.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("unused for %v: %s, want %s", unusedFor, got, want)
		}
	}
	for _, short := range []time.Duration{0, -time.Hour, time.Hour - 1} {
		_, err := there.UnusedCredentials(t.Context(), elastic, short)
		expectError(t, err, &ArgumentError{"[unused_for] must be at least 1h: uses are kept to the hour"})
	}
}

func TestAnAccessTokenDoesNotDeleteTheServiceTokenThatItWasMadeWith(t *testing.T) {
	n := oneNode(t)
	n.tokens = TokenService{Enabled: true, Timeout: time.Hour}
	n.role("tokens", "manage_token")
	n.account(true, "tokens")
	b := n.createOwn("token1", TokenOptions{})
	grant := "client_credentials"
	issued, err := n.CreateToken(t.Context(), n.expectAccepted(presented(b)), TokenRequest{GrantType: &grant})
	if err != nil {
		t.Fatal(err)
	}
	n.world.secret(issued.AccessToken)
	who := n.expectAccepted("Bearer " + issued.AccessToken)
	if _, err := n.DeleteServiceToken(t.Context(), who, "apps", "worker", "token1"); !isDenied(err) {
		t.Errorf("as %s: %v", who.Username, err)
	}
	n.expectAccepted(presented(b))
}

func isDenied(err error) bool {
	_, denied := errors.AsType[*PermissionError](err)
	return denied
}
