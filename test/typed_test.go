package clients

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/typedapi/types"

	"jeton/node/nodetest"
)

// The typed client decodes each field into its documented type, and asks for
// compatible-with=8: the credentials come in the later shape, from all nodes.
func TestTheTypedClientCreatesListsUsesAndDeletesATokenOnAnyNode(t *testing.T) {
	c := nodetest.Start(t, 3)
	ctx := t.Context()
	admin := typed(t, asElastic(c, 0))

	accounts, err := admin.Security.GetServiceAccounts().Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := accounts[principal]; !ok || len(accounts) != 4 {
		t.Errorf("accounts: got %v, want 4 with %s", slices.Collect(maps.Keys(accounts)), principal)
	}

	made, err := admin.Security.CreateServiceToken(namespace, service).Name("typed").Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !made.Created || made.Token.Name != "typed" {
		t.Errorf("created %v with the name %q, want typed", made.Created, made.Token.Name)
	}
	_, err = admin.Security.CreateServiceToken(namespace, service).Name("typed").Do(ctx)
	wantTypedError(t, err, http.StatusConflict, "version_conflict_engine_exception")

	for node := range c.Nodes {
		who, err := typed(t, asToken(c, node, made.Token.Value)).Security.Authenticate().Do(ctx)
		if err != nil {
			t.Fatalf("node %d: %v", node, err)
		}
		if who.Username != principal || who.Token == nil || who.Token.Name != "typed" {
			t.Errorf("node %d: the token is seen as %+v", node, who)
		}

		got, err := typed(t, asElastic(c, node)).Security.GetServiceCredentials(namespace, service).Do(ctx)
		if err != nil {
			t.Fatalf("node %d: %v", node, err)
		}
		if _, listed := got.Tokens["typed"]; !listed || got.Count != 1 || got.ServiceAccount != principal {
			t.Errorf("node %d: credentials %+v, want typed alone", node, got)
		}
		if nodes := got.NodesCredentials.NodeStats; nodes.Total != 3 || nodes.Successful != 3 || nodes.Failed != 0 {
			t.Errorf("node %d: credentials were gathered from %+v, want 3 nodes", node, nodes)
		}
	}

	cleared, err := admin.Security.ClearCachedServiceTokens(namespace, service, "typed").Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(cleared.Nodes) != 3 || cleared.NodeStats.Failed != 0 {
		t.Errorf("clear cache reached %v, want 3 nodes", cleared.Nodes)
	}

	removed, err := admin.Security.DeleteServiceToken(namespace, service, "typed").Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !removed.Found {
		t.Error("deleting the token: found is false")
	}
	_, err = typed(t, asToken(c, 0, made.Token.Value)).Security.Authenticate().Do(ctx)
	wantTypedError(t, err, http.StatusUnauthorized, "security_exception")
}

func TestTheTypedClientReadsInfoAndHealth(t *testing.T) {
	c := nodetest.Start(t, 3)
	for node := range c.Nodes {
		client := typed(t, asElastic(c, node))
		info, err := client.Info().Do(t.Context())
		if err != nil {
			t.Fatalf("node %d: %v", node, err)
		}
		if info.Name == "" || info.ClusterUuid == "" || info.Version.Int == "" {
			t.Errorf("node %d: info %+v, want a name, a cluster and a version", node, info)
		}
		health, err := client.Cluster.Health().Do(t.Context())
		if err != nil {
			t.Fatalf("node %d: %v", node, err)
		}
		if health.Status.String() != "green" || health.NumberOfNodes != 3 {
			t.Errorf("node %d: %s with %d nodes, want green with 3", node, health.Status, health.NumberOfNodes)
		}
	}
}

func typed(t *testing.T, config elasticsearch.Config) *elasticsearch.TypedClient {
	t.Helper()
	client, err := elasticsearch.NewTypedClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func wantTypedError(t *testing.T, err error, status int, kind string) {
	t.Helper()
	var got *types.ElasticsearchError
	if !errors.As(err, &got) {
		t.Errorf("got the error %v, want %d %s", err, status, kind)
		return
	}
	if got.Status != status || got.ErrorCause.Type != kind {
		t.Errorf("got %d %s, want %d %s", got.Status, got.ErrorCause.Type, status, kind)
	}
}
