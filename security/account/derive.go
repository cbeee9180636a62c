package account

import (
	"slices"
	"unicode/utf8"
)

// derive returns what may follow the symbol in the words of l that begin with
// it.
func (ls *languages) derive(l *lang, symbol rune) *lang {
	if ls.spent() || l.kind == kindNone {
		return ls.none
	}
	at := derivation{l.id, symbol}
	d, ok := ls.derived[at]
	if !ok {
		d = ls.deriveOnce(l, symbol)
		ls.derived[at] = d
	}
	return d
}

func (ls *languages) deriveOnce(l *lang, symbol rune) *lang {
	switch l.kind {
	case kindText:
		if first, n := utf8.DecodeRuneInString(l.text); n > 0 && first == symbol {
			return ls.word(l.text[n:])
		}
	case kindSet:
		for i := 0; i < len(l.set); i += 2 {
			if l.set[i] <= symbol && symbol <= l.set[i+1] {
				return ls.empty
			}
		}
	case kindCat:
		first := ls.cat(ls.derive(l.kids[0], symbol), l.kids[1])
		if l.kids[0].nullable {
			return ls.or(first, ls.derive(l.kids[1], symbol))
		}
		return first
	case kindOr:
		return ls.or(ls.deriveEach(l.kids, symbol)...)
	case kindAnd:
		return ls.and(ls.deriveEach(l.kids, symbol)...)
	case kindNot:
		return ls.not(ls.derive(l.kids[0], symbol))
	case kindStar:
		return ls.cat(ls.derive(l.kids[0], symbol), l)
	}
	return ls.none
}

func (ls *languages) deriveEach(kids []*lang, symbol rune) []*lang {
	ls.left -= len(kids)
	out := make([]*lang, len(kids))
	for i, kid := range kids {
		out[i] = ls.derive(kid, symbol)
	}
	return out
}

// boundsOf returns the symbols at which another derivative than that of the
// symbol before may begin. Between two of them all derivatives are equal.
func (ls *languages) boundsOf(l *lang) []rune {
	if l.haveBounds {
		return l.bounds
	}
	var out []rune
	switch l.kind {
	case kindText:
		if first, n := utf8.DecodeRuneInString(l.text); n > 0 {
			out = []rune{first, first + 1}
		}
	case kindSet:
		for i := 0; i < len(l.set); i += 2 {
			out = append(out, l.set[i], l.set[i+1]+1)
		}
	case kindCat:
		out = slices.Clone(ls.boundsOf(l.kids[0]))
		if l.kids[0].nullable {
			out = append(out, ls.boundsOf(l.kids[1])...)
		}
	default:
		for _, kid := range l.kids {
			out = append(out, ls.boundsOf(kid)...)
		}
	}
	ls.left -= len(out)
	slices.Sort(out)
	l.bounds, l.haveBounds = slices.Compact(out), true
	return l.bounds
}

// inside reports whether every word of asked is one of held. When the work is
// spent the answer is no.
func (ls *languages) inside(asked, held *lang) bool {
	if asked == ls.none || held == ls.all || asked == held {
		return !ls.spent()
	}
	question := [2]*lang{asked, held}
	answer, ok := ls.answered[question]
	if !ok {
		answer = ls.search(asked, held)
		ls.answered[question] = answer
	}
	return answer && !ls.spent()
}

// search looks for a word of asked that is not one of held.
func (ls *languages) search(asked, held *lang) bool {
	seen := map[[2]*lang]bool{}
	todo := [][2]*lang{{asked, held}}
	for len(todo) > 0 {
		asked, held := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		if ls.spent() || asked.nullable && !held.nullable {
			return false
		}
		for _, symbol := range ls.symbolsOf(asked, held) {
			ls.left--
			next := [2]*lang{ls.derive(asked, symbol), ls.derive(held, symbol)}
			if next[0] != ls.none && next[1] != ls.all && next[0] != next[1] && !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return !ls.spent()
}

// symbolsOf returns symbols that stand for all with which words of asked begin,
// as far as derivatives of either language differ.
func (ls *languages) symbolsOf(asked, held *lang) []rune {
	if first, ok := asked.first(); ok {
		return []rune{first}
	}
	symbols := slices.Concat([]rune{0}, ls.boundsOf(asked), ls.boundsOf(held))
	ls.left -= len(symbols) / 4
	slices.Sort(symbols)
	return slices.Compact(symbols)
}

// first returns the symbol with which every word begins, where that is plain to
// see.
func (l *lang) first() (rune, bool) {
	switch l.kind {
	case kindText:
		first, n := utf8.DecodeRuneInString(l.text)
		return first, n > 0
	case kindSet:
		return l.set[0], len(l.set) == 2 && l.set[0] == l.set[1]
	case kindCat:
		return l.kids[0].first()
	case kindAnd:
		for _, kid := range l.kids {
			if first, ok := kid.first(); ok {
				return first, true
			}
		}
	}
	return 0, false
}

// isEmpty reports whether l has no word.
func (ls *languages) isEmpty(l *lang) bool { return ls.inside(l, ls.none) }
