package token_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/token"
)

func TestValidNameIsTheDocumentedExpression(t *testing.T) {
	documented := regexp.MustCompile(`\A[a-zA-Z0-9-][a-zA-Z0-9_-]{0,255}\z`)
	names := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9_-]{0,300}`),
		rapid.String(),
		rapid.SampledFrom([]string{"", "_a", "-", "-a", "a_", "a b", "a\n", "é", "a/b", "a:b",
			strings.Repeat("a", 256), strings.Repeat("a", 257)}),
	)
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		if got := token.ValidName(name); got != documented.MatchString(name) {
			t.Errorf("%q: %v", name, got)
		}
	})
}

func TestANewNameIsValidOnACommandLineToo(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		name := token.NewName()
		if len(name) != 20 || !token.ValidName(name) || strings.HasPrefix(name, "-") {
			t.Fatalf("got %q", name)
		}
		if seen[name] {
			t.Fatal("the same name twice")
		}
		seen[name] = true
	}
}
