package account

import (
	"strings"
	"unicode/utf8"

	"jeton/internal/wildcard"
)

func anyMatches(patterns []string, s string) bool {
	for _, p := range patterns {
		if wildcard.Match(p, s) {
			return true
		}
	}
	return false
}

// isLiteral reports whether the pattern is a plain name, which stands for
// itself only.
func isLiteral(pattern string) bool {
	return !strings.ContainsAny(pattern, `*?\`) && !strings.HasPrefix(pattern, "/")
}

// covers reports whether the pattern of names, a wildcard or a /regex/, covers
// the name. A regex that is invalid, or too much work, covers nothing.
func (ls *languages) covers(pattern, name string) bool {
	if !strings.HasPrefix(pattern, "/") {
		return wildcard.Match(pattern, name)
	}
	if !utf8.ValidString(name) {
		return false
	}
	l, ok := ls.pattern(pattern)
	if !ok {
		return false
	}
	for _, c := range name {
		l = ls.derive(l, c)
	}
	return l.nullable && !ls.spent()
}
