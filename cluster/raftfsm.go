package cluster

import (
	"io"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// raftFSM hands Raft's entries to the machine. Once the machine has refused an
// entry, nothing more is applied and no snapshot is taken: a node that skipped
// an entry would disagree with the others from then on.
type raftFSM struct {
	machine Machine
	fatal   func(error)
	failed  atomic.Pointer[error]
}

// Apply implements raft.FSM. What it returns is the future's Response: nil, or
// an error when the entry was not applied.
func (f *raftFSM) Apply(l *raft.Log) any {
	if err := f.failed.Load(); err != nil {
		return *err
	}
	if err := f.machine.Apply(l.Index, l.Data); err != nil {
		f.failed.Store(&err)
		f.fatal(err)
		return err
	}
	return nil
}

// Snapshot implements raft.FSM.
func (f *raftFSM) Snapshot() (raft.FSMSnapshot, error) {
	if err := f.failed.Load(); err != nil {
		return nil, *err
	}
	return raftSnapshot{f.machine.Snapshot()}, nil
}

// Restore implements raft.FSM. A snapshot that cannot be read is as final as an
// entry.
func (f *raftFSM) Restore(r io.ReadCloser) error {
	defer r.Close()
	err := f.machine.Restore(r)
	if err != nil {
		f.failed.Store(&err)
		f.fatal(err)
	}
	return err
}

type raftSnapshot struct{ io.WriterTo }

// Persist implements raft.FSMSnapshot.
func (s raftSnapshot) Persist(sink raft.SnapshotSink) error {
	if _, err := s.WriteTo(sink); err != nil {
		_ = sink.Cancel()
		return err
	}
	return sink.Close()
}

// Release implements raft.FSMSnapshot.
func (raftSnapshot) Release() {}
