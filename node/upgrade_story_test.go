package node_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"jeton/fsm"
	"jeton/node"
	"jeton/node/nodetest"
	"jeton/security"
)

// levels are the feature levels of a cluster and of its nodes, by name, as a node
// tells them.
func levels(t *testing.T, n *nodetest.Node) (cluster int, nodes map[string]int) {
	t.Helper()
	var body struct {
		Level int `json:"level"`
		Nodes []struct {
			Name  string `json:"name"`
			Level int    `json:"level"`
		} `json:"nodes"`
	}
	a := n.Do(http.MethodGet, "/_jeton/nodes", "")
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil {
		t.Fatalf("%s: %v", a.Body, err)
	}
	nodes = map[string]int{}
	for _, m := range body.Nodes {
		nodes[m.Name] = m.Level
	}
	return body.Level, nodes
}

func waitLevel(c *nodetest.Cluster, level int) {
	for _, n := range c.Running() {
		c.Eventually(fmt.Sprintf("%s at level %d", n.Name, level), func() error {
			var now struct{ Level int }
			a := n.Do(http.MethodGet, "/_jeton/nodes", "")
			if err := json.Unmarshal([]byte(a.Body), &now); err != nil || now.Level != level {
				return fmt.Errorf("it is at %d: %v", now.Level, err)
			}
			return nil
		})
	}
}

// olderNodes makes nodes of older releases of those that are named.
type olderNodes map[string]int

func (r olderNodes) tune(name string, o *node.Options) { o.Level = r[name] }

// later is an entry of the latest level. It must not get into the log: it would make
// another cluster of this one.
func later(t *testing.T) []byte {
	t.Helper()
	entry, err := fsm.Encode(fsm.Proposal{ID: "later", Command: &fsm.RecoverCluster{}})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestAClusterGoesOnWithWhatIsNewOnceEveryMemberKnowsIt(t *testing.T) {
	t.Parallel()
	older := olderNodes{"node0": 1, "node1": 1, "node2": 1, "late": 1}
	c := nodetest.StartWith(t, 3, nodetest.Options{Tune: older.tune})
	before := create(t, c.Nodes[0], "before")
	for _, n := range c.Nodes[:2] {
		delete(older, n.Name)
		n.Stop()
		n.RestartAtSameAddress()
	}
	c.WaitReady()
	cluster, nodes := levels(t, c.Nodes[0])
	if cluster != 1 || nodes["node0"] != fsm.Level || nodes["node1"] != fsm.Level || nodes["node2"] != 1 {
		t.Errorf("cluster at %d, nodes at %v; want 1, and node2 alone at 1", cluster, nodes)
	}
	for _, n := range c.Nodes[:2] { // the leader's own word, by whatever way it is asked
		if err := n.Commit(t.Context(), later(t)); !errors.Is(err, security.ErrUpgradeFirst) && !strings.Contains(fmt.Sprint(err), "upgrade") {
			t.Errorf("a command that one of them does not know, at %s: %v", n.Name, err)
		}
	}

	delete(older, "node2")
	c.Nodes[2].Stop()
	c.Nodes[2].RestartAtSameAddress()
	waitLevel(c, fsm.Level)
	c.WaitReady()
	for _, n := range c.Nodes {
		wantStatus(t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(before)), "a token from before, at "+n.Name)
		create(t, n, "after-"+n.Name)
	}

	late := c.Prepare("late")
	if err := late.TryStart(c.JoinToken()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("feature level %d", fsm.Level)) {
		t.Errorf("a node of a former release: %v, want a refusal that names the level", err)
	}
}

// What was upgraded cannot be run by the former release again, and says so.
func TestANodeOfAFormerReleaseDoesNotFollowAnUpgradedCluster(t *testing.T) {
	t.Parallel()
	older := olderNodes{}
	c := nodetest.StartWith(t, 3, nodetest.Options{Tune: older.tune})
	waitLevel(c, fsm.Level)
	n := c.Follower()
	n.Stop()
	older[n.Name] = 1
	err := n.TryStart("")
	if err == nil { // it stops as soon as it comes to what it does not know
		<-n.Done()
		err = n.Err()
		n.Stop()
	}
	if !errors.Is(err, fsm.ErrUnreadable) || !strings.Contains(err.Error(), "run a newer release") {
		t.Errorf("it ended with %v, want ErrUnreadable and what to do", err)
	}
	delete(older, n.Name)
	n.Restart()
	c.WaitReady()
}
