package cluster

import (
	"errors"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// snapshotStore syncs the directory of each snapshot too. FileSnapshotStore
// syncs the files in it and the directory around it, which on some file systems
// keeps the snapshot and loses the names of its files; and by then the log before
// it is gone.
type snapshotStore struct {
	*raft.FileSnapshotStore
	dir string
}

// Create implements raft.SnapshotStore.
func (s snapshotStore) Create(version raft.SnapshotVersion, index, term uint64, conf raft.Configuration, confIndex uint64, trans raft.Transport) (raft.SnapshotSink, error) {
	sink, err := s.FileSnapshotStore.Create(version, index, term, conf, confIndex, trans)
	if err != nil {
		return nil, err
	}
	return &snapshotSink{SnapshotSink: sink, dir: filepath.Join(s.dir, sink.ID()+".tmp")}, nil
}

type snapshotSink struct {
	raft.SnapshotSink
	dir    string // until it is closed
	closed bool
}

// Close implements raft.SnapshotSink. Raft closes some sinks twice.
func (s *snapshotSink) Close() error {
	if !s.closed {
		s.closed = true
		if err := syncDir(s.dir); err != nil {
			return errors.Join(err, s.Cancel())
		}
	}
	return s.SnapshotSink.Close()
}
