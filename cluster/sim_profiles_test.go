package cluster

import (
	"math/rand/v2"
	"slices"
	"time"
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
	{name: "members", faults: [][]fault{{removeCutOff, replaceNode, demoteForAWhile}, {cutOneWay, slowLinks}}},
	{name: "crashes", faults: [][]fault{{crashAll, crashNode}, {crashVoters}}},
}

// apart are taken by name alone: one more in the turn would give every seed another
// kind of trouble than it has on record.
var apart = []profile{
	{name: "disks", faults: [][]fault{{loseDisk}, {cutOneWay, slowLinks, pauseNode, transferLeadership}, {changeLease}}},
	{name: "restores", faults: [][]fault{{restoreBackup}, {cutOneWay, slowLinks, pauseNode, lagBehind}, {transferLeadership, travelInTime}}},
}

// profileNamed is that of the name, or, by default, the seed's.
func profileNamed(name string, seed uint64) profile {
	for _, p := range slices.Concat(profiles, apart) {
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
