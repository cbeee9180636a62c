package cluster

import (
	"errors"
	"testing"

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
