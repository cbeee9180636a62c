package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"
)

func TestALeaderThatWasReplacedWritesNothingUnderTheNextTerm(t *testing.T) {
	withoutRaceDetector(t)
	for _, failure := range writeAtAReplacedLeader(t) {
		t.Error(failure)
	}
}

// writeAtAReplacedLeader lets a leader that was cut off hear of the next one by a
// heartbeat alone, and hands it an entry then: a member that was cut off with it
// does so.
func writeAtAReplacedLeader(t *testing.T) (failures []string) {
	synctest.Test(t, func(t *testing.T) {
		w := newSimWorld(1, profile{slowLeader: true, faults: [][]fault{}})
		old := w.nodes[0]
		await := func(what string, holds func() bool) {
			for i := 0; !holds(); i++ {
				if i > 5000 {
					w.fail("waited in vain for %s", what)
					return
				}
				time.Sleep(time.Millisecond)
			}
		}
		ready := func(n *simNode) bool { _, ok := n.alive().cluster.reigning(); return ok }
		await("the slow leader", func() bool {
			if l := w.leaders(); len(l) > 0 && l[0] != old.id {
				w.callElection(l[0], old.id)
				time.Sleep(60 * time.Millisecond)
			}
			return ready(old)
		})
		rest := without(w.ids(w.rand), old.id)
		w.net.sever([]string{old.id}, rest)
		w.net.sever(rest, []string{old.id})
		var next *simNode
		await("another leader", func() bool {
			for _, n := range w.nodes[1:simVoters] {
				if ready(n) {
					next = n
				}
			}
			return next != nil
		})
		w.net.change(func() {
			w.net.holds = func(to string, command any) bool {
				a, ok := command.(*raft.AppendEntriesRequest)
				return to == old.id && !(ok && isHeartbeat(a))
			}
		})
		w.net.heal()
		w.net.sever([]string{old.id}, rest)
		wait := 0
		await("the heartbeat", func() bool {
			wait++
			return old.alive().cluster.raft.CurrentTerm() == next.alive().cluster.raft.CurrentTerm() || wait > 2000
		})
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		entry := simCommand{ID: "at the replaced", Op: simCreate, Name: "name", Secret: "old"}.entry()
		_, _ = old.alive().cluster.propose(ctx, w.nodes[simVoters].id, entry)
		cancel()
		c := simCommand{ID: "at the next", Op: simCreate, Name: "name", Secret: "new"}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		if err := next.alive().cluster.Commit(ctx, c.entry()); err != nil {
			w.fail("commit at the next leader: %v", err)
		}
		cancel()
		w.net.change(func() { w.net.holds = nil })
		w.net.heal()
		await("equal machines", func() bool {
			a, b := old.alive().machine.current.Load(), next.alive().machine.current.Load()
			return a.Idx == b.Idx && a.Idx > 0
		})
		if a, b := old.alive().machine.current.Load(), next.alive().machine.current.Load(); a.Secrets["name"] != b.Secrets["name"] {
			w.fail("the replaced leader holds %q, and the next %q", a.Secrets["name"], b.Secrets["name"])
		}
		for _, n := range w.nodes {
			n.crash()
		}
		w.closing.Wait()
		failures = w.failures
	})
	return failures
}
