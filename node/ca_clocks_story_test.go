package node_test

import (
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

// Connections that are open would hide a certificate that no peer takes.
func TestARotationLeavesNobodyOutWhoseClockIsBehind(t *testing.T) {
	t.Parallel()
	behind := map[string]time.Duration{"node1": 10 * time.Second, "node2": 20 * time.Second}
	c := nodetest.StartWith(t, 3, nodetest.Options{Tune: func(name string, o *node.Options) {
		o.Now = func() time.Time { return time.Now().Add(-behind[name]) }
	}})
	former := caOf(t, c.Nodes[0])
	rotate(t, c, c.Nodes[0], "")
	untilStage(t, c, c.Nodes[0], "idle")
	wantOneCA(t, c, former)
	for _, n := range c.Nodes {
		n.Stop()
		n.Restart()
		c.WaitReady()
	}
}
