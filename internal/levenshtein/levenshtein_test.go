package levenshtein

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistancesThatAnybodyCanCount(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"refresh", "refresj", 1}, {"kitten", "sitting", 3}, {"http.port", "http.prot", 2}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestItIsADistance(t *testing.T) {
	word := rapid.StringMatching(`[a-c]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		switch ab := Distance(a, b); {
		case (ab == 0) != (a == b):
			t.Errorf("%d from %q to %q", ab, a, b)
		case ab != Distance(b, a):
			t.Errorf("not the same back from %q to %q", b, a)
		case ab > Distance(a, c)+Distance(c, b):
			t.Errorf("shorter by way of %q from %q to %q", c, a, b)
		}
	})
}
