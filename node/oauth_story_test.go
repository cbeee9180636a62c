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

// neverAgain authenticates at every node, again and again, until the change that
// take makes has reached all of them. The node that has answered the change
// refuses from then on, and no node accepts again after it has refused once.
func neverAgain(t *testing.T, c *nodetest.Cluster, credential nodetest.Option, take func(*nodetest.Node) nodetest.Answer) {
	t.Helper()
	for _, n := range c.Nodes {
		wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", credential), "before the change")
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	for _, n := range c.Nodes {
		for range 4 {
			all.Go(func() {
				refused := false
				for {
					a, err := n.Try(http.MethodGet, whoAmI, "", credential)
					if err != nil || a.Status != http.StatusOK && a.Status != http.StatusUnauthorized {
						t.Errorf("at %s: %d %s %v", n.Name, a.Status, a.Body, err)
						return
					}
					if refused && a.Status == http.StatusOK {
						t.Errorf("%s accepts again what it has refused", n.Name)
						return
					}
					refused = a.Status == http.StatusUnauthorized
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
	}
	answering := c.Nodes[1]
	wantStatus(t, http.StatusOK, take(answering), "the change")
	wantStatus(t, http.StatusUnauthorized, answering.Do(http.MethodGet, whoAmI, "", credential), "at the node that answered the change, at once")
	for _, n := range c.Nodes {
		c.Eventually(n.Name+" to refuse", func() error {
			if a := n.Do(http.MethodGet, whoAmI, "", credential); a.Status != http.StatusUnauthorized {
				return fmt.Errorf("status %d", a.Status)
			}
			return nil
		})
	}
	close(stop)
	all.Wait()
}

func TestWhatIsTakenAwayWhileItIsUsedStopsOnEveryNodeForGood(t *testing.T) {
	c := withTokenService(t)
	node0 := c.Nodes[0]
	do := func(method, path, body string) func(*nodetest.Node) nodetest.Answer {
		return func(n *nodetest.Node) nodetest.Answer { return n.Do(method, path, body) }
	}
	user := func(name string) nodetest.Option {
		must(t, node0, http.MethodPut, "/_security/user/"+name, `{"password":"a-long-password","roles":["viewer"]}`)
		return func(r *http.Request) { r.SetBasicAuth(name, "a-long-password") }
	}
	t.Run("a deleted service token", func(t *testing.T) {
		neverAgain(t, c, nodetest.Bearer(create(t, node0, "t")), do(http.MethodDelete, tokens+"/t", ""))
	})
	t.Run("a disabled user", func(t *testing.T) {
		neverAgain(t, c, user("disabled"), do(http.MethodPut, "/_security/user/disabled/_disable", ""))
	})
	t.Run("a deleted user", func(t *testing.T) {
		neverAgain(t, c, user("deleted"), do(http.MethodDelete, "/_security/user/deleted", ""))
	})
	t.Run("a former password", func(t *testing.T) {
		neverAgain(t, c, user("changed"), do(http.MethodPut, "/_security/user/changed/_password", `{"password":"another-password"}`))
	})
	t.Run("an OAuth token of a disabled user", func(t *testing.T) {
		user("owner")
		token := pairOf(t, must(t, node0, http.MethodPost, oauth, passwordGrant("owner", "a-long-password")))
		neverAgain(t, c, nodetest.Bearer(token.access), do(http.MethodPut, "/_security/user/owner/_disable", ""))
	})
	t.Run("an invalidated OAuth token", func(t *testing.T) {
		user("other")
		token := pairOf(t, must(t, node0, http.MethodPost, oauth, passwordGrant("other", "a-long-password")))
		neverAgain(t, c, nodetest.Bearer(token.access), do(http.MethodDelete, oauth, `{"username":"other"}`))
	})
	t.Run("a disabled account's token", func(t *testing.T) {
		const account = "/_security/service/apps/worker"
		must(t, node0, http.MethodPut, account, `{"roles":["viewer"]}`)
		token := bearerOf(t, must(t, node0, http.MethodPost, account+"/credential/token/t", ""))
		neverAgain(t, c, nodetest.Bearer(token), do(http.MethodPut, account, `{"roles":["viewer"],"enabled":false}`))
	})
}

func TestTheTokenServiceFollowsTLSOfTheClientPort(t *testing.T) {
	plain := nodetest.Start(t, 1)
	a := plain.Nodes[0].Do(http.MethodPost, oauth, `{"grant_type":"client_credentials"}`)
	golden(t, a, http.StatusBadRequest, `{"error":{"root_cause":[{"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"}],"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"},"status":400}`)
	unknown := plain.Nodes[0].Do(http.MethodGet, whoAmI, "", nodetest.Header("Authorization", ""))
	if offered := unknown.Header.Values("WWW-Authenticate"); strings.Contains(strings.Join(offered, " "), "Bearer") {
		t.Errorf("without a token service %q are offered", offered)
	}
}
