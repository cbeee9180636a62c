package httpapi

import (
	"cmp"
	"slices"
	"strings"

	"jeton/internal/levenshtein"
)

// didYouMean names the known words that are nearest to an unknown one, best
// first, or is "" where none is near.
func didYouMean(unknown string, known []string) string {
	type near struct {
		word  string
		score float64
	}
	var found []near
	for _, word := range known {
		if score := similarity(unknown, word); score > 0.5 {
			found = append(found, near{word, score})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.word, b.word))
	})
	words := make([]string, len(found))
	for i, n := range found {
		words[i] = n.word
	}
	words = slices.Compact(words)
	switch len(words) {
	case 0:
		return ""
	case 1:
		return " -> did you mean [" + words[0] + "]?"
	default:
		return " -> did you mean any of [" + strings.Join(words, ", ") + "]?"
	}
}

// similarity is 1 for equal words and 0 for words that share nothing: the
// Levenshtein distance by the longer word's length, which must not be 0.
func similarity(a, b string) float64 {
	return 1 - float64(levenshtein.Distance(a, b))/float64(max(len(a), len(b)))
}
