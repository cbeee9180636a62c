package account

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAPatternMatchesAsTheObviousMatcherSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab/**")), 0, 10, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab/*")), 0, 12, -1).Draw(t, "s")
		if got, want := matches(pattern, s), obviouslyMatches(pattern, s); got != want {
			t.Fatalf("matches(%q, %q) = %v, want %v", pattern, s, got, want)
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
		if !matches(pattern, s.String()) {
			t.Fatalf("matches(%q, %q) = false", pattern, s.String())
		}
	})
}

func obviouslyMatches(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return obviouslyMatches(pattern[1:], s) || s != "" && obviouslyMatches(pattern, s[1:])
	default:
		return s != "" && s[0] == pattern[0] && obviouslyMatches(pattern[1:], s[1:])
	}
}

// A matcher that tries every run for every star would not end in a lifetime.
func TestNoPatternMakesMatchingSlow(t *testing.T) {
	pattern, s := strings.Repeat("a*", 5_000)+"b", strings.Repeat("a", 100_000)
	start := time.Now()
	if matches(pattern, s) {
		t.Fatal("a text without b matches a pattern that ends with it")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("matching took %v", took)
	}
}
