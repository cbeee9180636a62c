package clients

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"jeton/node/nodetest"
)

// The low-level client asks for plain JSON, and so gets the credentials in the
// shape of the documents: those of the answering node.
func TestTheLowLevelClientCreatesListsUsesAndDeletesATokenOnAnyNode(t *testing.T) {
	c := nodetest.Start(t, 3)
	admin := lowLevel(t, asElastic(c, 0))

	var accounts map[string]struct {
		Role struct{ Cluster []string } `json:"role_descriptor"`
	}
	call(t, admin, esapi.SecurityGetServiceAccountsRequest{Namespace: namespace, Service: service}, &accounts)
	if role := accounts[principal].Role; len(accounts) != 1 || !slices.Contains(role.Cluster, "monitor") {
		t.Errorf("accounts: got %v, want %s alone, with the privilege monitor", accounts, principal)
	}

	named := create(t, admin, "token1")
	if named.Name != "token1" {
		t.Errorf("the token made as token1 is called %q", named.Name)
	}
	other := create(t, admin, "token2")
	// Without a name this client, the typed one too, sends PUT where there is
	// POST alone: Elasticsearch says 405 to it, and so does Jeton.
	wantStatus(t, admin, esapi.SecurityCreateServiceTokenRequest{Namespace: namespace, Service: service}, http.StatusMethodNotAllowed)

	for node := range c.Nodes {
		for _, token := range []createdToken{named, other} {
			var who struct {
				Username string
				Token    struct{ Name, Type string }
			}
			call(t, lowLevel(t, asToken(c, node, token.Value)), esapi.SecurityAuthenticateRequest{}, &who)
			if who.Username != principal || who.Token.Name != token.Name || who.Token.Type != "_service_account_index" {
				t.Errorf("node %d: %s is seen as %+v", node, token.Name, who)
			}
		}
		checkCredentials(t, lowLevel(t, asElastic(c, node)), named.Name, other.Name)
	}

	var cleared struct {
		Nodes struct{ Total, Failed int } `json:"_nodes"`
	}
	call(t, admin, esapi.SecurityClearCachedServiceTokensRequest{
		Namespace: namespace, Service: service, Name: []string{named.Name, other.Name},
	}, &cleared)
	if cleared.Nodes.Total != 3 || cleared.Nodes.Failed != 0 {
		t.Errorf("clear cache reached %+v, want 3 nodes", cleared.Nodes)
	}

	remove := esapi.SecurityDeleteServiceTokenRequest{Namespace: namespace, Service: service, Name: named.Name}
	var removed struct{ Found bool }
	call(t, lowLevel(t, asElastic(c, 1)), remove, &removed)
	if !removed.Found {
		t.Errorf("deleting %s: found is false", named.Name)
	}
	wantStatus(t, lowLevel(t, asElastic(c, 1)), remove, http.StatusNotFound)

	for node := range c.Nodes {
		wantStatus(t, lowLevel(t, asToken(c, node, named.Value)), esapi.SecurityAuthenticateRequest{}, http.StatusUnauthorized)
		wantStatus(t, lowLevel(t, asToken(c, node, other.Value)), esapi.SecurityAuthenticateRequest{}, http.StatusOK)
	}
	checkCredentials(t, admin, other.Name)
}

func TestTheLowLevelClientLearnsOfTheClusterWithItsToken(t *testing.T) {
	c := nodetest.Start(t, 3)
	token := create(t, lowLevel(t, asElastic(c, 0)), "watch")
	for node := range c.Nodes {
		client := lowLevel(t, asToken(c, node, token.Value))
		var info struct{ Tagline string }
		call(t, client, esapi.InfoRequest{}, &info)
		if info.Tagline != "You Know, for Search" {
			t.Errorf("node %d: tagline %q", node, info.Tagline)
		}
		var health struct {
			Status string
			Nodes  int `json:"number_of_nodes"`
		}
		call(t, client, esapi.ClusterHealthRequest{}, &health)
		if health.Status != "green" || health.Nodes != 3 {
			t.Errorf("node %d: health %+v, want green with 3 nodes", node, health)
		}
		wantStatus(t, client, esapi.SecurityCreateServiceTokenRequest{Namespace: namespace, Service: service, Name: "more"}, http.StatusForbidden)
	}
}

type createdToken struct{ Name, Value string }

// create makes a token.
func create(t *testing.T, client *elasticsearch.Client, name string) createdToken {
	t.Helper()
	var made struct {
		Created bool
		Token   createdToken
	}
	call(t, client, esapi.SecurityCreateServiceTokenRequest{Namespace: namespace, Service: service, Name: name}, &made)
	if !made.Created || !strings.HasPrefix(made.Token.Value, "AAEAAWVsYXN0aWMv") {
		t.Fatalf("create answered created %v and a value that is no token of elastic/…", made.Created)
	}
	return made.Token
}

func checkCredentials(t *testing.T, client *elasticsearch.Client, names ...string) {
	t.Helper()
	var got struct {
		Account    string `json:"service_account"`
		NodeName   string `json:"node_name"`
		Count      int
		Tokens     map[string]struct{}
		FileTokens map[string]struct{} `json:"file_tokens"`
	}
	call(t, client, esapi.SecurityGetServiceCredentialsRequest{Namespace: namespace, Service: service}, &got)
	slices.Sort(names)
	if have := slices.Sorted(maps.Keys(got.Tokens)); !slices.Equal(have, names) || got.Count != len(names) {
		t.Errorf("credentials: %d %v, want %v", got.Count, have, names)
	}
	if got.Account != principal || got.NodeName == "" || got.FileTokens == nil {
		t.Errorf("credentials: got %+v, want those of %s with a node's name and no file tokens", got, principal)
	}
}

func lowLevel(t *testing.T, config elasticsearch.Config) *elasticsearch.Client {
	t.Helper()
	client, err := elasticsearch.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// call sends a request that must succeed and decodes its answer.
func call(t *testing.T, client *elasticsearch.Client, request esapi.Request, answer any) {
	t.Helper()
	response, err := request.Do(t.Context(), client)
	if err != nil {
		t.Fatalf("%T: %v", request, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%T: %v", request, err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%T: status %d: %s", request, response.StatusCode, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		t.Fatalf("%T: %v", request, err)
	}
}

func wantStatus(t *testing.T, client *elasticsearch.Client, request esapi.Request, want int) {
	t.Helper()
	if got := status(t, client, request); got != want {
		t.Errorf("%T: status %d, want %d", request, got, want)
	}
}

func status(t *testing.T, client *elasticsearch.Client, request esapi.Request) int {
	t.Helper()
	response, err := request.Do(t.Context(), client)
	if err != nil {
		t.Fatalf("%T: %v", request, err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
