package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hashicorp/raft"
)

// What follows brings about, more often than chance would, what certain mistakes
// need to be seen.

// travelOften is for one node after the other, with little time between.
func travelOften(w *simWorld, rng *rand.Rand, span time.Duration) {
	for range 6 {
		travelInTime(w, rng, span)
		sleepUntil(w.over, span/8)
	}
}

// returnBehind cuts a node off for longer than its lease, and lets it come back
// when it is slow to apply, and the voters to answer.
func returnBehind(w *simWorld, rng *rand.Rand, _ time.Duration) {
	ids := w.ids(rng)
	back, rest := without(ids, w.leaders()...)[:1], ids
	w.net.sever(back, rest)
	w.net.sever(rest, back)
	w.quiet.Store(true) // what it has to catch up with is little
	sleepUntil(w.over, 400*time.Millisecond)
	w.quiet.Store(false)
	sleepUntil(w.over, 5*time.Millisecond)
	w.net.heal()
	w.byID(back[0]).setSlow(25 * time.Millisecond)
	w.net.change(func() {
		for _, l := range w.leaders() {
			for _, id := range without(rest, back...) {
				w.net.delay[[2]string{id, l}] = 40 * time.Millisecond
			}
		}
	})
	sleepUntil(w.over, 200*time.Millisecond)
	w.net.heal()
	w.byID(back[0]).setSlow(0)
}

// comeBack cuts a node off for longer than its lease, again and again.
func comeBack(w *simWorld, rng *rand.Rand, _ time.Duration) {
	ids := w.ids(rng)
	back := without(ids, w.leaders()...)[:1]
	w.net.sever(back, ids)
	w.net.sever(ids, back)
	sleepUntil(w.over, 350*time.Millisecond)
	w.net.heal()
}

// lateReplies lets a node wait long for what the leader says, and then cuts it off.
func lateReplies(w *simWorld, rng *rand.Rand, _ time.Duration) {
	ids := w.ids(rng)
	late, rest := without(ids, w.leaders()...)[:1], ids
	w.net.change(func() {
		for _, l := range w.leaders() {
			w.net.delay[[2]string{l, late[0]}] = 400 * time.Millisecond
		}
	})
	sleepUntil(w.over, 500*time.Millisecond+time.Duration(rng.IntN(300))*time.Millisecond)
	w.net.sever(late, rest)
	w.net.sever(rest, late)
	sleepUntil(w.over, 700*time.Millisecond)
	w.net.heal()
}

// deposeLeader makes the node that is slow to notice the leader, and cuts it off
// from the voters, alone or with those who have no vote, so that another leads
// while it goes on believing.
func deposeLeader(w *simWorld, rng *rand.Rand, span time.Duration) {
	for range 20 {
		if leaders := w.leaders(); len(leaders) > 0 && !slices.Contains(leaders, w.nodes[0].id) {
			w.callElection(leaders[0], w.nodes[0].id)
		}
		sleepUntil(w.over, 20*time.Millisecond)
	}
	sleepUntil(w.over, 100*time.Millisecond)
	if rng.IntN(3) == 0 {
		isolateLeader(w, rng, span+400*time.Millisecond)
	} else {
		leaderWithNonVoters(w, rng, span+400*time.Millisecond)
	}
}

// callElection has the leader tell a node to stand at once, as the end of a
// hand-over does.
func (w *simWorld) callElection(leader, id string) {
	if l := w.byID(leader).alive(); l != nil {
		header := raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(leader), Addr: []byte(leader)}
		var answer raft.TimeoutNowResponse
		_ = simTransport{l.wire}.TimeoutNow(raft.ServerID(id), raft.ServerAddress(id), &raft.TimeoutNowRequest{RPCHeader: header}, &answer)
	}
}

// lowerLease makes the lease long, cuts a node off that holds one, makes it short,
// and loses the leader before the long one is over.
func lowerLease(w *simWorld, rng *rand.Rand, span time.Duration) {
	w.setLease(rng, 800*time.Millisecond, span)
	sleepUntil(w.over, 150*time.Millisecond)
	ids := without(w.ids(rng), w.leaders()...)
	w.net.sever(ids[:1], w.ids(rng))
	w.net.sever(w.ids(rng), ids[:1])
	w.setLease(rng, 100*time.Millisecond, 60*time.Millisecond)
	loseLeader(w, rng, span)
	sleepUntil(w.over, 300*time.Millisecond)
	w.net.heal()
}

func (w *simWorld) setLease(rng *rand.Rand, lease, within time.Duration) {
	c := simCommand{ID: w.unique(simSettings), Op: simSettings, Lease: lease}
	for _, id := range w.leaders() {
		w.byID(id).at(within, func(ctx context.Context, c2 *Cluster) { _, _ = c2.Revoke(ctx, c.entry()) })
	}
}

// loseLeader crashes whoever leads, and starts it again.
func loseLeader(w *simWorld, _ *rand.Rand, span time.Duration) {
	for _, id := range w.leaders() {
		n := w.byID(id)
		n.crash()
		sleepUntil(w.over, span/2)
		n.restart()
	}
}

func (w *simWorld) byID(id string) *simNode {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.nodes {
		if n.id == id {
			return n
		}
	}
	return nil
}

// crashVoters loses the power of a majority at once.
func crashVoters(w *simWorld, rng *rand.Rand, span time.Duration) {
	voters := w.nodes[:simVoters]
	for _, i := range rng.Perm(simVoters)[:simVoters-1] {
		voters[i].crash()
	}
	sleepUntil(w.over, span/8)
	for _, n := range voters {
		if n.alive() == nil {
			n.restart()
		}
	}
}

// removeCutOff removes a node that cannot hear of it, or not after it was told.
func removeCutOff(w *simWorld, rng *rand.Rand, span time.Duration) {
	ids := without(w.ids(rng), w.leaders()...)
	gone, rest := ids[:1], w.ids(rng)
	if rng.IntN(2) == 0 {
		w.net.sever(gone, rest)
		w.net.sever(rest, gone)
	}
	for _, id := range w.leaders() {
		w.byID(id).at(span, func(ctx context.Context, c *Cluster) { _ = c.Remove(ctx, gone[0]) })
	}
	w.net.sever(gone, rest)
	sleepUntil(w.over, span)
	w.net.heal()
}

// holdUp stops a node for a moment and lets it go on, again and again.
func holdUp(w *simWorld, rng *rand.Rand, span time.Duration) {
	for range 5 {
		pauseNode(w, rng, span/10)
	}
}
