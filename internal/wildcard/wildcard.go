// Package wildcard compares names with patterns as Elasticsearch writes them. It
// knows nothing of what the names stand for.
package wildcard

import "unicode/utf8"

// Match reports whether the pattern covers all of s; a * in it stands for
// any run of characters, an empty one too, a ? for one character, a \ takes
// the meaning from the character after it, and everything else is itself.
func Match(pattern, s string) bool { return match(pattern, s, false) }

// MatchOpen reports whether the pattern covers the beginning of s, as it
// would with a star behind it.
func MatchOpen(pattern, s string) bool { return match(pattern, s, true) }

// match goes back to the last star only: the leftmost fit of each piece between
// stars leaves the most room for the rest, so no pattern makes it slow.
func match(pattern, s string, open bool) bool {
	p, i := 0, 0
	afterStar, retry := -1, 0
	for {
		for p < len(pattern) && i < len(s) && pattern[p] == s[i] && !isSpecial(pattern[p]) {
			p, i = p+1, i+1 // the usual case, as fast as can be
		}
		if p == len(pattern) && (open || i == len(s)) {
			return true
		}
		if p < len(pattern) && pattern[p] == '*' {
			p++
			afterStar, retry = p, i
			continue
		}
		if dp, di := matchSpecial(pattern[p:], s[i:]); dp > 0 {
			p, i = p+dp, i+di
			continue
		}
		if afterStar < 0 || retry == len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[retry:])
		retry += n
		p, i = afterStar, retry
	}
}

func isSpecial(c byte) bool { return c == '*' || c == '?' || c == '\\' }

// matchSpecial returns how much of the pattern and of s its next element takes,
// a question mark or something escaped. It takes nothing where it does not fit.
func matchSpecial(pattern, s string) (int, int) {
	switch {
	case pattern == "" || s == "":
	case pattern[0] == '?':
		_, n := utf8.DecodeRuneInString(s)
		return 1, n
	case pattern == `\` && s[0] == '\\': // at the end it stands for itself
		return 1, 1
	case pattern[0] == '\\' && len(pattern) > 1 && pattern[1] == s[0]:
		return 2, 1
	}
	return 0, 0
}
