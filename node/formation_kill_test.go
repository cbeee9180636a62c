package node_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jeton/node/nodetest"
)

// begun is a node that has waited alone and was killed: it has an identity, and no
// cluster.
func begun(t *testing.T, c *nodetest.Cluster, n *nodetest.Node) (id string) {
	t.Helper()
	s := n.Begin()
	waits(c, s, "waiting for a majority")
	s.End()
	found := regexp.MustCompile(`"id":"(\w+)"`).FindStringSubmatch(dataFile(t, n, "node.json"))
	if found == nil {
		t.Fatal("it has no identity")
	}
	return found[1]
}

func dataFile(t *testing.T, n *nodetest.Node, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(n.Dir, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, n *nodetest.Node, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.Dir, "data", name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func ballot(vote string, rank int, founder bool) string {
	return fmt.Sprintf(`{"list":["node0","node1","node2"],"vote":%q,"rank":%d,"founder":%v}`, vote, rank, founder)
}

func TestAChosenFounderThatWasKilledFounds(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	write(t, c.Nodes[1], "ballot.json", ballot(begun(t, c, c.Nodes[1]), 1, true))
	c.StartAll(c.Nodes[1]) // needs nobody: it was decided
	c.StartAll(c.Nodes[0], c.Nodes[2])
	wantOneCluster(t, c, 3)
	if _, err := os.Stat(filepath.Join(c.Nodes[1].Dir, "data", "ballot.json")); err == nil {
		t.Error("a member keeps its ballot")
	}
}

func TestWhoHasMetAClusterGoesOnJoiningAndNeverFounds(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	begun(t, c, c.Nodes[0])
	write(t, c.Nodes[0], "node.json", strings.Replace(dataFile(t, c.Nodes[0], "node.json"), `"new"`, `"joining"`, 1))
	joining, fresh := c.Nodes[0].Begin(), c.Nodes[1].Begin()
	waits(c, joining, "waiting for a member of the cluster that this node has met")
	waits(c, fresh, "waiting for node0, which knows of a cluster")
	joining.End()
	third := c.Nodes[2].Begin()
	fresh.Wait()
	third.Wait()
	c.StartAll(c.Nodes[0])
	wantOneCluster(t, c, 3)
}

// The votes of two were given to the third, which was killed before it founded.
func TestVotesThatWereGivenMoveOn(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	last := begun(t, c, c.Nodes[2])
	for i, n := range c.Nodes {
		if i < 2 {
			begun(t, c, n)
		}
		write(t, n, "ballot.json", ballot(last, 2, false))
	}
	c.StartAll(c.Nodes...)
	wantOneCluster(t, c, 3)
}

func TestVotesForOneThatIsGoneAreNotGivenTwice(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	for _, n := range c.Nodes[:2] {
		begun(t, c, n)
		write(t, n, "ballot.json", ballot("gone", 2, false))
	}
	first, second := c.Nodes[0].Begin(), c.Nodes[1].Begin()
	waits(c, first, "start again with empty directories")
	waits(c, second, "waiting for node0")
	for _, s := range []*nodetest.Starting{first, second} {
		s.End()
	}
	for _, n := range c.Nodes[:2] { // as it was said
		n.LoseDisk()
	}
	c.StartAll(c.Nodes...)
	wantOneCluster(t, c, 3)
}

func TestAnotherListThanTheOneThatWasVotedByIsRefused(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	write(t, c.Nodes[0], "ballot.json", ballot(begun(t, c, c.Nodes[0]), 0, false))
	s := c.Nodes[0].Begin("cluster.initial_master_nodes=node1,node0,node2")
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "has voted by") {
		t.Error(err)
	}
}

func TestNodesWithDifferentListsSaySo(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{})
	one := c.Nodes[0].Begin()
	other := c.Nodes[1].Begin("cluster.initial_master_nodes=node1,node0,node2")
	waits(c, one, "cluster.initial_master_nodes is")
	waits(c, other, "cluster.initial_master_nodes is")
}
