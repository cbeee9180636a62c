package node_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"jeton/node/nodetest"
)

// wantRead checks from what a node has answered a good credential.
func wantRead(t *testing.T, n *nodetest.Node, credential nodetest.Option, want string) {
	t.Helper()
	if by := must(t, n, http.MethodGet, whoAmI, "", credential).Header.Get(readBy); by != want {
		t.Errorf("%s has read by %q, want %q", n.Name, by, want)
	}
}

func TestInQuorumModeEveryAnswerIsARoundOfTheStateAlone(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{"auth.timeout=300ms"}})
	leased(t, c)
	n := c.Follower()
	token, onFile := nodetest.Bearer(create(t, n, "t")), fileToken(t, c, n)
	wantRead(t, n, token, "lease")
	a := must(t, n, http.MethodPut, clusterSettings, `{"persistent":{"auth.consistency":"quorum"}}`)
	if by := a.Header.Get(confirmed); by != "3/3" {
		t.Errorf("the setting was confirmed by %q, want 3/3", by)
	}
	for _, at := range c.Nodes {
		for range 5 {
			wantRead(t, at, token, "round")
		}
	}
	wantRead(t, n, onFile, "file")

	for _, other := range c.Nodes {
		if other != n {
			other.Drop()
		}
	}
	wantStatus(t, http.StatusServiceUnavailable, n.Do(http.MethodGet, whoAmI, "", token), "without a majority")
	wantRead(t, n, onFile, "file")
	for _, other := range c.Nodes {
		if other != n {
			other.RestartAtSameAddress()
		}
	}
	c.WaitReady()
	wantRead(t, n, token, "round")
	must(t, n, http.MethodPut, clusterSettings, `{"persistent":{"auth.consistency":null}}`)
	leased(t, c)
	for _, at := range c.Nodes {
		wantRead(t, at, token, "lease")
	}
}

// renewed waits until the node has a lease that was asked for from now on.
func renewed(t *testing.T, c *nodetest.Cluster, n *nodetest.Node) {
	t.Helper()
	before := numbers(t, n)["jeton_leases_taken_total"]
	c.Eventually("a new lease at "+n.Name, func() error {
		if now := numbers(t, n)["jeton_leases_taken_total"]; now < before+2 {
			return fmt.Errorf("%v leases, before it were %v", now, before)
		}
		return nil
	})
}

// What a node does without the others in the mode that promises less: it goes on
// for its lease, then from the last known state up to its age, and no longer.
func TestInAvailableModeANodeGoesOnUpToAnAge(t *testing.T) {
	t.Parallel()
	const lease, age = time.Second, 3 * time.Second
	c := withGates(t, lease)
	must(t, c.Nodes[0], http.MethodPut, clusterSettings, `{"persistent":{"auth.consistency":"available","auth.available.max_age":"3s"}}`)
	n := c.Follower()
	token := nodetest.Bearer(create(t, n, "t"))
	renewed(t, c, n)
	wantRead(t, n, token, "lease")

	c.CutOff(n)
	cut := time.Now()
	var none atomic.Bool
	all := watch(t, n, token, &none, func(s seen) bool { return s.status != http.StatusOK && s.began.Sub(cut) > age })
	counts := map[string]int{}
	for _, s := range all {
		after := s.began.Sub(cut)
		counts[s.read]++
		switch {
		case s.status == http.StatusServiceUnavailable:
		case s.status == http.StatusOK && (s.read == "lease" && after <= lease || s.read == "stale" && after <= age):
		default:
			t.Errorf("%s after the cut: %d, read by %q", after, s.status, s.read)
		}
	}
	if counts["lease"] == 0 || counts["stale"] == 0 {
		t.Errorf("answers by how they were read: %v", counts)
	}
	c.Heal()
	c.WaitReady()

	// Back to the promise, it holds again.
	must(t, n, http.MethodPut, clusterSettings, `{"persistent":{"auth.consistency":"lease"}}`)
	leased(t, c)
	cutOffAndRevoke(t, c, lease, "revoked")
}

// A node that was cut off the moment after the change still has a lease of the
// former length, and is waited for.
func TestAShorterLeaseCountsOnceTheLongerOnesAreOver(t *testing.T) {
	t.Parallel()
	c := withGates(t, 4*time.Second)
	for _, at := range c.Nodes {
		if got := numbers(t, at)["jeton_lease_duration_seconds"]; got != 4 {
			t.Errorf("%s has the setting %v s, want 4", at.Name, got)
		}
	}
	must(t, c.Nodes[1], http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":"1s"}}`)
	cutOffAndRevoke(t, c, 4*time.Second, "between")
	c.WaitReady()

	leasedFor(t, c, time.Second)
	cutOffAndRevoke(t, c, time.Second, "after")
	c.WaitReady()

	must(t, c.Nodes[2], http.MethodPut, clusterSettings, `{"persistent":{"auth.lease":"30s"}}`)
	for _, at := range c.Nodes {
		c.Eventually("a longer lease at "+at.Name, func() error {
			if left := numbers(t, at)["jeton_lease_remaining_seconds"]; left < 5 {
				return fmt.Errorf("%v s are left", left)
			}
			return nil
		})
	}
}
