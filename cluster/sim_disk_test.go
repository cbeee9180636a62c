package cluster

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
)

// simDisk is a node's log, what else Raft keeps, and its snapshots: all that was
// synced is there after a crash.
type simDisk struct {
	*raft.InmemStore
	rand *rand.Rand

	mu       sync.Mutex
	snapshot *simSnapshot // the latest that is complete
	unsynced int          // of the variant unsynced-log only: entries at the log's end
}

type simSnapshot struct {
	meta raft.SnapshotMeta
	data []byte
}

func newSimDisk(rng *rand.Rand) *simDisk {
	return &simDisk{InmemStore: raft.NewInmemStore(), rand: rng}
}

// StoreLogs implements raft.LogStore.
func (d *simDisk) StoreLogs(logs []*raft.Log) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if mutant.Is(mutant.UnsyncedLog) {
		d.unsynced = min(d.unsynced+len(logs), 8)
	}
	return d.InmemStore.StoreLogs(logs)
}

// StoreLog implements raft.LogStore.
func (d *simDisk) StoreLog(l *raft.Log) error { return d.StoreLogs([]*raft.Log{l}) }

// DeleteRange implements raft.LogStore.
func (d *simDisk) DeleteRange(low, high uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if low == 0 {
		return nil // of an empty log, which InmemStore would take for a full one then
	}
	return d.InmemStore.DeleteRange(low, high)
}

// afterCrash is what the disk holds when the node is started again.
func (d *simDisk) afterCrash() *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := newSimDisk(d.rand)
	left.snapshot = d.snapshot
	first, _ := d.FirstIndex()
	last, _ := d.LastIndex()
	if d.unsynced > 0 {
		last -= min(last, uint64(d.rand.IntN(d.unsynced+1)))
		if d.snapshot != nil { // what a snapshot holds was synced with it
			last = max(last, d.snapshot.meta.Index)
		}
	}
	for i := first; i <= last && i > 0; i++ {
		var l raft.Log
		if d.GetLog(i, &l) == nil {
			_ = left.InmemStore.StoreLog(&l)
		}
	}
	for _, key := range []string{"CurrentTerm", "LastVoteTerm"} {
		if v, err := d.GetUint64([]byte(key)); err == nil {
			_ = left.SetUint64([]byte(key), v)
		}
	}
	if v, err := d.Get([]byte("LastVoteCand")); err == nil {
		_ = left.Set([]byte("LastVoteCand"), v)
	}
	return left
}

// Create implements raft.SnapshotStore.
func (d *simDisk) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration, configurationIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	return &simSink{disk: d, meta: raft.SnapshotMeta{
		Version: version, ID: NewID(), Index: index, Term: term,
		Configuration: configuration, ConfigurationIndex: configurationIndex,
	}}, nil
}

// List implements raft.SnapshotStore.
func (d *simDisk) List() ([]*raft.SnapshotMeta, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil {
		return nil, nil
	}
	meta := d.snapshot.meta
	return []*raft.SnapshotMeta{&meta}, nil
}

// Open implements raft.SnapshotStore.
func (d *simDisk) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil || d.snapshot.meta.ID != id {
		return nil, nil, errors.New("no such snapshot")
	}
	meta := d.snapshot.meta
	return &meta, io.NopCloser(bytes.NewReader(d.snapshot.data)), nil
}

// simSink is a snapshot that is being written: there when it is complete, and not
// before.
type simSink struct {
	bytes.Buffer
	disk *simDisk
	meta raft.SnapshotMeta
}

// ID implements raft.SnapshotSink.
func (s *simSink) ID() string { return s.meta.ID }

// Cancel implements raft.SnapshotSink.
func (s *simSink) Cancel() error { return nil }

// Close implements io.Closer.
func (s *simSink) Close() error {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	s.meta.Size = int64(s.Len())
	if latest := s.disk.snapshot; latest == nil || latest.meta.Index <= s.meta.Index {
		s.disk.snapshot = &simSnapshot{s.meta, s.Bytes()}
	}
	return dropReplaced(s.disk.InmemStore, s.meta.Index, s.meta.Term)
}
