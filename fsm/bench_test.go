package fsm

import (
	"fmt"
	"testing"
)

var sizes = []int{0, 100_000}

// withTokens is a machine that has n tokens.
func withTokens(b *testing.B, n int) *story {
	s := newStory(b)
	for i := range n {
		s.mustDo(&CreateServiceToken{Token: token(fleet, tokenName(i))})
	}
	return s
}

func tokenName(i int) string { return fmt.Sprintf("token-%08d", i) }

func BenchmarkApplyCreateServiceToken(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			s := withTokens(b, n)
			// The machine is set back after each thousand, so that their number stays.
			var entries [][]byte
			for i := range 1000 {
				create := &CreateServiceToken{Token: token(fleet, "new-"+tokenName(i))}
				entries = append(entries, encode(b, Proposal{ID: fmt.Sprint("c", i), Seen: uint64(n + i), Command: create}))
			}
			base := s.snapshot()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(entries) == 0 {
					b.StopTimer()
					s.memory = newMemory()
					s.current.Store(base.state)
					b.StartTimer()
				}
				if err := s.Apply(s.Index()+1, entries[i%len(entries)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkServiceToken(b *testing.B) {
	for _, n := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			m := withTokens(b, n)
			name := tokenName(n / 2)
			b.ReportAllocs()
			for b.Loop() {
				if _, found := m.Current().ServiceToken(fleet, name); !found {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkFingerprint(b *testing.B) {
	m := withTokens(b, 100_000)
	for b.Loop() {
		m.Fingerprint()
	}
}

// The largest change that one entry can make: all tokens of a realm.
func BenchmarkInvalidateOAuthTokens(b *testing.B) {
	s := newStory(b)
	for i := range 100_000 {
		s.mustDo(&CreateOAuthToken{Token: pair(tokenName(i), ann)})
	}
	invalidate := &InvalidateOAuthTokens{Realm: ann.Realm, By: "r1", Now: 1}
	for b.Loop() {
		next := *s.Current()
		invalidate.apply(&next)
	}
}
