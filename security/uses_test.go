package security

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
)

func (n *node) noteUses() {
	n.world.t.Helper()
	if err := n.NoteUses(n.world.t.Context()); err != nil {
		n.world.t.Fatal(err)
	}
}

// lastUsed is when the node's state says that a token of fleet-server was used.
func (n *node) lastUsed(name string) time.Time {
	n.world.t.Helper()
	t, ok := n.state.Current().ServiceToken(fleet, name)
	if !ok {
		n.world.t.Fatalf("there is no token %s", name)
	}
	return moment(t.LastUsed)
}

func TestTenThousandUsesInOneHourAreOneEntry(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.leader.expectTrips(1, 0)
	hour := n.world.now
	for i := range 10_000 {
		n.world.now = hour.Add(time.Duration(i) * 300 * time.Millisecond) // 50 minutes in all
		n.expectAccepted(presented(b))
		if i%100 == 99 {
			n.noteUses()
		}
	}
	n.leader.expectTrips(1, 0)
	if at := n.lastUsed("token1"); !at.Equal(hour) {
		t.Errorf("last used at %v, want %v", at, hour)
	}

	n.world.now = hour.Add(time.Hour + 59*time.Minute)
	n.expectAccepted(presented(b))
	n.noteUses()
	n.leader.expectTrips(1, 0)
	if at := n.lastUsed("token1"); !at.Equal(hour.Add(time.Hour)) {
		t.Errorf("last used at %v, want the beginning of the hour", at)
	}
}

func TestNothingIsProposedWithoutAUse(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.expectRefused(bearer(fleet, "token1", "a wrong secret"), badToken(fleet, "token1"))
	n.leader.expectTrips(1, 1)
	n.noteUses()
	n.leader.expectTrips(0, 0)
	n.expectAccepted(presented(b))
	n.noteUses()
	n.noteUses()
	n.leader.expectTrips(1, 0)
}

func TestAUseThatAnotherNodeHasNotedIsNotNotedAgain(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	b := here.create("token1")
	there.expectAccepted(presented(b))
	here.expectAccepted(presented(b))
	here.noteUses()
	there.leader.expectTrips(0, 1)
	there.catchUpNow()
	there.noteUses()
	there.leader.expectTrips(0, 0)
}

func TestAUseThatCouldNotBeNotedIsKept(t *testing.T) {
	n := oneNode(t)
	b := n.create("token1")
	n.expectAccepted(presented(b))
	n.leader.failure = ErrNoLeader
	if err := n.NoteUses(t.Context()); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
	n.leader.failure = nil
	n.noteUses()
	if n.lastUsed("token1").IsZero() {
		t.Error("the use is forgotten")
	}
}

func TestAUseOfAFormerTokenIsNotThatOfItsSuccessor(t *testing.T) {
	w := newWorld(t)
	here, there := w.node(), w.node()
	here.found()
	former := here.create("token1")
	there.expectAccepted(presented(former))

	here.expectDeleted("fleet-server", "token1", true)
	here.create("token1")
	there.noteUses() // does not know of the other one yet
	if at := there.lastUsed("token1"); !at.IsZero() {
		t.Errorf("the new token was used at %v", at)
	}
	there.leader.expectTrips(1, 1)
	there.noteUses()
	there.leader.expectTrips(0, 0)
}

func TestUsesAreNotedInBoundedSteps(t *testing.T) {
	n := oneNode(t)
	for i := range maxNotedUses + 1 {
		record := fsm.ServiceToken{Account: fleet, Name: fmt.Sprint("token", i), ID: "id"}
		n.propose(&fsm.CreateServiceToken{Token: record})
		n.uses.note(&record, n.world.now)
	}
	n.leader.expectTrips(maxNotedUses+1, 0)
	n.noteUses()
	n.noteUses()
	n.leader.expectTrips(2, 0)
	for tok := range n.state.Current().ServiceTokens(fleet) {
		if tok.LastUsed == 0 {
			t.Errorf("the use of %s is forgotten", tok.Name)
		}
	}
}

func TestTheLongestNamesFitOneEntry(t *testing.T) {
	part := strings.Repeat("x", 256)
	use := fsm.TokenUse{Account: part + "/" + part, Name: part, ID: strings.Repeat("x", 26), At: 1 << 50}
	uses := make([]fsm.TokenUse, maxNotedUses)
	for i := range uses {
		uses[i] = use
	}
	if _, err := fsm.Encode(fsm.Proposal{ID: use.ID, Seen: 1 << 50, Command: &fsm.NoteTokenUses{Uses: uses}}); err != nil {
		t.Error(err)
	}
}

func TestTheMemoryOfUsesIsBounded(t *testing.T) {
	var u uses
	now := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	for i := range maxPendingUses + 10 {
		u.note(&fsm.ServiceToken{Account: fleet, Name: fmt.Sprint(i), ID: "id"}, now)
	}
	if len(u.pending) != maxPendingUses {
		t.Errorf("%d uses are remembered", len(u.pending))
	}
	u.note(&fsm.ServiceToken{Account: fleet, Name: "0", ID: "id"}, now.Add(time.Hour))
	if at := u.pending[fsm.TokenKey{Account: fleet, Name: "0"}]; at.hour != now.Add(30*time.Minute).UnixMilli() {
		t.Error("a full memory does not take the later hour of a token that it has")
	}
}

func TestNotingAgainAllocatesNothing(t *testing.T) {
	var u uses
	now := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	pending := &fsm.ServiceToken{Account: fleet, Name: "pending", ID: "id"}
	known := &fsm.ServiceToken{Account: fleet, Name: "known", ID: "id", LastUsed: now.Truncate(time.Hour).UnixMilli()}
	u.note(pending, now)
	for _, record := range []*fsm.ServiceToken{pending, known} {
		if n := testing.AllocsPerRun(100, func() { u.note(record, now) }); n != 0 {
			t.Errorf("%s: %v allocations", record.Name, n)
		}
	}
}

func BenchmarkNoteUse(b *testing.B) {
	now := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	for name, lastUsed := range map[string]int64{"known to the state": now.UnixMilli(), "pending": 0} {
		b.Run(name, func(b *testing.B) {
			var u uses
			record := &fsm.ServiceToken{Account: fleet, Name: "token1", ID: "id", LastUsed: lastUsed}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					u.note(record, now)
				}
			})
		})
	}
}
