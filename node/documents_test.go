package node_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"jeton/node/nodetest"
)

// Every example of the documents that Jeton implements, as request and answer.
// VALUE stands for a bearer value and NAME for an automatic name.

var (
	valueInAnswer = regexp.MustCompile(`"value":"(AAEAAWVsYXN0aWMv[A-Za-z0-9+/]+)"`)
	nameInAnswer  = regexp.MustCompile(`"name":"([A-Za-z0-9-][A-Za-z0-9_-]{19})"`)
)

func golden(t *testing.T, a nodetest.Answer, status int, body string) {
	t.Helper()
	got := valueInAnswer.ReplaceAllString(a.Body, `"value":"VALUE"`)
	got = nameInAnswer.ReplaceAllString(got, `"name":"NAME"`)
	if a.Status != status || got != body {
		t.Errorf("status %d\n%s\nwant %d\n%s", a.Status, got, status, body)
	}
}

func TestTheExamplesOfTheDocuments(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	healthy(t, c, "green", 1)
	node0 := c.Nodes[0]
	const service = "/_security/service/elastic/fleet-server"

	// Create service account token API.
	token1 := node0.Do(http.MethodPost, service+"/credential/token/token1", "")
	golden(t, token1, http.StatusOK, `{"created":true,"token":{"name":"token1","value":"VALUE"}}`)
	if len(token1.Header.Values("X-Elastic-Product")) != 1 {
		t.Error("an official client would not know the product")
	}
	value := bearerOf(t, token1)
	raw, err := base64.RawStdEncoding.DecodeString(value)
	if err != nil || !strings.HasPrefix(string(raw), "\x00\x01\x00\x01elastic/fleet-server/token1:") {
		t.Errorf("the value decodes to %q, %v", raw, err)
	}
	for _, n := range c.Nodes {
		for name, v := range map[string]string{"without padding": value, "with padding": base64.StdEncoding.EncodeToString(raw)} {
			a := n.Do(http.MethodGet, "/_cluster/health", "", nodetest.Bearer(v))
			golden(t, a, http.StatusOK, `{"cluster_name":"jeton","status":"green","timed_out":false,"number_of_nodes":3,"number_of_data_nodes":3,"active_primary_shards":0,"active_shards":0,"relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,"unassigned_primary_shards":0,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0,"failure_tolerance":1}`)
			if t.Failed() {
				t.Fatalf("base64 %s at %s", name, n.Name)
			}
		}
	}
	auto := node0.Do(http.MethodPost, service+"/credential/token", "")
	golden(t, auto, http.StatusOK, `{"created":true,"token":{"name":"NAME","value":"VALUE"}}`)
	autoName := nameInAnswer.FindStringSubmatch(auto.Body)[1]
	golden(t, node0.Do(http.MethodDelete, service+"/credential/token/"+autoName, ""), http.StatusOK, `{"found":true}`)
	golden(t, c.Nodes[1].Do(http.MethodPut, service+"/credential/token/token42", ""), http.StatusOK, `{"created":true,"token":{"name":"token42","value":"VALUE"}}`)

	// Get service account credentials API, with a token of the node's own file.
	const line = "elastic/fleet-server/my-token:{PBKDF2_STRETCH}10000$8QN+eThJEaCd18sCP0nfzxJq2D9yhmSZgI20TDooYcE=$+0ELfqW4D2+/SlHvm/885dzv67qO2SMJg32Mv/9epXk=\n"
	if err := os.WriteFile(node0.ServiceTokens(), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Eventually("the file token to be live", func() error {
		a, err := node0.Try(http.MethodGet, service+"/credential", "")
		if err == nil && !strings.Contains(a.Body, "my-token") {
			err = fmt.Errorf("not yet: %s", a.Body)
		}
		return err
	})
	golden(t, node0.Do(http.MethodGet, service+"/credential", ""), http.StatusOK,
		`{"service_account":"elastic/fleet-server","node_name":"node0","count":3,"tokens":{"token1":{},"token42":{}},"file_tokens":{"my-token":{}}}`)
	// The same for a client of the later releases.
	golden(t, node0.Do(http.MethodGet, service+"/credential", "", nodetest.Header("Accept", "application/vnd.elasticsearch+json;compatible-with=8")), http.StatusOK,
		`{"service_account":"elastic/fleet-server","count":3,"tokens":{"token1":{},"token42":{}},"nodes_credentials":{"_nodes":{"total":3,"successful":3,"failed":0},"file_tokens":{"my-token":{"nodes":["node0"]}}}}`)

	// Who may call: manage_service_account is not among what fleet-server has.
	denied := node0.Do(http.MethodPost, service+"/credential/token/other", "", nodetest.Bearer(value))
	golden(t, denied, http.StatusForbidden, `{"error":{"root_cause":[{"type":"security_exception","reason":"action [cluster:admin/xpack/security/service_account/token/create] is unauthorized for user [elastic/fleet-server], this action is granted by the cluster privileges [manage_service_account,manage_security,all]"}],"type":"security_exception","reason":"action [cluster:admin/xpack/security/service_account/token/create] is unauthorized for user [elastic/fleet-server], this action is granted by the cluster privileges [manage_service_account,manage_security,all]"},"status":403}`)
	golden(t, node0.Do(http.MethodPost, service+"/credential/token/_no", ""), http.StatusBadRequest, `{"error":{"root_cause":[{"type":"action_request_validation_exception","reason":"Validation Failed: 1: invalid service token name [_no]. service account token name must have at least 1 character and at most 256 characters that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_).;"}],"type":"action_request_validation_exception","reason":"Validation Failed: 1: invalid service token name [_no]. service account token name must have at least 1 character and at most 256 characters that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_).;"},"status":400}`)
	golden(t, node0.Do(http.MethodDelete, service+"/credential/token/token1", ""), http.StatusOK, `{"found":true}`)
	golden(t, node0.Do(http.MethodDelete, service+"/credential/token/token1", ""), http.StatusNotFound, `{"found":false}`)
}
