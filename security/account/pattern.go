package account

import "strings"

// matches reports whether the pattern covers all of s; a * in it stands for
// any run of characters, an empty one too, and everything else for itself.
//
// Between stars the leftmost fit of each piece leaves the most room for the
// rest, so one pass suffices and no pattern makes it slow.
func matches(pattern, s string) bool {
	piece, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, piece)
	if !ok {
		return false
	}
	for {
		piece, rest, star = strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, piece)
		}
		at := strings.Index(s, piece)
		if at < 0 {
			return false
		}
		s = s[at+len(piece):]
	}
}

func anyMatches(patterns []string, s string) bool {
	for _, p := range patterns {
		if matches(p, s) {
			return true
		}
	}
	return false
}
