package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/raft"
)

// fault is something that goes wrong for a while, or that somebody does.
type fault func(w *simWorld, rng *rand.Rand, span time.Duration)

// profile is a kind of trouble. Each list of faults is worked off by itself, so
// faults of different lists meet.
type profile struct {
	name   string
	faults [][]fault
	// slowLeader: the first node takes long to notice that it lost the others.
	slowLeader bool
	// lease is the first length of the lease; 0: by the seed.
	lease time.Duration
	// hashes is how seldom a look-up takes long; 0: each twelfth time.
	hashes int
	// holds is how seldom a node is held up at a Pause point: each so many times.
	holds time.Duration
}

// profiles are taken in turn, by the seed.
var profiles = []profile{
	{name: "mixed", faults: [][]fault{networkFaults, nodeFaults, adminFaults}},
	{name: "deposed", faults: [][]fault{{deposeLeader}}, slowLeader: true},
	{name: "behind", faults: [][]fault{{slowLinks}, {lagBehind}, {lagBehind, travelInTime, pauseNode}, {travelInTime, holdUp}}},
	{name: "travels", faults: [][]fault{{travelOften}, {travelOften}, {travelOften}}, holds: 3},
	{name: "returns", faults: [][]fault{{returnBehind}}, lease: 300 * time.Millisecond, holds: 3},
	{name: "hashes", faults: [][]fault{{comeBack}}, lease: 200 * time.Millisecond, hashes: 2},
	{name: "replies", faults: [][]fault{{lateReplies}}, lease: 500 * time.Millisecond},
	{name: "leases", faults: [][]fault{{lowerLease, loseLeader}, {cutOneWay, pauseNode, splitAtRandom}}},
	{name: "members", faults: [][]fault{{removeCutOff, replaceNode}, {cutOneWay, slowLinks}}},
	{name: "crashes", faults: [][]fault{{crashAll, crashNode}, {crashVoters}}},
}

// profileNamed is that of the name, or, by default, the seed's.
func profileNamed(name string, seed uint64) profile {
	for _, p := range profiles {
		if p.name == name {
			return p
		}
	}
	return profiles[seed%uint64(len(profiles))]
}

// heartbeat differs between nodes.
func (p profile) heartbeat(i int, rng *rand.Rand) time.Duration {
	if !p.slowLeader {
		return []time.Duration{100, 100, 150, 400, 900}[rng.IntN(5)] * time.Millisecond
	}
	if i == 0 {
		return 2 * time.Second
	}
	return 100 * time.Millisecond
}

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
		if !hasID(not, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

func hasID(ids []string, id string) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
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

var adminFaults = []fault{transferLeadership, changeLease, changeLease, replaceNode, jumpWallClock}

func transferLeadership(w *simWorld, rng *rand.Rand, span time.Duration) {
	w.atSome(rng, span, func(ctx context.Context, c *Cluster) { _ = c.TransferLeadership(ctx, "") })
}

func changeLease(w *simWorld, rng *rand.Rand, span time.Duration) {
	lease := time.Duration(100+rng.IntN(700)) * time.Millisecond
	w.atSome(rng, span, func(ctx context.Context, c *Cluster) {
		_, _ = c.Revoke(ctx, simCommand{ID: w.unique(simSettings), Op: simSettings, Lease: lease}.entry())
	})
}

// atSome does something at a node, for as long as the span.
func (w *simWorld) atSome(rng *rand.Rand, span time.Duration, do func(context.Context, *Cluster)) {
	at, ok := w.anyNode(rng).enter()
	if !ok {
		return
	}
	defer at.leave()
	ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, span)
	defer cancel()
	do(ctx, at.simLife.cluster)
}

// replaceNode removes a node, which goes on running and being asked, and lets a
// new one in.
func replaceNode(w *simWorld, rng *rand.Rand, span time.Duration) {
	if rng.IntN(2) == 0 {
		return
	}
	gone := w.ids(rng)[0]
	w.atSome(rng, 2*span, func(ctx context.Context, c *Cluster) { _ = c.Remove(ctx, gone) })
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
	for _, n := range w.nodes {
		at, ok := n.enter()
		if !ok {
			continue
		}
		if n.id == leader {
			_ = await(at.simLife.cluster.ctx, at.simLife.cluster.raft.AddNonvoter(raft.ServerID(id), raft.ServerAddress(id), 0, 300*time.Millisecond))
			if vote && at.simLife.cluster.inCluster(id) {
				_ = await(at.simLife.cluster.ctx, at.simLife.cluster.raft.AddVoter(raft.ServerID(id), raft.ServerAddress(id), 0, 300*time.Millisecond))
			}
		}
		at.leave()
	}
}

// jumpWallClock sets a machine's time.
func jumpWallClock(w *simWorld, rng *rand.Rand, _ time.Duration) {
	n := w.anyNode(rng)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.jump += time.Duration(rng.IntN(400)-200) * time.Millisecond
}

// deposeLeader makes the node that is slow to notice the leader, and cuts it off
// from the voters, alone or with those who have no vote, so that another leads
// while it goes on believing.
func deposeLeader(w *simWorld, rng *rand.Rand, span time.Duration) {
	for range 20 {
		if leaders := w.leaders(); len(leaders) > 0 && !hasID(leaders, w.nodes[0].id) {
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
		w.atNode(id, within, func(ctx context.Context, c2 *Cluster) { _, _ = c2.Revoke(ctx, c.entry()) })
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

func (w *simWorld) atNode(id string, span time.Duration, do func(context.Context, *Cluster)) {
	at, ok := w.byID(id).enter()
	if !ok {
		return
	}
	defer at.leave()
	ctx, cancel := context.WithTimeout(at.simLife.cluster.ctx, span)
	defer cancel()
	do(ctx, at.simLife.cluster)
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
		w.atNode(id, span, func(ctx context.Context, c *Cluster) { _ = c.Remove(ctx, gone[0]) })
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
