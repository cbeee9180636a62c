package node_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

func data(n *nodetest.Node) string { return filepath.Join(n.Dir, "data") }

func recoverOptions(n *nodetest.Node) node.RecoverOptions {
	return node.RecoverOptions{Dir: data(n), Logger: slog.New(slog.DiscardHandler)}
}

func inspect(t *testing.T, n *nodetest.Node) node.Survivor {
	t.Helper()
	s, err := node.Inspect(data(n), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lost is a cluster of three with a short lease, whose last two nodes are gone.
func lost(t *testing.T, acknowledged ...string) (c *nodetest.Cluster, survivor *nodetest.Node, tokens []string) {
	t.Helper()
	c = nodetest.Start(t, 3)
	wantStatus(t, http.StatusOK, c.Nodes[0].Do(http.MethodPut, "/_cluster/settings", `{"persistent":{"auth.lease":"1s"}}`), "a short lease")
	for _, name := range acknowledged {
		tokens = append(tokens, create(t, c.Nodes[0], name))
	}
	for _, n := range c.Nodes { // each holds what was acknowledged through another
		for _, token := range tokens {
			wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), "a token at "+n.Name)
		}
	}
	for _, n := range []*nodetest.Node{c.Nodes[2], c.Nodes[1], c.Nodes[0]} {
		n.Drop()
	}
	return c, c.Nodes[0], tokens
}

func uuidOf(t *testing.T, n *nodetest.Node) string {
	t.Helper()
	uuid, _ := n.Do(http.MethodGet, "/", "").JSON(t)["cluster_uuid"].(string)
	return uuid
}

func TestALostMajorityIsRecoveredFromASurvivor(t *testing.T) {
	t.Parallel()
	c, survivor, kept := lost(t, "kept0", "kept1")
	before := inspect(t, survivor)
	if before.NodeName != survivor.Name || len(before.Members) != 3 || before.LastIndex == 0 || before.LastChange == nil {
		t.Errorf("the disk holds %+v", before)
	}
	if again := inspect(t, survivor); again.LastIndex != before.LastIndex || again.LastTerm != before.LastTerm {
		t.Errorf("to look has changed it: %+v", again)
	}
	done, err := node.Recover(t.Context(), recoverOptions(survivor))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(done.Kept, "raft.db")); err != nil {
		t.Errorf("the former log is not kept: %v", err)
	}
	survivor.RestartAtSameAddress()
	c.WaitReady()
	if uuid := uuidOf(t, survivor); uuid != done.ClusterUUID || uuid == before.ClusterUUID {
		t.Errorf("uuid %q, want %q, and not the former %q", uuid, done.ClusterUUID, before.ClusterUUID)
	}
	if survivor.ID() == before.NodeID {
		t.Error("an id that has voted before speaks for the new cluster")
	}
	if health := survivor.Do(http.MethodGet, "/_cluster/health", "").JSON(t); health["status"] != "green" {
		t.Errorf("health %v", health)
	}
	for _, token := range kept {
		wantStatus(t, http.StatusOK, survivor.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), "an acknowledged token")
	}
	after := create(t, survivor, "after")

	// What is left of the former cluster is not let in, not even all of it.
	for _, old := range c.Nodes[1:] {
		old.RestartAtSameAddress()
	}
	c.Eventually("the former cluster to lead itself", func() error {
		for _, old := range c.Nodes[1:] {
			if uuid := uuidOf(t, old); uuid != before.ClusterUUID {
				return fmt.Errorf("%s says that it is of %s", old.Name, uuid)
			}
			if a, err := old.Try(http.MethodGet, whoAmI, "", nodetest.Bearer(after)); err != nil || a.Status != http.StatusUnauthorized {
				return fmt.Errorf("%s, asked about a token of the new cluster: %d %v", old.Name, a.Status, err)
			}
		}
		return nil
	})
	if voters, members := survivor.Voters(); voters != 1 || members != 1 || !survivor.Leads() {
		t.Errorf("%d voters and %d members, and it leads: %v", voters, members, survivor.Leads())
	}
	for _, old := range c.Nodes[1:] {
		old.Drop()
	}

	for _, old := range c.Nodes[1:] {
		if err := os.RemoveAll(data(old)); err != nil {
			t.Fatal(err)
		}
		if err := old.TryStart(c.JoinToken()); err != nil {
			t.Fatalf("%s, wiped, joins: %v", old.Name, err)
		}
	}
	c.WaitReady()
	for _, n := range c.Nodes {
		for _, token := range append(kept, after) {
			wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), "a token at "+n.Name)
		}
	}
}

// A start in between would be that of half a node, and is refused.
func TestAnInterruptedRecoveryGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	c, survivor, kept := lost(t, "kept")
	crash := errors.New("crash")

	for _, at := range []string{"build", "keep", "swap", "certify", "finish"} {
		o := recoverOptions(survivor)
		o.Step = func(step string) error {
			if step == at {
				return crash
			}
			return nil
		}
		if _, err := node.Recover(t.Context(), o); !errors.Is(err, crash) {
			t.Fatalf("crash at %s: %v", at, err)
		}
		if err := survivor.TryStart(""); err == nil || !strings.Contains(err.Error(), "node recover --confirm") {
			t.Fatalf("start after a crash at %s: %v", at, err)
		}
		if _, err := node.Inspect(data(survivor), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("after a crash at %s it is looked at as if nothing had happened", at)
		}
	}
	done, err := node.Recover(t.Context(), recoverOptions(survivor))
	if err != nil {
		t.Fatal(err)
	}
	survivor.Restart()
	c.WaitReady()
	if uuid := uuidOf(t, survivor); uuid != done.ClusterUUID {
		t.Errorf("uuid %q, want %q", uuid, done.ClusterUUID)
	}
	wantStatus(t, http.StatusOK, survivor.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(kept[0])), "an acknowledged token")
}

func TestOnlyTheStoppedDiskOfAMemberIsRecovered(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 1)
	n := c.Nodes[0]
	if _, err := node.Recover(t.Context(), recoverOptions(n)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("of a node that runs: %v", err)
	}
	if _, err := node.Inspect(data(n), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a look at a node that runs: %v", err)
	}
	none := node.RecoverOptions{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	if _, err := node.Recover(t.Context(), none); err == nil || !strings.Contains(err.Error(), "no member") {
		t.Errorf("of an empty directory: %v", err)
	}
	none.Dir = filepath.Join(none.Dir, "absent")
	if _, err := node.Recover(t.Context(), none); err == nil {
		t.Error("of no directory")
	}
	if _, err := os.Stat(none.Dir); err == nil {
		t.Error("to look for a directory has made it")
	}
	wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, ""), "the node, after that")
}

func TestARecoveryWaitsForTheLeasesOfTheFormerCluster(t *testing.T) {
	t.Parallel()
	_, survivor, _ := lost(t)
	var waits time.Duration
	o := recoverOptions(survivor)
	o.Waiting = func(wait, rest time.Duration) {
		if waits = wait; rest != 0 {
			t.Errorf("another %s is left", rest)
		}
	}
	if _, err := node.Recover(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	// The setting was lowered from 5 s a moment ago, which may have been settled.
	if waits <= time.Second || waits > 7*time.Second {
		t.Errorf("it waits for %s, and the lease is one second", waits)
	}
}

// Who is not sure that it was done does it again, and must get no other cluster, nor
// wait for it. Once the node has run, the disk is that of a cluster as any.
func TestASecondRecoveryOfADiskChangesNothing(t *testing.T) {
	t.Parallel()
	c, survivor, _ := lost(t)
	done, err := node.Recover(t.Context(), recoverOptions(survivor))
	if err != nil || done.Before != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	again := recoverOptions(survivor)
	again.Waiting = func(_, _ time.Duration) { t.Error("it waits") }
	again.Step = func(step string) error { return errors.New(step) }
	second, err := node.Recover(t.Context(), again)
	if err != nil || second.Before == nil || second.ClusterUUID != done.ClusterUUID || second.NodeID != done.NodeID || second.Kept != done.Kept {
		t.Errorf("the second: %+v, %v; want %+v", second, err, done)
	}
	if err := os.Rename(done.Kept, filepath.Join(t.TempDir(), "kept")); err != nil {
		t.Fatal(err)
	}
	second, err = node.Recover(t.Context(), again)
	if err != nil || second.Before == nil || second.Kept != "" {
		t.Errorf("without the former log: %+v, %v", second, err)
	}

	survivor.Restart()
	c.WaitReady()
	survivor.Drop()
	third, err := node.Recover(t.Context(), recoverOptions(survivor))
	if err != nil || third.Before != nil || third.ClusterUUID == done.ClusterUUID {
		t.Errorf("after it ran: %+v, %v", third, err)
	}
}
