package fsm

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
)

// Every command of this test adds one token, so whatever is seen of the state
// must hold as many tokens, and outcomes, as its index says.
func TestReadersSeeWholeStatesWhileCommandsAreApplied(t *testing.T) {
	const last = 500
	s := newStory(t)
	ctx, applied := context.WithCancel(t.Context())
	readers := map[string]func(){
		"Current": func() {
			now := s.Current()
			want(t, "tokens in the state", len(names(now, fleet)), int(now.Index()))
		},
		"Snapshot": func() {
			other := New()
			if err := other.Restore(bytes.NewReader(saved(t, s.Machine))); err != nil {
				t.Error(err)
			}
			want(t, "tokens in the snapshot", len(names(other.Current(), fleet)), int(other.Index()))
			want(t, "outcomes in the snapshot", len(other.memory.outcomes), int(other.Index()))
		},
		"Outcome": func() {
			id := fmt.Sprintf("p%d", s.Index()+1)
			if o, known := s.Outcome(id); known && s.Index() < o.Index {
				t.Errorf("the outcome at %d was known before its state", o.Index)
			}
		},
		"Wait": func() {
			next := min(s.Index()+1, last)
			if err := s.Wait(t.Context(), next); err != nil || s.Index() < next {
				t.Errorf("waited for %d and found %d: %v", next, s.Index(), err)
			}
		},
		"Fingerprint": func() { s.Fingerprint() },
	}
	var wg sync.WaitGroup
	for _, read := range readers {
		wg.Go(func() {
			for ctx.Err() == nil {
				read()
			}
		})
	}
	for i := range last {
		s.mustDo(&CreateServiceToken{Token: token(fleet, fmt.Sprintf("t%d", i))})
	}
	applied()
	wg.Wait()
}

func TestFingerprintsTellStatesApart(t *testing.T) {
	a, b := newStory(t), newStory(t)
	a.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	b.mustDo(&CreateServiceToken{Token: token(fleet, "t2")})
	index, digest := a.Fingerprint()
	want(t, "index", index, 1)
	if _, other := b.Fingerprint(); other == digest {
		t.Error("different states have the same fingerprint")
	}
}
