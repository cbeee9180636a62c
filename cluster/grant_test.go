package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// grantsFor is what the leader takes to be outstanding at the member, from now.
func (l *lone) grantsFor(r *reign, member string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.grants[member].lease - l.clock.read().Boot
}

func TestAGrantIsTakenToHoldLongerThanItDoes(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		if lease, stale := l.grant(r, "a"); lease != term5 || stale != 0 {
			t.Errorf("granted %s and %s", lease, stale)
		}
		if held := l.grantsFor(r, "a"); held != held5 {
			t.Errorf("taken to hold for %s, want %s", held, held5)
		}
	}, "a")
}

func TestAShorterLeaseDoesNotEndALongerOne(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.grant(r, "a")
		l.settings(Freshness{Lease: time.Second, Former: term5})
		if lease, _ := l.grant(r, "a"); lease != time.Second {
			t.Errorf("granted %s", lease)
		}
		if held := l.grantsFor(r, "a"); held != held5 {
			t.Errorf("taken to hold for %s, want %s: the longer lease is still there", held, held5)
		}
	}, "a")
}

func TestNoLeaseIsGranted(t *testing.T) {
	for about, c := range map[string]struct {
		member string
		first  func(t *testing.T, l *lone)
	}{
		"where the settings want a round for every answer": {"a", func(_ *testing.T, l *lone) { l.settings(Freshness{}) }},
		"to a server that is in no configuration":          {"stranger", func(*testing.T, *lone) {}},
		"to one that was retired and is a member still": {"a", func(_ *testing.T, l *lone) {
			l.machine.do(command{Op: opRetire, Node: Node{ID: "a"}})
		}},
		"to one that is in the latest configuration only": {"new", func(t *testing.T, l *lone) {
			l.change(t, l.raft.AddNonvoter("new", "new", 0, 0))
		}},
		"to one that is in the settled configuration only": {"a", func(t *testing.T, l *lone) {
			l.change(t, l.raft.RemoveServer("a", 0, 0))
		}},
	} {
		t.Run(about, func(t *testing.T) {
			leading(t, func(t *testing.T, l *lone, r *reign) {
				c.first(t, l)
				if lease, stale := l.grant(r, c.member); lease != 0 || stale != 0 {
					t.Errorf("granted %s and %s", lease, stale)
				}
				if _, noted := r.grants[c.member]; noted {
					t.Error("a grant was noted")
				}
			}, "a")
		})
	}
}

// change waits until a change of the configuration is done.
func (l *lone) change(t *testing.T, f raft.IndexFuture) {
	t.Helper()
	if err := f.Error(); err != nil {
		t.Fatal(err)
	}
}

func TestANewMemberIsGrantedALeaseOnceItsConfigurationIsSettled(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.change(t, l.raft.AddNonvoter("new", "new", 0, 0))
		l.settle()
		if lease, _ := l.grant(r, "new"); lease != term5 {
			t.Errorf("granted %s", lease)
		}
	})
}

func TestALeaderNotesTheGrantBeforeItReadsTheIndex(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		var noted bool
		confirm := l.confirms.run
		l.confirms.run = func(ctx context.Context) (confirmation, error) {
			noted = l.grantsFor(r, "a") > 0
			return confirm(ctx)
		}
		a, err := l.answerRound(t.Context(), "a", true)
		if err != nil || a.Lease != term5 {
			t.Fatalf("%+v, %v", a, err)
		}
		if !noted {
			t.Error("a take-away that is applied after the index was read finds no grant")
		}
	}, "a")
}

func TestALeaderThatWasNotConfirmedPromisesNothing(t *testing.T) {
	for about, result := range map[string]struct {
		of  confirmation
		err error
	}{
		"no majority answered":       {err: errNotLeader},
		"it leads in another term":   {of: confirmation{term: 99, index: 1}},
		"too many wait for the same": {err: ErrOverloaded},
	} {
		t.Run(about, func(t *testing.T) {
			leading(t, func(t *testing.T, l *lone, _ *reign) {
				l.confirms.run = func(context.Context) (confirmation, error) { return result.of, result.err }
				if a, err := l.answerRound(t.Context(), "a", true); err == nil || a.Lease != 0 {
					t.Errorf("%+v, %v", a, err)
				}
			}, "a")
		})
	}
}

func TestALeaderThatIsNotReadyPromisesNothing(t *testing.T) {
	leading(t, func(t *testing.T, l *lone, r *reign) {
		l.reign.Store(&reign{term: r.term - 1}) // it was ready in an earlier term
		if a, err := l.answerRound(t.Context(), "a", true); !errors.Is(err, errNotLeader) || a.Lease != 0 {
			t.Errorf("%+v, %v", a, err)
		}
	}, "a")
}
