package security

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

const (
	accessLife = 20 * time.Minute
	// The native users of every story: the one asks for tokens, the other owns
	// them.
	asker, owner = "asker", "owner"
)

// tokenNodes are the nodes of a cluster that has the two users. All nodes but the
// first lag behind.
func tokenNodes(t testing.TB, count int) []*node {
	t.Helper()
	w := newWorld(t)
	for range count {
		w.node()
	}
	n := w.nodes[0]
	n.found()
	n.role("tokens", "manage_token")
	n.user(asker, "tokens")
	n.user(owner, "viewers")
	n.leader.expectTrips(3, 0)
	return w.nodes
}

func tokenNode(t testing.TB) *node {
	t.Helper()
	return tokenNodes(t, 1)[0]
}

// native is a native user who has authenticated a moment ago.
func (n *node) native(name string) Identity {
	n.world.t.Helper()
	n.catchUpNow()
	return n.expectAccepted(basic(name, "secret of "+name))
}

// catchUpNow brings the node's state up to date without being counted.
func (n *node) catchUpNow() {
	n.world.t.Helper()
	if err := n.world.bring(n.state); err != nil {
		n.world.t.Fatal(err)
	}
}

// put makes or changes a user or a service account.
func (n *node) put(c fsm.Command) {
	n.world.t.Helper()
	code, _, err := n.Service.propose(n.world.t.Context(), c)
	if err != nil || code != fsm.OK && code != fsm.Replaced {
		n.world.t.Fatalf("%s: outcome %q, %v", c.Type(), code, err)
	}
}

func passwordGrant(name string) TokenRequest {
	return TokenRequest{GrantType: new("password"), Username: new(name), Password: new(token.SecretFrom("secret of " + name))}
}

func refreshGrant(refresh string) TokenRequest {
	return TokenRequest{GrantType: new("refresh_token"), RefreshToken: new(token.SecretFrom(refresh))}
}

func clientCredentials() TokenRequest { return TokenRequest{GrantType: new("client_credentials")} }

// grant asks for a token that is given, and has its texts looked for at the end.
func (n *node) grant(who Identity, r TokenRequest) IssuedToken {
	n.world.t.Helper()
	i, err := n.CreateToken(n.world.t.Context(), who, r)
	if err != nil {
		n.world.t.Fatalf("no token: %v", err)
	}
	n.world.keep(i)
	return i
}

func (w *world) keep(i IssuedToken) {
	w.secret(i.AccessToken)
	if i.RefreshToken != "" {
		w.secret(i.RefreshToken)
	}
}

// expectNoGrant asks for a token that is not given.
func expectNoGrant[E error](n *node, who Identity, r TokenRequest, want E) {
	n.world.t.Helper()
	i, err := n.CreateToken(n.world.t.Context(), who, r)
	if !reflect.DeepEqual(i, IssuedToken{}) {
		n.world.t.Error("a token was given")
	}
	expectError(n.world.t, err, want)
}

func accessOf(i IssuedToken) string { return "Bearer " + i.AccessToken }

var expired = &AuthenticationError{Kind: TokenExpired}

// later moves the clock of all nodes.
func (w *world) later(d time.Duration) { w.now = w.now.Add(d) }

func TestTheWholeLifeOfATokenOnThreeNodes(t *testing.T) {
	nodes := tokenNodes(t, 3)
	client := nodes[0].native(asker)

	first := nodes[0].grant(client, passwordGrant(owner))
	if first.ExpiresIn != accessLife || first.Scope != "" || first.Authentication.Type != TypeRealm || first.Authentication.Username != owner {
		t.Errorf("issued for %v, scope %q, %+v", first.ExpiresIn, first.Scope, first.Authentication)
	}
	who := nodes[1].expectAccepted(accessOf(first)) // it has never heard of it
	if who.Username != owner || who.Type != TypeToken || who.Realm != realmNative || who.Token != nil || who.RunBy != nil {
		t.Errorf("%+v", who)
	}
	nodes[1].leader.expectTrips(0, 1)
	nodes[1].expectAccepted(accessOf(first))
	nodes[1].leader.expectTrips(0, 0)

	second := nodes[2].grant(nodes[2].native(asker), refreshGrant(first.RefreshToken))
	if second.AccessToken == first.AccessToken || second.RefreshToken == first.RefreshToken || second.ExpiresIn != accessLife {
		t.Error("the refresh gave nothing new")
	}
	nodes[0].expectAccepted(accessOf(first))
	nodes[0].expectAccepted(accessOf(second))

	nodes[1].expectInvalidated(Invalidation{Username: owner}, Invalidated{Now: 3}) // the first refresh token is spent
	nodes[1].expectRefused(accessOf(first), expired)
	nodes[1].expectRefused(accessOf(second), expired)
	expectNoGrant(nodes[0], client, refreshGrant(second.RefreshToken), &GrantError{"invalid_grant", "token has been invalidated"})
}

// What is said of each wrong request, to the letter.
func TestEveryWrongRequestIsRefusedInItsWords(t *testing.T) {
	const unsupported, invalid = "unsupported_grant_type", "invalid_request"
	const grants = "Validation Failed: 1: grant_type only supports the values: [password, _kerberos, refresh_token, client_credentials];"
	text, empty := new("x"), new("")
	secret, emptySecret := new(token.SecretFrom("x")), new(token.SecretFrom(""))
	for _, c := range []struct {
		name    string
		request TokenRequest
		code    string
		reason  string
	}{
		{"no grant_type", TokenRequest{}, unsupported, grants},
		{"an empty grant_type", TokenRequest{GrantType: empty}, unsupported, grants},
		{"an unknown grant_type", TokenRequest{GrantType: text, Username: text}, unsupported, grants},
		{"a grant_type in capitals", TokenRequest{GrantType: new("PASSWORD")}, unsupported, grants},
		{"a grant_type without a meaning here", TokenRequest{GrantType: new("authorization_code")}, unsupported, grants},

		{"password: nothing", TokenRequest{GrantType: new("password")}, invalid,
			"Validation Failed: 1: username is missing;2: password is missing;"},
		{"password: empty", TokenRequest{GrantType: new("password"), Username: empty, Password: emptySecret}, invalid,
			"Validation Failed: 1: username is missing;2: password is missing;"},
		{"password: no username", TokenRequest{GrantType: new("password"), Password: secret}, invalid,
			"Validation Failed: 1: username is missing;"},
		{"password: no password", TokenRequest{GrantType: new("password"), Username: text}, invalid,
			"Validation Failed: 1: password is missing;"},
		{"password: a refresh token", TokenRequest{GrantType: new("password"), Username: text, Password: secret, RefreshToken: secret}, unsupported,
			"Validation Failed: 1: refresh_token is not supported with the password grant_type;"},
		{"password: an empty refresh token", TokenRequest{GrantType: new("password"), Username: text, Password: secret, RefreshToken: emptySecret}, unsupported,
			"Validation Failed: 1: refresh_token is not supported with the password grant_type;"},
		{"password: too much and too little", TokenRequest{GrantType: new("password"), KerberosTicket: secret, RefreshToken: secret}, unsupported,
			"Validation Failed: 1: kerberos_ticket is not supported with the password grant_type;" +
				"2: refresh_token is not supported with the password grant_type;3: username is missing;4: password is missing;"},

		{"client_credentials: everything", TokenRequest{GrantType: new("client_credentials"), Username: text, Password: secret, KerberosTicket: secret, RefreshToken: secret}, unsupported,
			"Validation Failed: 1: username is not supported with the client_credentials grant_type;" +
				"2: password is not supported with the client_credentials grant_type;" +
				"3: kerberos_ticket is not supported with the client_credentials grant_type;" +
				"4: refresh_token is not supported with the client_credentials grant_type;"},

		{"refresh_token: nothing", TokenRequest{GrantType: new("refresh_token")}, invalid,
			"Validation Failed: 1: refresh_token is missing;"},
		{"refresh_token: empty", TokenRequest{GrantType: new("refresh_token"), RefreshToken: emptySecret}, invalid,
			"Validation Failed: 1: refresh_token is missing;"},
		{"refresh_token: everything else", TokenRequest{GrantType: new("refresh_token"), Username: text, Password: secret, KerberosTicket: secret}, unsupported,
			"Validation Failed: 1: username is not supported with the refresh_token grant_type;" +
				"2: password is not supported with the refresh_token grant_type;" +
				"3: kerberos_ticket is not supported with the refresh_token grant_type;4: refresh_token is missing;"},

		{"_kerberos: nothing", TokenRequest{GrantType: new("_kerberos")}, invalid,
			"Validation Failed: 1: kerberos_ticket is missing;"},
		{"_kerberos: everything else", TokenRequest{GrantType: new("_kerberos"), Username: text, Password: secret, RefreshToken: secret}, unsupported,
			"Validation Failed: 1: username is not supported with the _kerberos grant_type;" +
				"2: password is not supported with the _kerberos grant_type;" +
				"3: refresh_token is not supported with the _kerberos grant_type;4: kerberos_ticket is missing;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			expectNoGrant(n, n.native(asker), c.request, &GrantError{c.code, c.reason})
			n.leader.expectTrips(0, 0)
		})
	}
}

func TestAWrongPasswordIsRefusedForTheActionAndNotAsAGrant(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	for _, name := range []string{owner, "stranger"} {
		r := passwordGrant(name)
		r.Password = new(token.SecretFrom("wrong"))
		expectNoGrant(n, client, r, &AuthenticationError{Kind: BadUser, Principal: name, Action: "cluster:admin/xpack/security/token/create"})
	}
}

func TestADisabledUserGetsNoToken(t *testing.T) {
	n := tokenNode(t)
	n.propose(&fsm.SetUserEnabled{Name: owner})
	expectNoGrant(n, n.native(asker), passwordGrant(owner),
		&AuthenticationError{Kind: BadUser, Principal: owner, Action: account.ActionCreateToken})
}

func TestNobodyHereOpensAKerberosTicket(t *testing.T) {
	n := tokenNode(t)
	r := TokenRequest{GrantType: new("_kerberos"), KerberosTicket: new(token.SecretFrom("YIIChgYGKwYBBQUC"))}
	expectNoGrant(n, n.native(asker), r,
		&AuthenticationError{Kind: BadUser, Principal: "<Kerberos Token>", Action: account.ActionCreateToken})
	n.leader.expectTrips(0, 0)
}

func TestAScopeIsAlwaysFullAndToldOnlyToWhoAskedForOne(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	for asked, want := range map[*string]string{nil: "", new(""): "full", new("full"): "full", new("read write"): "full"} {
		r := passwordGrant(owner)
		r.Scope = asked
		first := n.grant(client, r)
		r = refreshGrant(first.RefreshToken)
		r.Scope = asked
		if second := n.grant(client, r); first.Scope != want || second.Scope != want {
			t.Errorf("asked %v: %q and %q, want %q", asked, first.Scope, second.Scope, want)
		}
	}
}

func TestAClientThatAsksForItselfGetsATokenThatCannotBeRefreshed(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	i := n.grant(client, clientCredentials())
	if i.RefreshToken != "" || i.ExpiresIn != accessLife || !reflect.DeepEqual(i.Authentication.Username, asker) || i.Authentication.Type != TypeRealm {
		t.Errorf("refresh token %v, %v, %+v", i.RefreshToken != "", i.ExpiresIn, i.Authentication)
	}
	who := n.expectAccepted(accessOf(i))
	if who.Username != asker || !reflect.DeepEqual(who.Roles, client.Roles) || who.Type != TypeToken || !who.may(account.ActionCreateToken) {
		t.Errorf("%+v", who)
	}
	// What a token's holder makes is that user's too.
	again := n.grant(who, clientCredentials())
	if again := n.expectAccepted(accessOf(again)); again.Username != asker {
		t.Errorf("%+v", again)
	}
}

func TestAServiceAccountThatMayKeepsItsTokensName(t *testing.T) {
	n := tokenNode(t)
	created, err := n.CreateServiceToken(t.Context(), elastic, "elastic", "kibana", "token1", TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kibana := n.expectAccepted(presented(n.world.bearer(created)))
	who := n.expectAccepted(accessOf(n.grant(kibana, clientCredentials())))
	if who.Username != "elastic/kibana" || !who.ServiceAccount || who.Type != TypeToken || !reflect.DeepEqual(who.Token, kibana.Token) {
		t.Errorf("%+v", who)
	}
	if !reflect.DeepEqual(who.privileges, kibana.privileges) {
		t.Error("it may other things than the account")
	}
}

func TestTheTokenServiceIsAskedForOnlyWhereItIsOn(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	access := accessOf(n.grant(client, clientCredentials()))
	n.tokens.Enabled = false
	if _, err := n.CreateToken(t.Context(), client, TokenRequest{}); !errors.Is(err, ErrTokensDisabled) {
		t.Errorf("create: %v", err)
	}
	if _, err := n.InvalidateTokens(t.Context(), client, Invalidation{}); !errors.Is(err, ErrTokensDisabled) {
		t.Errorf("invalidate: %v", err)
	}
	n.expectRefused(access, &AuthenticationError{Kind: BadBearer})
}

func TestWhetherTheCallerMayIsAskedBeforeAnythingElse(t *testing.T) {
	n := tokenNode(t)
	stranger := n.native(owner)
	n.tokens.Enabled = false
	for action, r := range map[string]TokenRequest{
		"cluster:admin/xpack/security/token/create":  {},
		"cluster:admin/xpack/security/token/refresh": refreshGrant("x"),
	} {
		_, err := n.CreateToken(t.Context(), stranger, r)
		refused, ok := errors.AsType[*PermissionError](err)
		if !ok || refused.Action != action {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestAnOwnerHasSoManyTokensAndNoMore(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	n.tokenLimit = 3
	last := n.grant(client, passwordGrant(owner))
	n.grant(client, passwordGrant(owner))
	n.grant(client, passwordGrant(owner))
	want := &GrantError{"invalid_request", "user [owner] of realm [default_native] has the 3 tokens that one may have; " +
		"use them, and ask again when some of them have expired: a token that can be refreshed counts for 24h0m0s"}
	n.leader.expectTrips(3, 0)
	expectNoGrant(n, client, passwordGrant(owner), want)
	expectNoGrant(n, client, refreshGrant(last.RefreshToken), want)
	n.leader.expectTrips(0, 3)           // one to learn of the refresh token, and one for each refusal
	n.grant(client, clientCredentials()) // of another owner

	n.tokenLimit = 4
	next := n.grant(client, refreshGrant(last.RefreshToken))
	if again := n.grant(client, refreshGrant(last.RefreshToken)); again.AccessToken != next.AccessToken {
		t.Error("a pair that is there needs no room")
	}
}

func TestANodeThatLagsDoesNotCountWhatIsPurged(t *testing.T) {
	nodes := tokenNodes(t, 2)
	here, there := nodes[0], nodes[1]
	there.tokenLimit = 1
	i := here.grant(here.native(asker), clientCredentials())
	client := there.native(asker)
	here.world.later(accessLife)
	here.purge(i.AccessToken)
	there.grant(client, clientCredentials())
}

// Whoever changes a password and then invalidates the tokens has stopped all.
func TestATokenOnItsWayWhileItsPasswordIsChangedIsNotGiven(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	n.meanwhile(&fsm.SetPassword{Name: owner, Password: "another"})
	expectNoGrant(n, client, passwordGrant(owner), &AuthenticationError{Kind: BadUser, Principal: owner, Action: account.ActionCreateToken})
	n.meanwhile(&fsm.DeleteUser{Name: asker})
	expectNoGrant(n, client, clientCredentials(), &AuthenticationError{Kind: BadUser, Principal: asker, Action: account.ActionCreateToken})
}

// meanwhile has another node's command carried before this one's next.
func (n *node) meanwhile(c fsm.Command) {
	n.world.t.Helper()
	n.world.beforeCommit = func([]byte) {
		n.world.beforeCommit = nil
		n.propose(c)
	}
}

func TestAForgottenGrantIsNotGivenTwice(t *testing.T) {
	for name, before := range map[string]func([]byte) [][]byte{"not yet carried": notYetCarried, "carried already": carriedAlready} {
		t.Run(name, func(t *testing.T) {
			n := tokenNode(t)
			client := n.native(asker)
			n.world.forgetNext(before)
			first := n.grant(client, passwordGrant(owner))
			n.expectAccepted(accessOf(first))

			n.world.forgetNext(before)
			second := n.grant(client, refreshGrant(first.RefreshToken))
			n.expectAccepted(accessOf(second))
			n.expectTokens(owner, 2)
		})
	}
}

// expectTokens counts what the node's state has of a native user.
func (n *node) expectTokens(username string, want int) {
	n.world.t.Helper()
	got := 0
	for range n.state.Current().OAuthTokensOf(username, realmNative.Name) {
		got++
	}
	if got != want {
		n.world.t.Errorf("%d tokens of %s, want %d", got, username, want)
	}
}

func TestAGrantThatCannotBeMadeSaysSo(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	refresh := n.grant(client, passwordGrant(owner)).RefreshToken
	for _, failure := range []error{ErrNoLeader, ErrOutcomeUnknown} {
		n.leader.failure = failure
		for _, r := range []TokenRequest{passwordGrant(owner), clientCredentials(), refreshGrant(refresh)} {
			if i, err := n.CreateToken(t.Context(), client, r); !errors.Is(err, failure) || i.AccessToken != "" {
				t.Errorf("%s: %v, want %v", *r.GrantType, err, failure)
			}
		}
		if _, err := n.InvalidateTokens(t.Context(), client, Invalidation{Username: owner}); !errors.Is(err, failure) {
			t.Errorf("invalidate: %v, want %v", err, failure)
		}
	}
}

func TestAnIssuedTokenIsNotPrinted(t *testing.T) {
	n := tokenNode(t)
	i := n.grant(n.native(asker), passwordGrant(owner))
	n.logger.Info("issued", "token", i)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		if printed := fmt.Sprintf(verb, i); strings.Contains(printed, i.AccessToken) || strings.Contains(printed, i.RefreshToken) {
			t.Errorf("%s prints a token", verb)
		}
	}
}
