package security

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"jeton/security/token"
)

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func bearer(account, name, secret string) string {
	namespace, service, _ := strings.Cut(account, "/")
	b := token.Bearer{Namespace: namespace, Service: service, Name: name, Secret: token.SecretFrom(secret)}
	return "Bearer " + b.Encode()
}

func presented(b token.Bearer) string { return "Bearer " + b.Encode() }

func badToken(account, name string) *AuthenticationError {
	return &AuthenticationError{Kind: BadServiceToken, Principal: account, TokenName: name}
}

// expectAccepted returns who the header makes the caller.
func (n *node) expectAccepted(authorization string) Identity {
	n.world.t.Helper()
	who, err := n.Authenticate(n.world.t.Context(), authorization, "")
	if err != nil {
		n.world.t.Fatalf("not authenticated: %v", err)
	}
	return who
}

func (n *node) expectRefused(authorization string, want *AuthenticationError) {
	n.world.t.Helper()
	who, err := n.Authenticate(n.world.t.Context(), authorization, "")
	if !reflect.DeepEqual(who, Identity{}) {
		n.world.t.Errorf("authenticated as %s", who.Username)
	}
	expectError(n.world.t, err, want)
}

// expectUndecided checks that the caller hears neither yes nor no.
func (n *node) expectUndecided(authorization string, want error) {
	n.world.t.Helper()
	who, err := n.Authenticate(n.world.t.Context(), authorization, "")
	if !errors.Is(err, want) || !reflect.DeepEqual(who, Identity{}) {
		n.world.t.Errorf("as [%s], %v; want %v", who.Username, err, want)
	}
}

func TestAHeaderThatIsNoCredentialIsRefusedWithoutAskingAnybody(t *testing.T) {
	missing := &AuthenticationError{Kind: MissingCredentials}
	scheme := &AuthenticationError{Kind: BadScheme}
	noToken := &AuthenticationError{Kind: BadBearer}
	for name, c := range map[string]struct {
		header string
		want   *AuthenticationError
	}{
		"no header":                         {"", missing},
		"a scheme alone":                    {"Bearer", scheme},
		"a scheme and an empty value":       {"Bearer ", scheme},
		"an empty scheme":                   {" x", scheme},
		"a tab for the space":               {"Bearer\tx", scheme},
		"another scheme":                    {"Digest username=elastic", scheme},
		"a scheme that begins with Bearer":  {"BearerToken x", scheme},
		"more than 8 KiB":                   {"Bearer " + strings.Repeat("A", 8<<10+1), scheme},
		"Basic with an empty value":         {"Basic ", scheme},
		"Basic that is no base64":           {"Basic elastic:changeme", scheme},
		"Basic without its padding":         {"Basic ZWxhc3RpYzpjaA", scheme},
		"Basic without a colon":             {"Basic ZWxhc3RpYw==", scheme},
		"Basic after two spaces":            {"Basic  ZWxhc3RpYzpj", scheme},
		"ApiKey":                            {"ApiKey aWQ6a2V5", &AuthenticationError{Kind: BadAPIKey}},
		"apikey":                            {"apikey aWQ6a2V5", &AuthenticationError{Kind: BadAPIKey}},
		"Bearer of another kind":            {"Bearer dGhpcyBpcyBub3QgYSB0b2tlbg", noToken},
		"Bearer after two spaces":           {"Bearer  " + bearer(fleet, "token1", "supersecret")[7:], noToken},
		"Bearer with a space behind":        {bearer(fleet, "token1", "supersecret") + " ", noToken},
		"Bearer of an invalid name":         {bearer(fleet, "_token1", "supersecret"), noToken},
		"Bearer longer than any token":      {"Bearer " + strings.Repeat("A", 8<<10), noToken},
		"a service token as an ApiKey":      {"ApiKey " + bearer(fleet, "token1", "supersecret")[7:], &AuthenticationError{Kind: BadAPIKey}},
		"Basic whose decoded half is a NUL": {"Basic AA==", scheme},
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			n.expectRefused(c.header, c.want)
			n.leader.expectTrips(0, 0)
		})
	}
}

func TestTheSchemeIsReadInAnyCase(t *testing.T) {
	n := oneNode(t)
	value := n.create("token1").Encode()
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		n.expectAccepted(scheme + " " + value)
	}
	for _, scheme := range []string{"Basic", "basic", "BASIC"} {
		n.expectAccepted(scheme + " " + basic(ReservedUser, password)[6:])
	}
}

func TestAPaddedBearerValueIsTheSameToken(t *testing.T) {
	n := oneNode(t)
	value := n.create("token1").Encode()
	n.expectAccepted("Bearer " + value + strings.Repeat("=", -len(value)&3))
}

func TestAnIndexTokenIsWhoItSaysAtNoCost(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.leader.expectTrips(1, 0)

	who := n.expectAccepted(presented(b))
	n.leader.expectTrips(0, 0)
	expectServiceIdentity(t, who, &TokenRef{Name: "token1", Type: "_service_account_index"})
}

func TestAFileTokenIsWhoItSaysAndNeedsNobody(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "token1", "the secret of the file"))
	n.leader.failure = ErrNoLeader

	who := n.expectAccepted(bearer(fleet, "token1", "the secret of the file"))
	n.leader.expectTrips(0, 0)
	expectServiceIdentity(t, who, &TokenRef{Name: "token1", Type: "_service_account_file"})
}

func expectServiceIdentity(t *testing.T, who Identity, ref *TokenRef) {
	t.Helper()
	full := "Service account - elastic/fleet-server"
	realm := Realm{Name: "_service_account", Type: "_service_account"}
	expectIdentity(t, who, Identity{
		Username:       "elastic/fleet-server",
		Roles:          []string{},
		FullName:       &full,
		Token:          ref,
		Metadata:       json.RawMessage(`{"_elastic_service_account":true}`),
		Realm:          realm,
		Type:           "token",
		ServiceAccount: true,
	})
	if !who.may("cluster:monitor/health") || who.may("cluster:admin/xpack/security/user/delete") {
		t.Error("the caller does not have the privileges of its account")
	}
}

// expectIdentity compares all that an identity shows.
func expectIdentity(t *testing.T, got, want Identity) {
	t.Helper()
	got.privileges, got.missing, got.anew, got.userID, got.tokenID, got.byToken = nil, nil, nil, "", "", false
	if !reflect.DeepEqual(got, want) {
		t.Errorf("identity\n%+v, want\n%+v", got, want)
	}
}

func TestTheSecretsOfAFileTokenAndAnIndexTokenOfOneNameBothWork(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "token1", "the secret of the file"))
	n.found()
	b := n.create("token1")

	if who := n.expectAccepted(bearer(fleet, "token1", "the secret of the file")); who.Token.Type != TokenTypeFile {
		t.Errorf("the file's token is a %s", who.Token.Type)
	}
	if who := n.expectAccepted(presented(b)); who.Token.Type != TokenTypeIndex {
		t.Errorf("the state's token is a %s", who.Token.Type)
	}
	n.leader.expectTrips(1, 0)
	n.expectRefused(bearer(fleet, "token1", "a third secret"), badToken(fleet, "token1"))
}

func TestWhatIsWrongWithATokenDoesNotShow(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"), "elastic/fleet/token1:"+hashed(w, "unknown account").Text())
	n.found()
	b := n.create("token1")
	for name, c := range map[string]struct{ account, token, secret string }{
		"wrong secret, index":                {fleet, "token1", "a wrong secret"},
		"wrong secret, file":                 {fleet, "on-file", "a wrong secret"},
		"the hash for a secret":              {fleet, "token1", "{SSHA256}" + b.Secret.Reveal()},
		"the right secret with more behind":  {fleet, "token1", b.Secret.Reveal() + "x"},
		"another token's secret":             {fleet, "on-file", b.Secret.Reveal()},
		"unknown name":                       {fleet, "token2", b.Secret.Reveal()},
		"another account's token":            {"elastic/kibana", "token1", b.Secret.Reveal()},
		"short secret":                       {fleet, "token1", b.Secret.Reveal()[:9]},
		"empty secret":                       {fleet, "token1", ""},
		"foreign namespace":                  {"apps/fleet-server", "token1", b.Secret.Reveal()},
		"unknown account":                    {"elastic/fleet", "token2", b.Secret.Reveal()},
		"unknown account that a file has":    {"elastic/fleet", "token1", "unknown account"},
		"an account's name in capitals":      {"Elastic/fleet-server", "token1", b.Secret.Reveal()},
		"namespace and service, cut shorter": {"elastic/fleet-serve", "r-token1", b.Secret.Reveal()},
	} {
		t.Run(name, func(t *testing.T) {
			n.expectRefused(bearer(c.account, c.token, c.secret), badToken(c.account, c.token))
		})
	}
}

func TestATokenThatNoStoreCanHaveIsRefusedWithoutAskingAnybody(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.leader.expectTrips(1, 0)
	n.leader.failure = ErrNoLeader
	n.expectRefused(bearer(fleet, "token1", b.Secret.Reveal()[:9]), badToken(fleet, "token1"))
	n.expectRefused(bearer("elastic/fleet", "token1", b.Secret.Reveal()), badToken("elastic/fleet", "token1"))
	n.leader.expectTrips(0, 0)
}

func TestAMissCostsExactlyOneRoundWithTheLeader(t *testing.T) {
	n := oneNode(t)
	n.create("token1")
	n.leader.expectTrips(1, 0)
	n.expectRefused(bearer(fleet, "token1", "a wrong secret"), badToken(fleet, "token1"))
	n.leader.expectTrips(0, 1)
	n.expectRefused(bearer(fleet, "token2", "a wrong secret"), badToken(fleet, "token2"))
	n.leader.expectTrips(0, 1)
}

func TestATokenMadeElsewhereIsAcceptedAtOnce(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	b := here.create("token1")

	there.expectAccepted(presented(b))
	there.leader.expectTrips(0, 1)
	there.expectAccepted(presented(b))
	there.leader.expectTrips(0, 0)
}

// The old secret of a name is as good as none: a miss.
func TestATokenMadeAnewElsewhereIsAcceptedAtOnce(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	old := here.create("token1")
	there.expectAccepted(presented(old))
	there.leader.expectTrips(0, 1)
	if found, err := here.DeleteServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1"); !found || err != nil {
		t.Fatal(found, err)
	}
	renewed := here.create("token1")

	there.expectAccepted(presented(renewed))
	there.leader.expectTrips(0, 1)
	there.expectRefused(presented(old), badToken(fleet, "token1"))
}

func TestWithoutALeaderAMissIsNotARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	b := n.create("token1")
	for _, failure := range []error{ErrNoLeader, ErrOverloaded, ErrNotMember} {
		n.leader.failure = failure
		n.expectUndecided(bearer(fleet, "token2", "a secret of ten"), failure)
		n.expectUndecided(bearer(fleet, "token1", "a wrong secret"), failure)
		n.expectUndecided(bearer(fleet, "on-file", "a wrong secret"), failure)
		n.expectUndecided(basic(ReservedUser, "wrong"), failure)
		n.expectUndecided(basic("bob", "wrong"), failure)

		n.expectAccepted(presented(b))
		n.expectAccepted(bearer(fleet, "on-file", "the secret of the file"))
		n.expectAccepted(basic(ReservedUser, password))
	}
}

func TestTheRoundWithTheLeaderIsBoundedByAuthTimeout(t *testing.T) {
	n := oneNode(t)
	n.leader.beforeCatchUp = func(ctx context.Context) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > time.Second {
			t.Errorf("a deadline in %v; auth.timeout is 1 s", left)
		}
	}
	n.expectRefused(bearer(fleet, "token1", "a wrong secret"), badToken(fleet, "token1"))
	n.leader.expectTrips(0, 1)
}

func TestAFileTokenOfNoSlowHashWorks(t *testing.T) {
	w := newWorld(t)
	w.secret("the secret of the file")
	n := w.node(fleet + "/token1:" + token.HashFast(token.SecretFrom("the secret of the file")).Text())
	n.expectAccepted(bearer(fleet, "token1", "the secret of the file"))
	n.leader.expectTrips(0, 0)
}
