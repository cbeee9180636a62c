package cluster

import (
	"errors"

	"github.com/hashicorp/raft"
)

// boundaryLog is a log that knows the entry at which a snapshot ends, although the
// snapshot has taken its place: its index and term.
//
// hashicorp/raft v1.7.3 looks for the entry before those that a leader sends in the
// log alone. A follower that began with a snapshot, and has only entries after it
// that were never committed, would find none that it shares with the next leader,
// and would be sent a snapshot that ends there again and again, without an end.
type boundaryLog struct {
	raft.LogStore
	snapshots raft.SnapshotStore
}

// boundary is a type of entry that Raft does not know. What is asked for here is the
// term alone; if ever such an entry were sent on as one of the log, it would stop who
// applies it, and not pass for another.
const boundary raft.LogType = 0xff

// GetLog implements raft.LogStore.
func (b boundaryLog) GetLog(index uint64, log *raft.Log) error {
	err := b.LogStore.GetLog(index, log)
	if !errors.Is(err, raft.ErrLogNotFound) {
		return err
	}
	snapshots, listErr := b.snapshots.List()
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	for _, s := range snapshots {
		if s.Index == index {
			*log = raft.Log{Index: s.Index, Term: s.Term, Type: boundary}
			return nil
		}
	}
	return err
}
