package node_test

import (
	"fmt"
	"strings"
	"testing"

	"jeton/node/nodetest"
)

// Raft's and bbolt's own numbers, in a build without tags: at the leader and at a
// follower, of which several run in this process.
func TestEveryNodeTellsWhatRaftAndItsLogMeasure(t *testing.T) {
	t.Parallel()
	c := nodetest.Start(t, 3)
	create(t, c.Leader(), "token1")
	for _, n := range []*nodetest.Node{c.Leader(), c.Follower()} {
		c.Eventually(n.Name+" to tell of a commit", func() error {
			now := numbers(t, n)
			for _, name := range []string{
				"raft_commitTime_count", "raft_boltdb_storeLogs_count", "raft_fsm_apply_count", "raft_apply", "raft_state_leader",
				"jeton_bbolt_writes_total", "jeton_bbolt_write_seconds_total",
			} {
				if now[name] <= 0 {
					return fmt.Errorf("%s is %v", name, now[name])
				}
			}
			for _, name := range []string{"raft_leader_oldestLogAge", "raft_fsm_lastRestoreDuration", "raft_leader_lastContact_count", "jeton_bbolt_freelist_bytes"} {
				if _, there := now[name]; !there {
					return fmt.Errorf("there is no %s", name)
				}
			}
			return nil
		})
		for key := range numbers(t, n) {
			name, labels, _ := strings.Cut(key, "{")
			for _, m := range c.Nodes {
				if strings.Contains(name, m.ID()) || strings.Contains(labels, m.ID()) && !strings.Contains(labels, `peer_id="`+m.ID()) {
					t.Errorf("%s names a node outside of peer_id", key)
				}
			}
		}
	}
}
