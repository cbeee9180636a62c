package account

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// The questions "does this pattern, or this union of pairs of patterns, lie
// inside that one" are questions about regular languages. They are answered by
// Brzozowski's derivatives: what is left of a language after a character is a
// language again, and there are finitely many of them. Complement and
// intersection, which Lucene's regexes and a privilege's exceptions need, cost
// nothing extra in this form.

// Beyond the last character there are two more symbols, which no pattern
// matches: gap separates the parts of a tuple (a name and an action), and mark
// begins an application privilege that nobody has defined.
const (
	lastChar = utf8.MaxRune
	gap      = lastChar + 1
	mark     = lastChar + 2
)

type langKind byte

const (
	kindNone langKind = iota // no word at all
	kindText                 // one word, perhaps the empty one
	kindSet                  // words of one symbol
	kindCat                  // kids[0] followed by kids[1]
	kindOr
	kindAnd
	kindNot // every word that is not in kids[0]
	kindStar
)

// lang is a regular language. Equal ones, as far as the constructors see, are
// one value, so that pointers and ids can be compared.
type lang struct {
	id       int
	kind     langKind
	text     string
	set      []rune // pairs of first and last symbol, sorted and apart
	kids     []*lang
	nullable bool // contains the empty word

	bounds     []rune // where derivatives may change: see languages.bounds
	haveBounds bool
}

// languages makes languages and remembers them. It does a limited amount of
// work: when that is spent, its results mean nothing and spent says so.
type languages struct {
	known    map[string]*lang
	derived  map[derivation]*lang
	answered map[[2]*lang]bool // by inside
	left     int

	none, empty, all *lang // all: every word of all symbols
	chars            *lang // every word of characters, hence what * matches
}

type derivation struct {
	id     int
	symbol rune
}

// How much work, counted in parts of languages looked at, goes into all patterns
// that a name is compared with, or that a descriptor's fields are checked for;
// and into all questions of one request together. The latter takes a few tenths
// of a second at most, and is more than 10,000 questions about a role such as
// kibana_system take.
const (
	nameWork    = 1 << 20
	requestWork = 3 << 20
)

func newLanguages(work int) *languages {
	ls := &languages{known: map[string]*lang{}, derived: map[derivation]*lang{}, answered: map[[2]*lang]bool{}, left: work}
	ls.none = ls.intern(lang{kind: kindNone})
	ls.empty = ls.word("")
	ls.all = ls.not(ls.none)
	ls.chars = ls.star(ls.symbols(0, lastChar))
	return ls
}

func (ls *languages) spent() bool { return ls.left < 0 }

// intern returns the one value that equals l.
func (ls *languages) intern(l lang) *lang {
	ls.left -= 1 + len(l.kids) + len(l.set) + len(l.text)/16
	if ls.spent() && ls.none != nil {
		return ls.none
	}
	key := append([]byte{byte(l.kind)}, l.text...)
	for _, r := range l.set {
		key = binary.AppendUvarint(key, uint64(r))
	}
	for _, kid := range l.kids {
		key = binary.AppendUvarint(key, uint64(kid.id))
	}
	if old, ok := ls.known[string(key)]; ok {
		return old
	}
	l.id = len(ls.known)
	ls.known[string(key)] = &l
	return &l
}

func (ls *languages) word(text string) *lang {
	return ls.intern(lang{kind: kindText, text: text, nullable: text == ""})
}

// symbols is the language of single symbols from one of the pairs of first and
// last symbol.
func (ls *languages) symbols(pairs ...rune) *lang {
	if len(pairs) == 0 {
		return ls.none
	}
	return ls.intern(lang{kind: kindSet, set: pairs})
}

// cat nests to the right and joins neighbouring words, so that one language has
// one form.
func (ls *languages) cat(a, b *lang) *lang {
	switch {
	case ls.spent() || a == ls.none || b == ls.none:
		return ls.none
	case a == ls.empty:
		return b
	case b == ls.empty:
		return a
	case a.kind == kindCat:
		return ls.cat(a.kids[0], ls.cat(a.kids[1], b))
	case a.kind == kindText && b.kind == kindText:
		return ls.word(a.text + b.text)
	case a.kind == kindText && b.kind == kindCat && b.kids[0].kind == kindText:
		return ls.cat(ls.word(a.text+b.kids[0].text), b.kids[1])
	}
	return ls.intern(lang{kind: kindCat, kids: []*lang{a, b}, nullable: a.nullable && b.nullable})
}

// tuple joins the parts with gaps.
func (ls *languages) tuple(parts ...*lang) *lang {
	l := parts[len(parts)-1]
	for _, part := range slices.Backward(parts[:len(parts)-1]) {
		l = ls.cat(part, ls.cat(ls.symbols(gap, gap), l))
	}
	return l
}

func (ls *languages) or(list ...*lang) *lang {
	if ls.spent() {
		return ls.none
	}
	kids := ls.flatten(kindOr, ls.none, list)
	switch {
	case slices.Contains(kids, ls.all):
		return ls.all
	case len(kids) == 0:
		return ls.none
	case len(kids) == 1:
		return kids[0]
	}
	nullable := slices.ContainsFunc(kids, func(l *lang) bool { return l.nullable })
	return ls.intern(lang{kind: kindOr, kids: kids, nullable: nullable})
}

func (ls *languages) and(list ...*lang) *lang {
	if ls.spent() {
		return ls.none
	}
	kids := ls.flatten(kindAnd, ls.all, list)
	switch {
	case slices.Contains(kids, ls.none):
		return ls.none
	case len(kids) == 0:
		return ls.all
	case len(kids) == 1:
		return kids[0]
	}
	lacks := slices.ContainsFunc(kids, func(l *lang) bool { return !l.nullable })
	return ls.intern(lang{kind: kindAnd, kids: kids, nullable: !lacks})
}

// flatten opens kids of the same kind, drops the neutral one, and sorts the
// rest without repetitions.
func (ls *languages) flatten(kind langKind, neutral *lang, list []*lang) []*lang {
	var kids []*lang
	for _, l := range list {
		switch {
		case l.kind == kind:
			kids = append(kids, l.kids...)
		case l != neutral:
			kids = append(kids, l)
		}
	}
	ls.left -= len(kids)
	slices.SortFunc(kids, func(a, b *lang) int { return a.id - b.id })
	return slices.Compact(kids)
}

func (ls *languages) not(l *lang) *lang {
	if l.kind == kindNot {
		return l.kids[0]
	}
	return ls.intern(lang{kind: kindNot, kids: []*lang{l}, nullable: !l.nullable})
}

func (ls *languages) star(l *lang) *lang {
	if l == ls.none || l == ls.empty {
		return ls.empty
	}
	if l.kind == kindStar {
		return l
	}
	return ls.intern(lang{kind: kindStar, kids: []*lang{l}, nullable: true})
}

// minus is what is in a and not in b.
func (ls *languages) minus(a, b *lang) *lang { return ls.and(a, ls.not(b)) }
