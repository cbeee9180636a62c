package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"
)

// Disk is what the directory of a node that is stopped holds.
type Disk struct {
	LastTerm, LastIndex uint64    // of the log, or of the snapshot when that is later
	SnapshotIndex       uint64    // 0: none. Everything up to it was committed
	LastAppended        time.Time // when a leader made the last entry; zero: not known
	Servers             []Member
}

// HeldDisk is the directory of a node that is stopped, and cannot be started until
// Close.
type HeldDisk struct{ stores *stores }

// HoldDisk opens the directory. It fails while a node runs on it.
func HoldDisk(dir string, log *slog.Logger) (*HeldDisk, error) {
	if _, err := os.Stat(filepath.Join(dir, "raft.db")); err != nil {
		return nil, err
	}
	s, err := openStores(dir, quietRaftLog(log))
	return &HeldDisk{s}, err
}

// Close lets the directory go.
func (h *HeldDisk) Close() error { return h.stores.close() }

// Read brings the machine to where the disk ends, entries included of which nobody
// knows whether they were committed. It changes nothing.
func (h *HeldDisk) Read(m Machine) (Disk, error) { return h.stores.read(m) }

// Empty reports whether the log has no entry: all there is, is a snapshot. The disk
// of a recovered node is so until the node is started.
func (h *HeldDisk) Empty() (bool, error) {
	last, err := h.stores.log.LastIndex()
	return last == 0, err
}

func quietRaftLog(log *slog.Logger) *raftLog {
	return &raftLog{log: log, name: "raft", closing: func() bool { return true }}
}

func (s *stores) read(m Machine) (Disk, error) {
	var d Disk
	snapshots, err := s.snapshots.List()
	if err != nil {
		return d, err
	}
	var servers raft.Configuration
	if len(snapshots) > 0 {
		newest := snapshots[0]
		_, data, err := s.snapshots.Open(newest.ID)
		if err != nil {
			return d, fmt.Errorf("the newest snapshot: %w", err)
		}
		if err := errors.Join(m.Restore(data), data.Close()); err != nil {
			return d, fmt.Errorf("the newest snapshot: %w", err)
		}
		d.LastTerm, d.LastIndex, d.SnapshotIndex = newest.Term, newest.Index, newest.Index
		servers = newest.Configuration
	}
	last, err := s.log.LastIndex()
	if err != nil {
		return d, err
	}
	for index := d.SnapshotIndex + 1; index <= last; index++ {
		var entry raft.Log
		if err := s.log.GetLog(index, &entry); err != nil {
			return d, fmt.Errorf("log index %d: %w", index, err)
		}
		switch entry.Type {
		case raft.LogCommand:
			if err := m.Apply(index, entry.Data); err != nil {
				return d, err
			}
		case raft.LogConfiguration:
			servers = raft.DecodeConfiguration(entry.Data)
		}
		d.LastTerm, d.LastIndex, d.LastAppended = entry.Term, entry.Index, entry.AppendedAt
	}
	for _, server := range servers.Servers {
		d.Servers = append(d.Servers, Member{ID: string(server.ID), Voter: server.Suffrage == raft.Voter})
	}
	return d, nil
}

// OutlastLeases is how long to wait until no member goes on any more by a lease, or
// by the settings before these.
func OutlastLeases(f Freshness) time.Duration {
	lease := f.outstanding()
	return lease + Timing{}.withDefaults().margin(lease)
}

// RecoverDisk makes of a copy of a survivor's directory that of a cluster of one node
// with the id. last is applied where the disk ends, as an entry at that index, and is
// in the snapshot that the new cluster begins with; the log is empty then. The copy
// may be half done if it fails: make another.
func RecoverDisk(dir, id string, m Machine, last []byte, log *slog.Logger) error {
	logger := quietRaftLog(log)
	s, err := openStores(dir, logger)
	if err != nil {
		return err
	}
	err = s.recover(id, &recoveringFSM{machine: m, last: last}, logger)
	return errors.Join(err, s.close())
}

func (s *stores) recover(id string, f *recoveringFSM, logger *raftLog) error {
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = raft.ServerID(id), logger
	_, transport := raft.NewInmemTransport(raft.ServerAddress(id))
	alone := raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(id), Address: raft.ServerAddress(id)}}}
	err := raft.RecoverCluster(conf, f, s.log, s.stable, s.snapshots, transport, alone)
	if err := errors.Join(err, f.err); err != nil {
		return err
	}
	// An older snapshot is the former cluster's: a start that could not read the
	// newest would fall back to it.
	snapshots, err := s.snapshots.List()
	if err != nil {
		return err
	}
	for _, old := range snapshots[1:] {
		if err := os.RemoveAll(filepath.Join(s.snapshots.(snapshotStore).dir, old.ID)); err != nil {
			return err
		}
	}
	return syncDir(s.snapshots.(snapshotStore).dir)
}

// recoveringFSM is the machine with one more entry before its snapshot. Raft goes on
// over the errors of an FSM; here the first one is the end.
type recoveringFSM struct {
	machine Machine
	last    []byte
	err     error
}

// Apply implements raft.FSM.
func (f *recoveringFSM) Apply(l *raft.Log) any {
	if f.err == nil {
		f.err = f.machine.Apply(l.Index, l.Data)
	}
	return f.err
}

// Restore implements raft.FSM.
func (f *recoveringFSM) Restore(r io.ReadCloser) error {
	if f.err == nil {
		f.err = f.machine.Restore(r)
	}
	return f.err
}

// Snapshot implements raft.FSM.
func (f *recoveringFSM) Snapshot() (raft.FSMSnapshot, error) {
	index, _ := f.machine.Position()
	if f.err == nil {
		f.err = f.machine.Apply(index, f.last)
	}
	if f.err != nil {
		return nil, f.err
	}
	return raftSnapshot{f.machine.Snapshot()}, nil
}

// CopyDisk copies a directory's log and snapshots, durably; the address book is left
// out, for it leads to the former cluster.
func CopyDisk(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case name == "raft.db" || filepath.Dir(name) != ".":
			return copyFile(path, target)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = syncDir(path)
		}
		return err
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error { return syncDir(dir) }
