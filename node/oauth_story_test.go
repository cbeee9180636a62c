package node_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"jeton/node/nodetest"
)

const (
	oauth  = "/_security/oauth2/token"
	oauth6 = "/_xpack/security/oauth2/token"

	tokenServiceOn = "xpack.security.authc.token.enabled=true"
)

var secretsInAnswer = regexp.MustCompile(`"(access_token|refresh_token)":"[A-Za-z0-9+/]+=*"`)

func withTokenService(t *testing.T) *nodetest.Cluster {
	t.Helper()
	return nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{tokenServiceOn}})
}

// must sends a request that has to succeed.
func must(t *testing.T, n *nodetest.Node, method, path, body string, o ...nodetest.Option) nodetest.Answer {
	t.Helper()
	a := n.Do(method, path, body, o...)
	if a.Status != http.StatusOK {
		t.Fatalf("%s %s at %s: %d %s", method, path, n.Name, a.Status, a.Body)
	}
	return a
}

// pair is an access token and its refresh token.
type pair struct{ access, refresh string }

func pairOf(t *testing.T, a nodetest.Answer) pair {
	t.Helper()
	wantStatus(t, http.StatusOK, a, "grant")
	answer := a.JSON(t)
	access, _ := answer["access_token"].(string)
	refresh, _ := answer["refresh_token"].(string)
	return pair{access, refresh}
}

func passwordGrant(user, password string) string {
	return fmt.Sprintf(`{"grant_type":"password","username":%q,"password":%q}`, user, password)
}

func refreshGrant(refresh string) string {
	return fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, refresh)
}

// The examples of the get token API, as request and answer; the tokens
// themselves are opaque.
func TestTheExamplesOfTheTokenAPI(t *testing.T) {
	t.Parallel()
	c := withTokenService(t)
	must(t, c.Nodes[0], http.MethodPut, "/_security/user/test_admin", `{"password":"x-pack-test-password","roles":["superuser"]}`)
	const want = `{"access_token":"…","type":"Bearer","expires_in":1200,"refresh_token":"…"}`
	opaque := func(a nodetest.Answer) string {
		return secretsInAnswer.ReplaceAllString(a.Body, `"$1":"…"`)
	}
	granted := must(t, c.Nodes[1], http.MethodPost, oauth6, `{
  "grant_type" : "password",
  "username" : "test_admin",
  "password" : "x-pack-test-password"
}`)
	if got := opaque(granted); got != want {
		t.Errorf("password grant: %s, want %s", got, want)
	}
	first := pairOf(t, granted)
	for _, n := range c.Nodes {
		must(t, n, http.MethodGet, "/_cluster/health", "", nodetest.Bearer(first.access))
	}
	refreshed := must(t, c.Nodes[2], http.MethodPost, oauth6, `{
    "grant_type": "refresh_token",
    "refresh_token": "`+first.refresh+`"
}`)
	if got := opaque(refreshed); got != want {
		t.Errorf("refresh: %s, want %s", got, want)
	}
	second := pairOf(t, refreshed)
	if second.access == first.access || second.refresh == first.refresh {
		t.Error("the refresh has given an old token out again")
	}
	for _, p := range []pair{first, second} { // a refresh leaves the old access token alone
		must(t, c.Nodes[0], http.MethodGet, whoAmI, "", nodetest.Bearer(p.access))
	}
	golden(t, c.Nodes[0].Do(http.MethodDelete, oauth6, `{"token":"`+second.access+`"}`), http.StatusOK,
		`{"invalidated_tokens":1,"previously_invalidated_tokens":0,"error_count":0}`)
	golden(t, c.Nodes[0].Do(http.MethodGet, whoAmI, "", nodetest.Bearer(second.access)), http.StatusUnauthorized,
		`{"error":{"root_cause":[{"type":"security_exception","reason":"token expired","header":{"WWW-Authenticate":"Bearer realm=\"security\", error=\"invalid_token\", error_description=\"The access token expired\""}}],"type":"security_exception","reason":"token expired","header":{"WWW-Authenticate":"Bearer realm=\"security\", error=\"invalid_token\", error_description=\"The access token expired\""}},"status":401}`)
}

// However many present the same refresh token at the same moment, wherever: one
// new pair comes to be, and all of them get it.
func TestTwoHundredRefreshesOfOneTokenAtThreeNodesYieldOnePair(t *testing.T) {
	t.Parallel()
	c := withTokenService(t)
	first := pairOf(t, must(t, c.Nodes[0], http.MethodPost, oauth, passwordGrant("elastic", c.Password)))
	const callers = 200
	answers := make([]nodetest.Answer, callers)
	errs := make([]error, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			<-start
			answers[i], errs[i] = c.Nodes[i%3].Try(http.MethodPost, oauth, refreshGrant(first.refresh))
		})
	}
	close(start)
	all.Wait()
	pairs := map[pair]int{}
	for i := range callers {
		if errs[i] != nil || answers[i].Status != http.StatusOK {
			t.Fatalf("caller %d: %d %s %v", i, answers[i].Status, answers[i].Body, errs[i])
		}
		pairs[pairOf(t, answers[i])]++
	}
	if len(pairs) != 1 {
		t.Fatalf("%d pairs came to be, want one", len(pairs))
	}
	for p := range pairs {
		for _, n := range c.Nodes {
			must(t, n, http.MethodGet, whoAmI, "", nodetest.Bearer(p.access))
		}
		// The pair that was not given out would show here: two access tokens and one
		// refresh token are good, the one that was spent is not counted.
		golden(t, c.Nodes[1].Do(http.MethodDelete, oauth, `{"username":"elastic"}`), http.StatusOK,
			`{"invalidated_tokens":3,"previously_invalidated_tokens":0,"error_count":0}`)
	}
}

func TestTheTokenServiceFollowsTLSOfTheClientPort(t *testing.T) {
	t.Parallel()
	plain := nodetest.Start(t, 1)
	a := plain.Nodes[0].Do(http.MethodPost, oauth, `{"grant_type":"client_credentials"}`)
	golden(t, a, http.StatusBadRequest, `{"error":{"root_cause":[{"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"}],"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"},"status":400}`)
	unknown := plain.Nodes[0].Do(http.MethodGet, whoAmI, "", nodetest.Header("Authorization", ""))
	if offered := unknown.Header.Values("WWW-Authenticate"); strings.Contains(strings.Join(offered, " "), "Bearer") {
		t.Errorf("without a token service %q are offered", offered)
	}
}
