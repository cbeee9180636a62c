package node_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jeton/node/nodetest"
	"jeton/security/userfile"
)

// numbers are the metrics of a node, by name and labels.
func numbers(t *testing.T, n *nodetest.Node, options ...nodetest.Option) map[string]float64 {
	t.Helper()
	a := n.Do(http.MethodGet, "/metrics", "", options...)
	if kind := a.Header.Get("Content-Type"); a.Status != http.StatusOK || !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Fatalf("metrics of %s: %d %q %s", n.Name, a.Status, kind, a.Body)
	}
	found := map[string]float64{}
	for line := range strings.Lines(a.Body) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found[line[:at]] = value
	}
	return found
}

// totalOf adds up the numbers of a name whose labels hold all of the texts.
func totalOf(all map[string]float64, name string, labels ...string) (total float64) {
	for key, value := range all {
		matches := strings.HasPrefix(key, name+"{")
		for _, label := range labels {
			matches = matches && strings.Contains(key, label)
		}
		if matches {
			total += value
		}
	}
	return total
}

func TestEveryNodeTellsWhatItMeasures(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	bearer := create(t, c.Leader(), "quite-secret-name")
	c.Eventually("one leader, and leases on all nodes", func() error {
		leaders := 0.0
		for _, n := range c.Nodes {
			now := numbers(t, n)
			leaders += now["jeton_cluster_leads"]
			if now["jeton_cluster_leader_known"] != 1 || now[`jeton_cluster_members{role="voter"}`] != 3 {
				return fmt.Errorf("%s sees another cluster", n.Name)
			}
			if left := now["jeton_lease_remaining_seconds"]; left <= 0 || left > now["jeton_lease_duration_seconds"] {
				return fmt.Errorf("%s has %v s left of a lease", n.Name, left)
			}
		}
		if leaders != 1 {
			return fmt.Errorf("%v nodes lead", leaders)
		}
		return nil
	})
	follower := c.Follower()
	before := numbers(t, follower)
	wantStatus(t, http.StatusOK, follower.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer)), "a good token")
	wantStatus(t, http.StatusUnauthorized, follower.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(bearer[:len(bearer)-4]+"AAAA")), "a wrong secret")
	after := numbers(t, follower)
	for _, w := range []struct {
		grows  float64
		name   string
		labels []string
	}{
		{1, "jeton_authentications_total", []string{`outcome="accepted"`, `realm="_service_account"`, `type="token"`, `read="lease"`}},
		{1, "jeton_authentications_total", []string{`outcome="refused"`, `read="round"`}},
		{1, "jeton_http_requests_total", []string{`route="` + whoAmI + `"`, `code="2xx"`}},
		{1, "jeton_http_requests_total", []string{`route="` + whoAmI + `"`, `code="4xx"`}},
		{2, "jeton_http_request_duration_seconds_count", []string{`route="` + whoAmI + `"`}},
	} {
		if grew := totalOf(after, w.name, w.labels...) - totalOf(before, w.name, w.labels...); grew != w.grows {
			t.Errorf("%s %v grew by %v, want %v", w.name, w.labels, grew, w.grows)
		}
	}
	if after["jeton_rounds_total"] <= before["jeton_rounds_total"] {
		t.Error("the wrong secret has cost no round")
	}
	for key := range after {
		if strings.Contains(key, "quite-secret-name") || strings.Contains(key, "elastic/fleet-server") {
			t.Errorf("a label names somebody: %s", key)
		}
	}
}

func TestMetricsAreForWhoMayMonitor(t *testing.T) {
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	wantStatus(t, http.StatusUnauthorized, n.Do(http.MethodGet, "/metrics", "", nodetest.Header("Authorization", "")), "a stranger")
	wantStatus(t, http.StatusOK, n.Do(http.MethodPut, "/_security/role/scrape", `{"cluster":["monitor"]}`), "a role")
	for name, role := range map[string]string{"scraper": "scrape", "guest": "viewer"} {
		wantStatus(t, http.StatusOK, n.Do(http.MethodPut, "/_security/user/"+name, `{"password":"long-enough","roles":["`+role+`"]}`), "a user")
	}
	wantStatus(t, http.StatusOK, n.Do(http.MethodGet, "/metrics", "", as("scraper", "long-enough")), "who may monitor")
	wantStatus(t, http.StatusForbidden, n.Do(http.MethodGet, "/metrics", "", as("guest", "long-enough")), "who may not")
}

// The moment at which numbers are wanted most.
func TestMetricsAreThereWithoutALeaderForUsersInFiles(t *testing.T) {
	c := nodetest.Start(t, 2)
	lonely := c.Nodes[0]
	if err := os.WriteFile(configOf(lonely, "roles.yml"), []byte("scrape:\n  cluster: [ monitor ]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	edited(t)(userfile.Add(filepath.Join(lonely.Dir, "config"), "scraper", quickHash(t, "scrapers-password"), []string{"scrape"}))
	scraper := as("scraper", "scrapers-password")
	answers(t, c, lonely, http.StatusOK, "/metrics", scraper)
	c.Nodes[1].Stop()
	c.Eventually("the leader to be lost and the lease to be over", func() error {
		now := numbers(t, lonely, scraper)
		if known, left := now["jeton_cluster_leader_known"], now["jeton_lease_remaining_seconds"]; known != 0 || left != 0 {
			return fmt.Errorf("leader known: %v, lease left: %v", known, left)
		}
		return nil
	})
	verbose := lonely.Do(http.MethodGet, "/readyz?verbose", "")
	if verbose.Status != http.StatusServiceUnavailable || !strings.Contains(verbose.Body, "[-]cluster failed") || !strings.Contains(verbose.Body, "[!]lease none") {
		t.Errorf("readyz without a leader: %d %s", verbose.Status, verbose.Body)
	}
}

func TestReadyzTellsOfTheLease(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	for _, n := range c.Nodes {
		c.Eventually("a lease at "+n.Name, func() error {
			a := n.Do(http.MethodGet, "/readyz?verbose", "", nodetest.Header("Authorization", ""))
			if a.Status != http.StatusOK || !strings.Contains(a.Body, "[+]lease ok: ") {
				return errors.New(a.Body)
			}
			return nil
		})
	}
	c.Eventually("leases in the list of nodes", func() error {
		a := c.Nodes[0].Do(http.MethodGet, "/_jeton/nodes", "")
		if strings.Contains(a.Body, `"lease_left_in_millis":0`) || !strings.Contains(a.Body, `"consistency":"lease"`) {
			return errors.New(a.Body)
		}
		return nil
	})
}
