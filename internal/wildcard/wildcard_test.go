package wildcard

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAPatternMatchesAsTheObviousMatcherSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune(`aé/**?\\`)), 0, 10, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune(`aé/*?\\`)), 0, 12, -1).Draw(t, "s")
		want := obviouslyMatches([]rune(pattern), []rune(s))
		if got := Match(pattern, s); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", pattern, s, got, want)
		}
		open := false
		for n := range len([]rune(s)) + 1 {
			open = open || obviouslyMatches([]rune(pattern), []rune(s)[:n])
		}
		if got := MatchOpen(pattern, s); got != open {
			t.Fatalf("MatchOpen(%q, %q) = %v, want %v", pattern, s, got, open)
		}
	})
}

// Filling the stars of a pattern makes a text that it matches, which two
// independent strings seldom are.
func TestAPatternMatchesItselfWithItsStarsFilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab/**")), 0, 20, -1).Draw(t, "pattern")
		var s strings.Builder
		for _, c := range pattern {
			if c == '*' {
				s.WriteString(rapid.StringOfN(rapid.SampledFrom([]rune("ab/*")), 0, 5, -1).Draw(t, "run"))
			} else {
				s.WriteRune(c)
			}
		}
		if !Match(pattern, s.String()) {
			t.Fatalf("Match(%q, %q) = false", pattern, s.String())
		}
	})
}

func obviouslyMatches(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return obviouslyMatches(pattern[1:], s) || len(s) > 0 && obviouslyMatches(pattern, s[1:])
	case pattern[0] == '\\' && len(pattern) > 1:
		return len(s) > 0 && s[0] == pattern[1] && obviouslyMatches(pattern[2:], s[1:])
	default:
		return len(s) > 0 && (pattern[0] == '?' || s[0] == pattern[0]) && obviouslyMatches(pattern[1:], s[1:])
	}
}

// A matcher that tries every run for every star would not end in a lifetime.
func TestNoPatternMakesMatchingSlow(t *testing.T) {
	pattern, s := strings.Repeat("a*", 5_000)+"b", strings.Repeat("a", 100_000)
	start := time.Now()
	if Match(pattern, s) {
		t.Fatal("a text without b matches a pattern that ends with it")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("matching took %v", took)
	}
}
