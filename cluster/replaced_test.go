package cluster

import (
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// fill writes the entries from one index to another, of one term.
func fill(t *testing.T, log raft.LogStore, from, to, term uint64) {
	t.Helper()
	var entries []*raft.Log
	for i := from; i <= to; i++ {
		entries = append(entries, &raft.Log{Index: i, Term: term})
	}
	if err := log.StoreLogs(entries); err != nil {
		t.Fatal(err)
	}
}

func takeSnapshot(t *testing.T, snapshots raft.SnapshotStore, index, term uint64) {
	t.Helper()
	sink, err := snapshots.Create(raft.SnapshotVersionMax, index, term, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
}

// held is from where to where the log goes.
func held(t *testing.T, log raft.LogStore) [2]uint64 {
	t.Helper()
	first, err := log.FirstIndex()
	if err != nil {
		t.Fatal(err)
	}
	last, err := log.LastIndex()
	if err != nil {
		t.Fatal(err)
	}
	return [2]uint64{first, last}
}

// A former leader's entries that were never committed must not stay below a snapshot
// that its node was sent: that node may lead, and send them to others as committed.
func TestEntriesThatASnapshotReplacesAreNotKept(t *testing.T) {
	for name, c := range map[string]struct {
		log         func(t *testing.T, log raft.LogStore)
		index, term uint64
		want        [2]uint64
	}{
		"a log that ends before the snapshot": {func(t *testing.T, log raft.LogStore) {
			fill(t, log, 1, 29, 1)
			fill(t, log, 30, 30, 2) // never committed
		}, 50, 3, [2]uint64{0, 0}},
		"a former leader's entries beyond the snapshot": {func(t *testing.T, log raft.LogStore) {
			fill(t, log, 1, 29, 1)
			fill(t, log, 30, 60, 2)
		}, 50, 3, [2]uint64{51, 60}},
		"a snapshot of this very log":              {func(t *testing.T, log raft.LogStore) { fill(t, log, 1, 60, 3) }, 50, 3, [2]uint64{1, 60}},
		"a log that was compacted, of which it is": {func(t *testing.T, log raft.LogStore) { fill(t, log, 55, 60, 3) }, 50, 3, [2]uint64{55, 60}},
		"an empty log":                             {func(*testing.T, raft.LogStore) {}, 50, 3, [2]uint64{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openStores(t.TempDir(), hclog.NewNullLogger())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.close() })
			c.log(t, s.log)
			takeSnapshot(t, s.snapshots, c.index, c.term)
			if got := held(t, s.log); got != c.want {
				t.Errorf("the log goes from %d to %d, want %d to %d", got[0], got[1], c.want[0], c.want[1])
			}
		})
	}
}

func TestEntriesThatASnapshotReplacesAreNotKeptAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s, err := openStores(dir, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s.log, 1, 30, 2)
	takeSnapshot(t, s.snapshots.(snapshotStore).FileSnapshotStore, 50, 3) // and no more
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if s, err = openStores(dir, hclog.NewNullLogger()); err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if got := held(t, s.log); got != [2]uint64{} {
		t.Errorf("the log goes from %d to %d still", got[0], got[1])
	}
}

// Else autopilot would wait for ever until a newcomer, in a cluster in which nothing
// is written, has caught up.
func TestANodeThatHasASnapshotAloneHasItsTerm(t *testing.T) {
	snapshot := map[string]string{"last_log_index": "0", "last_log_term": "0", "last_snapshot_index": "15", "last_snapshot_term": "2"}
	if got := lastTerm(snapshot); got != 2 {
		t.Errorf("term %d after a snapshot of term 2", got)
	}
	after := map[string]string{"last_log_index": "16", "last_log_term": "3", "last_snapshot_index": "15", "last_snapshot_term": "2"}
	if got := lastTerm(after); got != 3 {
		t.Errorf("term %d after an entry of term 3", got)
	}
}
