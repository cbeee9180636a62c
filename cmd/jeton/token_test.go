package main

import (
	"strings"
	"testing"
)

const credentialURL = "/_security/service/elastic/fleet-server/credential"

func TestACreatedTokenIsAloneOnStdout(t *testing.T) {
	const answer = `{"created":true,"token":{"name":"token1","value":"AAEAAWVs+/x"}}`
	a := newAPI(t, map[string]string{
		"POST " + credentialURL + "/token/token1": answer,
		"POST " + credentialURL + "/token":        answer,
	})
	a.run(t, "token", "create", "elastic/fleet-server", "token1").expect(t, exitOK, "AAEAAWVs+/x\n", "created elastic/fleet-server/token1\n")
	a.run(t, "token", "create", "elastic/fleet-server").expect(t, exitOK, "AAEAAWVs+/x\n", "created elastic/fleet-server/token1\n")
	a.run(t, "token", "create", "elastic/fleet-server", "-o", "json").expect(t, exitOK, `{
  "created": true,
  "token": {
    "name": "token1",
    "value": "AAEAAWVs+/x"
  }
}
`, "")
	if got := a.lastRequest(); got != "POST "+credentialURL+"/token" {
		t.Errorf("asked %s", got)
	}
}

const gatheredAnswer = `{"service_account":"elastic/fleet-server","count":3,"tokens":{"token42":{},"token1":{}},
 "nodes_credentials":{"_nodes":{"total":3,"successful":3,"failed":0},"file_tokens":{"my-token":{"nodes":["node0","node1"]}}}}`

func TestTokenListTellsTheNodesOfFileTokens(t *testing.T) {
	a := newAPI(t, map[string]string{"GET " + credentialURL: gatheredAnswer})
	a.run(t, "token", "list", "elastic/fleet-server").expect(t, exitOK, ""+
		"NAME      TYPE   NODES\n"+
		"token1    index  all\n"+
		"token42   index  all\n"+
		"my-token  file   node0,node1\n", "")
	if got := a.header.Get("Accept"); got != acceptNodes {
		t.Errorf("Accept %q", got)
	}
	o := a.run(t, "token", "list", "elastic/fleet-server", "-o", "json")
	if got := strings.Join(strings.Fields(o.stdout), ""); got != `{"service_account":"elastic/fleet-server","tokens":[`+
		`{"name":"token1","type":"index","nodes":[]},{"name":"token42","type":"index","nodes":[]},`+
		`{"name":"my-token","type":"file","nodes":["node0","node1"]}]}` {
		t.Errorf("JSON %s", got)
	}
}

func TestTokenListSaysWhatIsMissing(t *testing.T) {
	a := newAPI(t, map[string]string{"GET " + credentialURL: strings.Replace(gatheredAnswer, `"failed":0`, `"failed":1`, 1)})
	if o := a.run(t, "token", "list", "elastic/fleet-server"); !strings.Contains(o.stderr, "1 of 3 nodes did not answer") {
		t.Errorf("%+v", o)
	}
}

func TestRevokingAnAbsentTokenFails(t *testing.T) {
	a := newAPI(t, map[string]string{
		"DELETE " + credentialURL + "/token/token1": `{"found":true}`,
		"DELETE " + credentialURL + "/token/gone":   `404 {"found":false}`,
	})
	a.run(t, "token", "revoke", "elastic/fleet-server", "token1").expect(t, exitOK, "elastic/fleet-server/token1 is revoked\n", "")
	a.run(t, "token", "revoke", "elastic/fleet-server", "gone").expect(t, exitFailed, "", "jeton: there is no token elastic/fleet-server/gone in the cluster")
	a.run(t, "token", "revoke", "elastic/fleet-server", "x").expect(t, exitFailed, "", "jeton: no such thing (HTTP 404)")
}

func TestInspectShowsAllNodesSideBySide(t *testing.T) {
	credentials := func(node, tokens, files string) map[string]string {
		return map[string]string{"GET " + credentialURL: `{"service_account":"elastic/fleet-server","node_name":"` + node + `","count":1,"tokens":` + tokens + `,"file_tokens":` + files + `}`}
	}
	node1 := newAPI(t, credentials("node1", `{"a":{},"b":{}}`, `{}`))
	answers := credentials("node0", `{"a":{}}`, `{"my-token":{}}`)
	node0 := newAPI(t, answers)
	address := func(a *api) string { return strings.TrimPrefix(a.URL, "http://") }
	answers["GET /_jeton/nodes"] = `{"cluster_name":"jeton","nodes":[{"name":"node0","http_address":"` + address(node0) + `"},
 {"name":"node1","http_address":"` + address(node1) + `"},{"name":"node2","http_address":"127.0.0.1:1"}]}`

	o := node0.run(t, "token", "inspect", "elastic/fleet-server", "--all-nodes")
	o.expect(t, exitOK, ""+
		"TOKEN     TYPE   node0  node1  node2\n"+
		"a         index  yes    yes    ?\n"+
		"b         index  -      yes    ?\n"+
		"my-token  file   yes    -      ?\n", "jeton: node2 does not tell: nothing listens at http://127.0.0.1:1")

	o = node0.run(t, "token", "inspect", "elastic/fleet-server", "--all-nodes", "-o", "json")
	json := strings.Join(strings.Fields(o.stdout), "")
	for _, part := range []string{
		`{"service_account":"elastic/fleet-server","nodes":[{"name":"node0","address":"` + address(node0) + `","answers":true,"tokens":["a"],"file_tokens":["my-token"]},`,
		`{"name":"node2","address":"127.0.0.1:1","answers":false,"error":"nothinglistens`,
		`,"tokens":[],"file_tokens":[]}]}`,
	} {
		if !strings.Contains(json, part) {
			t.Errorf("JSON %s\nlacks %s", json, part)
		}
	}

	node1.run(t, "token", "inspect", "elastic/fleet-server").expect(t, exitOK, "TOKEN  TYPE   node1\na      index  yes\nb      index  yes\n", "")
}

func TestInspectOfOneNodeThatRefusesFails(t *testing.T) {
	a := newAPI(t, map[string]string{"GET " + credentialURL: `403 {"error":{"reason":"no"}}`})
	a.run(t, "token", "inspect", "elastic/fleet-server").expect(t, exitFailed, "", "jeton: no (HTTP 403)")
}
