package account

import (
	"testing"

	"pgregory.net/rapid"

	"jeton/internal/wildcard"
)

func TestAPatternMeansTheSameAsALanguage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune(`aé/**?\\`)), 0, 10, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune(`aé/*?\\`)), 0, 12, -1).Draw(t, "s")
		ls := newLanguages(nameWork)
		if got, want := ls.inside(ls.word(s), ls.wildcard(pattern)), wildcard.Match(pattern, s); got != want {
			t.Fatalf("as a language, %q covers %q: %v, want %v", pattern, s, got, want)
		}
	})
}
