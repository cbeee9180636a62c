package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func smallSnapshots(timing *Timing) {
	timing.SnapshotThreshold, timing.TrailingLogs, timing.SnapshotInterval = 16, 4, 10*time.Millisecond
}

func (m *member) snapshots() int {
	found, _ := filepath.Glob(filepath.Join(m.dir, "snapshots", "*", "meta.json"))
	return len(found)
}

func TestALateJoinerGetsASnapshotWhileTrafficGoesOn(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2, smallSnapshots)
	write := func(from, to int) {
		for i := from; i < to; i++ {
			tm.members[i%2].commit(command{ID: fmt.Sprint("entry ", i)})
		}
	}
	write(0, 60)
	tm.eventually("a snapshot", func() bool { return tm.leader().snapshots() > 0 })
	done, writer := make(chan struct{}), tm.members[0]
	go func() {
		defer close(done)
		for i := range 100 {
			if err := writer.Commit(within(t, patience), command{ID: fmt.Sprint("meanwhile ", i)}.entry()); err != nil {
				t.Error(err)
			}
		}
	}()
	late := tm.join(tm.members[1])
	<-done
	tm.waitVoters(3)
	late.catchUp()
	if late.machine.restored() == 0 {
		t.Error("the joiner got the whole log, not a snapshot")
	}
	tm.waitEqual()
	if !late.machine.has("entry 0") || !late.machine.has("meanwhile 99") {
		t.Error("the joiner does not have everything")
	}
}

func TestANodeRestartsFromItsSnapshot(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, smallSnapshots)
	for i := range 60 {
		tm.members[i%3].commit(command{ID: fmt.Sprint("entry ", i)})
	}
	for _, m := range tm.members {
		tm.eventually("a snapshot", func() bool { return m.snapshots() > 0 })
	}
	for _, m := range tm.members {
		m.stop()
	}
	for _, m := range tm.members {
		m.restart()
		if m.machine.restored() == 0 {
			t.Errorf("%s did not begin with its snapshot", m.self.Name)
		}
	}
	for i := range 30 {
		tm.members[i%3].commit(command{ID: fmt.Sprint("after ", i)})
	}
	tm.waitEqual()
	for i := range 60 {
		if id := fmt.Sprint("entry ", i); !tm.members[0].machine.has(id) {
			t.Errorf("%q is lost", id)
		}
	}
}

func TestANodeThatWasAwayForLongIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3, smallSnapshots)
	away := tm.follower()
	away.commit(command{ID: "before"})
	rest := tm.others(away)
	tm.split([]*member{away}, rest)
	for i := range 80 {
		rest[i%2].commit(command{ID: fmt.Sprint("meanwhile ", i)})
	}
	tm.heal()
	away.catchUp()
	if away.machine.restored() == 0 {
		t.Error("it was told every entry, not given a snapshot")
	}
	if !away.machine.has("meanwhile 79") {
		t.Error("caught up without the latest entry")
	}
	tm.waitEqual()
}

func TestWhatANodeKeepsIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	for _, name := range []string{"raft.db", "peers.json"} {
		info, err := os.Stat(filepath.Join(tm.members[0].dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %v", name, mode)
		}
	}
}
