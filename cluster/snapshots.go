package cluster

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// snapshotStore syncs the directory of each snapshot too. FileSnapshotStore
// syncs the files in it and the directory around it, which on some file systems
// keeps the snapshot and loses the names of its files; and by then the log before
// it is gone.
//
// It also ends what a snapshot leaves behind in the log; see dropReplaced.
type snapshotStore struct {
	*raft.FileSnapshotStore
	dir string
	log raft.LogStore
}

// Create implements raft.SnapshotStore.
func (s snapshotStore) Create(version raft.SnapshotVersion, index, term uint64, conf raft.Configuration, confIndex uint64, trans raft.Transport) (raft.SnapshotSink, error) {
	sink, err := s.FileSnapshotStore.Create(version, index, term, conf, confIndex, trans)
	if err != nil {
		return nil, err
	}
	return &snapshotSink{
		SnapshotSink: sink,
		dir:          filepath.Join(s.dir, sink.ID()+".tmp"),
		complete:     func() error { return dropReplaced(s.log, index, term) },
	}, nil
}

type snapshotSink struct {
	raft.SnapshotSink
	dir      string // until it is closed
	complete func() error
	closed   bool
}

// Close implements raft.SnapshotSink. Raft closes some sinks twice.
func (s *snapshotSink) Close() error {
	if s.closed {
		return s.SnapshotSink.Close()
	}
	s.closed = true
	if err := syncDir(s.dir); err != nil {
		return errors.Join(err, s.Cancel())
	}
	if err := s.SnapshotSink.Close(); err != nil {
		return err
	}
	return s.complete()
}

// dropReplaced removes the entries up to the end of a snapshot, unless the log holds
// the very entry at which it ends, and so all that it was made of.
//
// hashicorp/raft v1.7.3 keeps what a follower held before a snapshot that it was
// sent, with a gap up to the snapshot's end, and among it entries of a former leader
// that were never committed. Should the follower lead, it would send these, as
// committed, to one that is further behind.
func dropReplaced(log raft.LogStore, index, term uint64) error {
	var end raft.Log
	err := log.GetLog(index, &end)
	if err == nil && end.Term == term {
		return nil
	}
	if err != nil && !errors.Is(err, raft.ErrLogNotFound) {
		return fmt.Errorf("read the entry at which a snapshot ends: %w", err)
	}
	first, err := log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := log.LastIndex()
	if err != nil {
		return err
	}
	if last = min(last, index); first == 0 || first > last {
		return nil
	}
	if err := log.DeleteRange(first, last); err != nil {
		return fmt.Errorf("remove the entries that a snapshot has taken the place of: %w", err)
	}
	return nil
}
