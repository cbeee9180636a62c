package cluster

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestSimulationOfLostDisks is the simulation of members that die for good and of
// the nodes that come in their place. More runs: TestSimulation -sim.profile=disks.
func TestSimulationOfLostDisks(t *testing.T) {
	withoutRaceDetector(t)
	t.Parallel()
	replaced := 0
	for seed := uint64(1); seed <= 12; seed++ {
		failures, retired := simulateRetired(t, seed)
		if retired {
			replaced++
		}
		for _, f := range failures {
			t.Errorf("seed %d: %s", seed, f)
		}
	}
	if replaced == 0 {
		t.Error("nobody was replaced: nothing was tested")
	}
	t.Logf("replaced in %d of 12 runs", replaced)
}

// simulateRetired is simulate, and tells whether the one that died was retired.
func simulateRetired(t *testing.T, seed uint64) (failures []string, retired bool) {
	synctest.Test(t, func(t *testing.T) {
		w := newSimWorld(seed, profileNamed("disks", seed))
		failures = w.run()
		retired = w.replaced
	})
	return failures, retired
}

func (w *simWorld) lostNode() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// namesakes is the one member whose name another wants.
func (w *simWorld) namesakes() []Node {
	if lost := w.lostNode(); lost != "" {
		return []Node{{ID: lost, Name: lost}}
	}
	return nil
}

// loseDisk ends a voter for good, once in a run, and lets a node of another id take
// its name and place, as one does that has the join secret: it asks whoever leads,
// again and again.
func loseDisk(w *simWorld, rng *rand.Rand, _ time.Duration) {
	if w.lostNode() != "" {
		sleepUntil(w.over, simSpan)
		return
	}
	gone := w.nodes[rng.IntN(simVoters)]
	w.mu.Lock()
	w.lost = gone.id
	n := w.newNode(len(w.nodes))
	w.mu.Unlock()
	gone.crash()
	n.start()
	for taken := false; !taken && !w.isOver(); sleepUntil(w.over, 40*time.Millisecond) {
		for _, id := range w.leaders() {
			w.byID(id).at(time.Second, func(ctx context.Context, c *Cluster) {
				r, ok := c.reigning()
				taken = ok && c.freeName(ctx, r, Node{ID: n.id, Name: gone.id}) == nil && !c.inCluster(gone.id)
			})
			if taken {
				w.replaced = true
				w.addServer(id, n.id, true)
				break
			}
		}
	}
}
