package cluster

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

func logOf(index uint64, c command) *raft.Log {
	return &raft.Log{Index: index, Type: raft.LogCommand, Data: c.entry()}
}

func TestAnEntryThatTheMachineRefusesStopsEverything(t *testing.T) {
	m, broken := newMachine(), errors.New("unknown kind of entry")
	m.failOn(broken)
	var told []error
	f := &raftFSM{machine: m, fatal: func(err error) { told = append(told, err) }}
	f.Apply(logOf(1, command{ID: "good"}))
	if _, err := f.Snapshot(); err != nil {
		t.Fatalf("a snapshot before: %v", err)
	}
	f.Apply(logOf(2, command{ID: "bad", Op: opPoison}))
	f.Apply(logOf(3, command{ID: "later"}))
	f.Apply(logOf(4, command{ID: "bad", Op: opPoison}))
	if m.has("later") || m.Index() != 1 {
		t.Errorf("the machine went on, to index %d", m.Index())
	}
	if _, err := f.Snapshot(); !errors.Is(err, broken) {
		t.Errorf("a snapshot after: %v, want %v", err, broken)
	}
	if len(told) != 1 || !errors.Is(told[0], broken) {
		t.Errorf("told %v, want once %v", told, broken)
	}
}

func TestASnapshotIsOfTheTimeAtWhichItWasTaken(t *testing.T) {
	m := newMachine()
	f := &raftFSM{machine: m}
	f.Apply(logOf(1, command{ID: "before"}))
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	f.Apply(logOf(2, command{ID: "after"}))
	sink := &sink{}
	if err := s.Persist(sink); err != nil || !sink.closed || sink.cancelled {
		t.Fatalf("%v, %+v", err, sink)
	}
	s.Release()
	if err := f.Restore(io.NopCloser(&sink.Buffer)); err != nil {
		t.Fatal(err)
	}
	if !m.has("before") || m.has("after") || m.Index() != 1 {
		t.Errorf("restored %v at %d", m.applied(), m.Index())
	}
}

func TestASnapshotThatCannotBeWrittenIsCancelled(t *testing.T) {
	full := errors.New("disk full")
	s := &sink{err: full}
	if err := (raftSnapshot{newMachine().Snapshot()}).Persist(s); !errors.Is(err, full) || !s.cancelled || s.closed {
		t.Errorf("%v, %+v", err, s)
	}
}

// sink is a raft.SnapshotSink.
type sink struct {
	bytes.Buffer
	err               error
	closed, cancelled bool
}

func (s *sink) ID() string    { return "test" }
func (s *sink) Close() error  { s.closed = true; return nil }
func (s *sink) Cancel() error { s.cancelled = true; return nil }
func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.Buffer.Write(p)
}

func TestAFollowerThatCannotFollowStopsAlone(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	broken := tm.follower()
	broken.machine.failOn(errors.New("unknown kind of entry"))
	rest := tm.others(broken)
	rest[0].commit(command{ID: "poison", Op: opPoison})
	wantError(t, <-broken.fatal, "unknown kind of entry")
	rest[1].commit(command{ID: "without it"})
	if broken.machine.has("without it") {
		t.Error("it went on after an entry that it does not have")
	}
	if err := broken.CatchUp(within(t, 300*time.Millisecond)); err == nil {
		t.Error("it says that it holds everything")
	}
}

func TestALeaderThatCannotFollowItsOwnLogAnswersNothingMore(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	leader.machine.failOn(errors.New("unknown kind of entry"))
	followers := tm.others(leader)
	err := followers[0].Commit(within(t, 500*time.Millisecond), command{ID: "poison", Op: opPoison}.entry())
	if !errors.Is(err, ErrUnknown) {
		t.Errorf("%v: a leader acknowledged what it has not applied", err)
	}
	wantError(t, <-leader.fatal, "unknown kind of entry")
	if err := followers[0].Commit(within(t, 500*time.Millisecond), command{ID: "later"}.entry()); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v: a leader acknowledged what it has not applied", err)
	}
	for _, m := range tm.members {
		if err := m.CatchUp(within(t, 300*time.Millisecond)); err == nil {
			t.Errorf("%s was given an index by a leader whose machine stands still", m.self.Name)
		}
	}
	leader.stop() // as the node does
	next := tm.leaderOf(followers...)
	next.commit(command{ID: "without it"})
}
