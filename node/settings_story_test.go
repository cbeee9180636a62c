package node_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"jeton/node/nodetest"
)

const clusterSettings = "/_cluster/settings"

// wantSettings checks what a node tells of the settings that were set, in the
// wire's flat form.
func wantSettings(t *testing.T, n *nodetest.Node, set string) {
	t.Helper()
	a := must(t, n, http.MethodGet, clusterSettings+"?flat_settings=true", "")
	if want := `{"persistent":{` + set + `},"transient":{}}`; a.Body != want {
		t.Errorf("%s tells %s, want %s", n.Name, a.Body, want)
	}
}

func TestASettingOfTheClusterIsThatOfEveryNodeAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	for _, n := range c.Nodes {
		wantSettings(t, n, ``)
	}
	for i, n := range c.Nodes {
		must(t, n, http.MethodPut, clusterSettings, fmt.Sprintf(`{"persistent":{"auth":{"lease":"%ds"}}}`, i+2))
		for _, reader := range c.Nodes {
			wantSettings(t, reader, fmt.Sprintf(`"auth.lease":"%ds"`, i+2))
		}
	}
	a := must(t, c.Follower(), http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":null,"auth.available.max_age":"90m"}}`)
	if want := `{"acknowledged":true,"persistent":{"auth":{"available":{"max_age":"90m"}}},"transient":{}}`; a.Body != want {
		t.Errorf("%s, want %s", a.Body, want)
	}
	for _, n := range c.Nodes {
		n.Stop()
	}
	for _, n := range c.Nodes {
		n.RestartAtSameAddress()
	}
	c.WaitReady()
	for _, n := range c.Nodes {
		wantSettings(t, n, `"auth.available.max_age":"90m"`)
	}
}

// Each of them saw the same settings, and proposes a change of its own. None is
// lost, and none is told that it has to look again.
func TestChangesOfSettingsAtAllNodesAtOnceAllCount(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	var clients sync.WaitGroup
	for i, change := range []string{`"auth.lease":"2s"`, `"auth.available.max_age":"1h"`, `"auth.consistency":"quorum"`} {
		for range 3 { // the same one again changes nothing
			clients.Go(func() {
				a, err := c.Nodes[i].Try(http.MethodPut, clusterSettings, `{"persistent":{`+change+`}}`)
				if err != nil || a.Status != http.StatusOK {
					t.Errorf("%s at %s: %d %s %v", change, c.Nodes[i].Name, a.Status, a.Body, err)
				}
			})
		}
	}
	clients.Wait()
	for _, n := range c.Nodes {
		wantSettings(t, n, `"auth.available.max_age":"1h","auth.consistency":"quorum","auth.lease":"2s"`)
	}
}

func TestSettingsThatAreRefusedChangeNothing(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 2)
	n := c.Follower()
	must(t, n, http.MethodPut, "/_security/role/watcher", `{"cluster":["monitor"]}`)
	must(t, n, http.MethodPut, "/_security/user/joe", `{"password":"joes-password","roles":["watcher"]}`)
	must(t, n, http.MethodPut, "/_security/user/jim", `{"password":"jims-password","roles":[]}`)
	joe, jim := as("joe", "joes-password"), as("jim", "jims-password")
	for body, reason := range map[string]string{
		`{"persistent":{"auth.lease":"100ms"}}`:                              "must be >= [1s]",
		`{"persistent":{"auth.lease":"2s","auth.available.max_age":"100d"}}`: "must be <= [1d]",
		`{"persistent":{"auth.lease":"2s","auth.consistency":"hope"}}`:       "must be one of [lease, quorum, available]",
		`{"persistent":{"auth.lease":"2s","auth.laese":"2s"}}`:               "did you mean [auth.lease]?",
		`{"transient":{"auth.lease":"2s"}}`:                                  "set it under [persistent]",
	} {
		a := n.Do(http.MethodPut, clusterSettings, body)
		if a.Status != http.StatusBadRequest || !strings.Contains(a.Body, reason) {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	wantStatus(t, http.StatusForbidden, n.Do(http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":"2s"}}`, joe), "a change by who may only look")
	wantStatus(t, http.StatusOK, n.Do(http.MethodGet, clusterSettings, "", joe), "a look")
	wantStatus(t, http.StatusForbidden, n.Do(http.MethodGet, clusterSettings, "", jim), "a look by who may nothing")
	wantSettings(t, n, ``)

	c.Leader().Stop() // one of two voters is no majority
	c.Eventually("the other node to see that nobody leads", func() error {
		if n.Leads() {
			return errors.New("it leads")
		}
		return nil
	})
	a := n.Do(http.MethodPut, clusterSettings+"?timeout=300ms", `{"persistent":{"auth.lease":"2s"}}`)
	wantStatus(t, http.StatusServiceUnavailable, a, "a change without a leader")
	wantStatus(t, http.StatusServiceUnavailable, n.Do(http.MethodGet, clusterSettings+"?timeout=300ms", ""), "a look without a leader")
	for _, stopped := range c.Nodes {
		if stopped != n {
			stopped.Restart()
		}
	}
	c.WaitReady()
	wantSettings(t, n, ``)
}
