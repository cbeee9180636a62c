package cluster

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

func TestTheLogKnowsTheEntryAtWhichASnapshotEnds(t *testing.T) {
	disk := newSimDisk(nil)
	log := boundaryLog{disk, disk}
	if err := log.StoreLog(&raft.Log{Index: 19, Term: 3, Data: []byte("after the snapshot")}); err != nil {
		t.Fatal(err)
	}
	sink, err := disk.Create(raft.SnapshotVersionMax, 18, 2, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	var l raft.Log
	if err := log.GetLog(18, &l); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("%v for an entry of a snapshot that is not complete", err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	for index, term := range map[uint64]uint64{18: 2, 19: 3} {
		if err := log.GetLog(index, &l); err != nil || l.Index != index || l.Term != term {
			t.Errorf("entry %d: %+v, %v, want term %d", index, l, err, term)
		}
	}
	if err := log.GetLog(17, &l); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("%v for an entry within the snapshot", err)
	}
}

// unpiped is Raft's transport within a process, without pipelines, as tlsWire's.
type unpiped struct{ *raft.InmemTransport }

func (unpiped) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// openBare opens a Raft over the log and with nothing else of a node.
func openBare(t *testing.T, name raft.ServerID, log raft.LogStore) (*raft.Raft, *raft.InmemTransport) {
	t.Helper()
	conf := (&Cluster{cfg: Config{Self: Node{ID: string(name)}}, timing: quick()}).raftConfig(nil)
	conf.Logger = hclog.NewNullLogger()
	conf.SnapshotThreshold, conf.SnapshotInterval, conf.TrailingLogs = 1<<40, time.Hour, 1<<40
	snapshots := raft.NewInmemSnapshotStore()
	_, transport := raft.NewInmemTransport(raft.ServerAddress(name))
	machine := &raftFSM{machine: newMachine(), fatal: func(err error) { t.Error(err) }}
	r, err := raft.NewRaft(conf, machine, boundaryLog{log, snapshots}, raft.NewInmemStore(), snapshots, boundaryTransport{unpiped{transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown().Error() })
	return r, transport
}

// compactedMeanwhile is a log that is compacted, up to the entry after it, just
// after a certain entry has been read.
type compactedMeanwhile struct {
	*raft.InmemStore
	read atomic.Uint64
}

func (l *compactedMeanwhile) GetLog(index uint64, out *raft.Log) error {
	err := l.InmemStore.GetLog(index, out)
	if err == nil && l.read.CompareAndSwap(index, 0) {
		first, _ := l.FirstIndex()
		err = l.DeleteRange(first, index+1)
	}
	return err
}

// A leader that compacts its log after its look at the entry before those that it
// sends, and before its look at these, would find the boundary in the place of the
// first of them. Its follower could not apply that.
func TestALeaderThatCompactsItsLogSendsNoBoundary(t *testing.T) {
	t.Parallel()
	log := &compactedMeanwhile{InmemStore: raft.NewInmemStore()}
	leader, near := openBare(t, "leader", log)
	if err := leader.BootstrapCluster(raft.Configuration{Servers: []raft.Server{{ID: "leader", Address: "leader"}}}).Error(); err != nil {
		t.Fatal(err)
	}
	apply := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := leader.Apply(command{ID: id}.entry(), patience).Error(); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-leader.LeaderCh()
	apply("shared")
	follower, far := openBare(t, "follower", raft.NewInmemStore())
	near.Connect("follower", far)
	if err := leader.AddNonvoter("follower", "follower", 0, patience).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower has all", func() bool { return follower.AppliedIndex() == leader.AppliedIndex() })
	near.DisconnectAll()
	last := leader.LastIndex()
	apply("in the snapshot")
	if err := leader.Snapshot().Error(); err != nil {
		t.Fatal(err)
	}
	apply("after it", "after that")
	log.read.Store(last)
	near.Connect("follower", far)
	eventually(t, "the follower has all", func() bool { return follower.AppliedIndex() == leader.AppliedIndex() })
	if log.read.Load() != 0 {
		t.Error("the log was not compacted meanwhile")
	}
}
