package cluster

import (
	"testing"
	"time"
)

// Between its retirement and its end a node may tell where it is. That it has no
// record any more is no reason to stop yet: its vote may be needed.
func TestANodeThatIsBeingRemovedMayTellWhereItIs(t *testing.T) {
	t.Parallel()
	tm := newLeasedTeam(t, 4, Freshness{Lease: time.Minute})
	leader := tm.leader()
	dead, gone := tm.others(leader)[0], tm.others(leader)[1]
	dead.stop()
	tm.removing(leader, gone) // waits for the dead one's lease
	tm.eventually("its retirement", func() bool { return leader.registry.Removed(gone.self.ID) })
	gone.announce()
	select {
	case err := <-gone.fatal:
		t.Error("the node was ended:", err)
	default:
	}
	if gone.removed.Load() > 0 {
		t.Error("told to go while it is in the configuration")
	}
}
