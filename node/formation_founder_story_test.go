package node_test

import (
	"testing"

	"jeton/node"
	"jeton/node/nodetest"
)

// It was chosen and killed; then the operator said --bootstrap on another.
func TestAChosenFounderThatFindsAClusterJoinsIt(t *testing.T) {
	t.Parallel()
	c := nodetest.Declare(t, 3, nodetest.Options{Tune: func(name string, o *node.Options) { o.Bootstrap = name == "node1" }})
	write(t, c.Nodes[0], "ballot.json", ballot(begun(t, c, c.Nodes[0]), 0, true))
	c.StartAll(c.Nodes[1])
	before := uuid(t, c.Nodes[1])
	c.StartAll(c.Nodes[0], c.Nodes[2])
	if after := wantOneCluster(t, c, 3); after != before {
		t.Errorf("the cluster was %s and is %s", before, after)
	}
}
