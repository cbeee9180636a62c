package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hashicorp/raft"
)

// disturb does one after the other of its kind.
func (w *simWorld) disturb(rng *rand.Rand, kind []fault) {
	for !w.isOver() {
		sleepUntil(w.over, time.Duration(rng.Int64N(int64(250*time.Millisecond))))
		if w.isOver() {
			return
		}
		kind[rng.IntN(len(kind))](w, rng, time.Duration(20+rng.IntN(500))*time.Millisecond)
	}
}

// ids are all nodes, shuffled.
func (w *simWorld) ids(rng *rand.Rand) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, n := range w.nodes {
		ids = append(ids, n.id)
	}
	rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// leaders are the nodes that take themselves for it.
func (w *simWorld) leaders() (ids []string) {
	w.mu.Lock()
	nodes := w.nodes
	w.mu.Unlock()
	for _, n := range nodes {
		if l := n.alive(); l != nil && l.cluster.Leads() {
			ids = append(ids, n.id)
		}
	}
	return ids
}

func without(ids []string, not ...string) (rest []string) {
	for _, id := range ids {
		if !slices.Contains(not, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

var networkFaults = []fault{splitAtRandom, cutOneWay, isolateLeader, leaderWithNonVoters, bridge, slowLinks}

func splitAtRandom(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := w.ids(rng)
	at := 1 + rng.IntN(2)
	w.net.sever(ids[:at], ids[at:])
	w.net.sever(ids[at:], ids[:at])
	sleepUntil(w.over, span)
	w.net.heal()
}

func cutOneWay(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := w.ids(rng)
	at := 1 + rng.IntN(3)
	w.net.sever(ids[:at], ids[at:])
	sleepUntil(w.over, span)
	w.net.heal()
}

func isolateLeader(w *simWorld, rng *rand.Rand, span time.Duration) {
	leaders := w.leaders()
	others := without(w.ids(rng), leaders...)
	way := rng.IntN(3)
	if way != 0 {
		w.net.sever(leaders, others)
	}
	if way != 1 {
		w.net.sever(others, leaders)
	}
	sleepUntil(w.over, span)
	w.net.heal()
}

func leaderWithNonVoters(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := w.ids(rng)
	side := w.leaders()
	for _, id := range ids {
		if w.isNonVoter(id) {
			side = append(side, id)
		}
	}
	rest := without(ids, side...)
	w.net.sever(side, rest)
	w.net.sever(rest, side)
	sleepUntil(w.over, span)
	w.net.heal()
}

func (w *simWorld) isNonVoter(id string) bool {
	return id >= fmt.Sprint("n", simVoters)
}

// bridge leaves one node that reaches both sides.
func bridge(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := w.ids(rng)
	w.net.sever(ids[1:3], ids[3:])
	w.net.sever(ids[3:], ids[1:3])
	sleepUntil(w.over, span)
	w.net.heal()
}

func slowLinks(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := w.ids(rng)
	w.net.change(func() {
		for range 4 {
			w.net.delay[[2]string{ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]}] = time.Duration(1+rng.IntN(100)) * time.Millisecond
		}
	})
	sleepUntil(w.over, span)
	w.net.heal()
}

var nodeFaults = []fault{pauseNode, pauseNode, crashNode, crashNode, crashAll, lagBehind, lagBehind, travelInTime, travelInTime}

func pauseNode(w *simWorld, rng *rand.Rand, span time.Duration) {
	if l := w.anyNode(rng).alive(); l != nil {
		l.wire.pause(true)
		sleepUntil(w.over, span)
		l.wire.pause(false)
	}
}

func crashNode(w *simWorld, rng *rand.Rand, span time.Duration) {
	n := w.anyNode(rng)
	n.crash()
	sleepUntil(w.over, span/2)
	n.restart()
}

func crashAll(w *simWorld, rng *rand.Rand, span time.Duration) {
	if rng.IntN(4) != 0 {
		return
	}
	w.mu.Lock()
	nodes := w.nodes
	w.mu.Unlock()
	for _, n := range nodes {
		n.crash()
	}
	for _, n := range nodes {
		n.restart()
	}
}

func (n *simNode) restart() {
	if !n.world.isOver() {
		n.start()
	}
}

func lagBehind(w *simWorld, rng *rand.Rand, span time.Duration) {
	n := w.anyNode(rng)
	n.setSlow(time.Duration(1+rng.IntN(60)) * time.Millisecond)
	sleepUntil(w.over, span)
	n.setSlow(0)
}

func (n *simNode) setSlow(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slow = d
}

func travelInTime(w *simWorld, rng *rand.Rand, span time.Duration) {
	n := w.anyNode(rng)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.travels = span / 3
}

var adminFaults = []fault{transferLeadership, changeLease, changeLease, replaceNode, demoteForAWhile, jumpWallClock}

func transferLeadership(w *simWorld, rng *rand.Rand, span time.Duration) {
	w.anyNode(rng).at(span, func(ctx context.Context, c *Cluster) { _ = c.TransferLeadership(ctx, "") })
}

func changeLease(w *simWorld, rng *rand.Rand, span time.Duration) {
	lease := time.Duration(100+rng.IntN(700)) * time.Millisecond
	w.anyNode(rng).at(span, func(ctx context.Context, c *Cluster) {
		_, _ = c.Revoke(ctx, simCommand{ID: w.unique(simSettings), Op: simSettings, Lease: lease}.entry())
	})
}

// at does something at a node that runs, for as long as the span.
func (n *simNode) at(span time.Duration, do func(context.Context, *Cluster)) {
	visit, ok := n.enter()
	if !ok {
		return
	}
	defer visit.leave()
	ctx, cancel := context.WithTimeout(visit.simLife.cluster.ctx, span)
	defer cancel()
	do(ctx, visit.simLife.cluster)
}

// replaceNode removes a node, which goes on running and being asked, and lets a
// new one in.
func replaceNode(w *simWorld, rng *rand.Rand, span time.Duration) {
	if rng.IntN(2) == 0 {
		return
	}
	gone := w.ids(rng)[0]
	w.anyNode(rng).at(2*span, func(ctx context.Context, c *Cluster) { _ = c.Remove(ctx, gone) })
	w.mu.Lock()
	next := len(w.nodes)
	w.mu.Unlock()
	if next >= simVoters+simNonVoters+2 {
		return
	}
	w.mu.Lock()
	n := w.newNode(next)
	w.mu.Unlock()
	n.start()
	for _, id := range w.leaders() {
		w.addServer(id, n.id, rng.IntN(2) == 0)
	}
}

// addServer lets a node in as admit does, and lets it vote at once if asked to.
func (w *simWorld) addServer(leader, id string, vote bool) {
	w.byID(leader).at(time.Second, func(ctx context.Context, c *Cluster) {
		_ = await(ctx, c.raft.AddNonvoter(raft.ServerID(id), raft.ServerAddress(id), 0, 300*time.Millisecond))
		if vote && c.inCluster(id) {
			_ = await(ctx, c.raft.AddVoter(raft.ServerID(id), raft.ServerAddress(id), 0, 300*time.Millisecond))
		}
	})
}

// demoteForAWhile makes a read replica of a voter, and lets it vote again.
func demoteForAWhile(w *simWorld, rng *rand.Rand, span time.Duration) {
	id := fmt.Sprint("n", rng.IntN(simVoters))
	w.anyNode(rng).at(2*span, func(ctx context.Context, c *Cluster) { _ = c.SetVoting(ctx, id, false) })
	sleepUntil(w.over, span)
	w.anyNode(rng).at(2*span, func(ctx context.Context, c *Cluster) { _ = c.SetVoting(ctx, id, true) })
}

// jumpWallClock sets a machine's time.
func jumpWallClock(w *simWorld, rng *rand.Rand, _ time.Duration) {
	n := w.anyNode(rng)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.jump += time.Duration(rng.IntN(400)-200) * time.Millisecond
}
