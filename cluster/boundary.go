package cluster

import (
	"errors"
	"fmt"

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
// term alone: it must not pass for an entry of the log, and boundaryTransport sees to
// it that none is sent.
const boundary raft.LogType = 0xff

// GetLog implements raft.LogStore. Of the snapshots only the newest has taken the
// place of entries; an older one would let a leader go on looking for those after it.
func (b boundaryLog) GetLog(index uint64, log *raft.Log) error {
	err := b.LogStore.GetLog(index, log)
	if !errors.Is(err, raft.ErrLogNotFound) {
		return err
	}
	snapshots, listErr := b.snapshots.List()
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	if len(snapshots) == 0 || snapshots[0].Index != index {
		return err
	}
	*log = raft.Log{Index: index, Term: snapshots[0].Term, Type: boundary}
	return nil
}

// raftTransport is what both of Jeton's transports for Raft can do.
type raftTransport interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
}

// boundaryTransport refuses to send a boundary. A leader reads the entry before
// those that it sends first, and then these; if its log is compacted in between, the
// first of them may be a boundary. At the next attempt it finds the entry before
// them gone, and sends the snapshot.
type boundaryTransport struct{ raftTransport }

// AppendEntries implements raft.Transport.
func (t boundaryTransport) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	for _, l := range args.Entries {
		if l.Type == boundary {
			return fmt.Errorf("entry %d was compacted while it was read; the snapshot will be sent", l.Index)
		}
	}
	return t.raftTransport.AppendEntries(id, to, args, resp)
}
