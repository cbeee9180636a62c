package powerloss_test

import (
	"testing"

	"jeton/internal/powerloss"
)

// hunted is how many crashes a mutant gets to be found.
const hunted = 300

// mutant is a sync that is left out.
type mutant struct {
	name string
	powerloss.Skip
}

// find fails the test unless some crash shows that the sync was needed.
func (m mutant) find(t *testing.T, s story) {
	t.Helper()
	skipped := 0
	for _, e := range s.rec.Events {
		if e.Op == powerloss.Sync && m.Matches(e.Path) {
			skipped++
		}
	}
	if skipped == 0 {
		t.Errorf("%s: %q is no sync of the recording", m.name, m.Pattern)
		return
	}
	crashes := s.draws(hunted, m.Skip)
	for i := range crashes {
		if i%2 == 0 { // what was not synced is lost: the plainest way to miss a sync
			crashes[i].Rest = powerloss.None
		}
	}
	found := s.run(t, crashes, 1)
	if len(found) == 0 {
		t.Errorf("%s: none of %d images shows that %d syncs were skipped", m.name, len(crashes), skipped)
		return
	}
	f := found[0]
	sound := f.Crash
	sound.Skips = nil
	if v := s.one(sound); v.Wrong != "" {
		t.Errorf("%s: nothing is shown by %v: without the skip it is wrong too: %s", m.name, f.Crash, v.Wrong)
		return
	}
	t.Logf("%s: seed %d, image %d: %v: %s", m.name, f.Seed, f.tried, f.Crash, firstLine(f.Wrong))
}

func TestASkippedSyncOfANodeIsFound(t *testing.T) {
	t.Parallel()
	s, _ := single(t, false, 4)
	for _, m := range []mutant{
		{"the log", powerloss.Skip{Pattern: "raft.db"}},
		{"the log's directory", powerloss.Skip{Pattern: "data/raft"}},
		{"the identity", powerloss.Skip{Pattern: ".node.json.*.tmp"}},
		{"the key", powerloss.Skip{Pattern: ".node.key.*.tmp"}},
		{"the certificate", powerloss.Skip{Pattern: ".node.crt.*.tmp"}},
		{"the CA's certificate", powerloss.Skip{Pattern: ".ca.crt.*.tmp"}},
		{"the version of the trusted CAs", powerloss.Skip{Pattern: ".ca.json.*.tmp"}},
		{"what the founder decided", powerloss.Skip{Pattern: ".founding.json.*.tmp"}},
		{"the data directory", powerloss.Skip{Pattern: "data"}},
		{"the directory around it", powerloss.Skip{Pattern: "."}},
	} {
		m.find(t, s)
	}
}

func TestASkippedSyncOfASnapshotIsFound(t *testing.T) {
	t.Parallel()
	s, _ := single(t, true, 16)
	for _, m := range []mutant{
		{"the log, with snapshots", powerloss.Skip{Pattern: "raft.db"}},
		{"the snapshot's state", powerloss.Skip{Pattern: "state.bin"}},
		{"the snapshot's description", powerloss.Skip{Pattern: "meta.json"}},
		{"the snapshot's own directory", powerloss.Skip{Pattern: "data/raft/snapshots/*.tmp"}},
		{"the snapshots' directory", powerloss.Skip{Pattern: "snapshots"}},
	} {
		m.find(t, s)
	}
}

func TestASkippedSyncOfAToolIsFound(t *testing.T) {
	t.Parallel()
	stories := edits(t)
	const create, useradd, passwd = 1, 4, 6 // of commands
	for i, ms := range map[int][]mutant{
		create: {
			{"service_tokens", powerloss.Skip{Pattern: ".service_tokens.*.tmp"}},
			{"the config directory, service_tokens", powerloss.Skip{Pattern: "."}},
		},
		useradd: {
			{"users_roles", powerloss.Skip{Pattern: ".users_roles.*.tmp"}},
		},
		passwd: {
			{"users", powerloss.Skip{Pattern: ".users.*.tmp"}},
			{"the config directory, users", powerloss.Skip{Pattern: "."}},
		},
	} {
		for _, m := range ms {
			m.find(t, stories[i])
		}
	}
}

// Without snapshots: one that was taken after the join holds the addresses too.
func TestASkippedSyncOfTheAddressBookIsFound(t *testing.T) {
	t.Parallel()
	s := pair(t, false, 2)
	for _, m := range []mutant{
		{"the address book", powerloss.Skip{Pattern: "peers.json.new"}},
	} {
		m.find(t, s)
	}
}
