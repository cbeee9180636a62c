package account

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// pattern compiles a pattern of names: a wildcard, or a regex of Lucene between
// slashes. It is false for a text that is not valid UTF-8, for a regex that is
// not valid, and for one with an interval <1-9> or a named automaton <name>.
func (ls *languages) pattern(text string) (*lang, bool) {
	if !utf8.ValidString(text) {
		return ls.none, false
	}
	if !strings.HasPrefix(text, "/") {
		return ls.wildcard(text), true
	}
	if !isRegex(text) {
		return ls.none, false
	}
	return ls.regex(text[1 : len(text)-1])
}

// isRegex tells whether a pattern that begins with a slash also ends so.
func isRegex(pattern string) bool {
	return len(pattern) > 1 && pattern[0] == '/' && pattern[len(pattern)-1] == '/'
}

// patterns is the union of what the patterns cover; those that do not compile
// cover nothing.
func (ls *languages) patterns(texts []string) *lang {
	list := make([]*lang, len(texts))
	for i, text := range texts {
		list[i], _ = ls.pattern(text)
	}
	return ls.or(list...)
}

// wildcard compiles what matches matches.
func (ls *languages) wildcard(text string) *lang {
	if ls.left -= len(text); ls.spent() {
		return ls.none
	}
	var parts []*lang
	var plain []rune
	flush := func(next *lang) {
		parts = append(parts, ls.word(string(plain)), next)
		plain = nil
	}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == '*':
			flush(ls.chars)
		case c == '?':
			flush(ls.symbols(0, lastChar))
		case c == '\\' && i+1 < len(runes):
			i++
			plain = append(plain, runes[i])
		default:
			plain = append(plain, c)
		}
	}
	l := ls.word(string(plain))
	for _, part := range slices.Backward(parts) {
		l = ls.cat(part, l)
	}
	return l
}

// regexParser reads Lucene's syntax: | & ~ ? * + {n,m} [] . # @ "" () \ and the
// classes \d \s \w.
type regexParser struct {
	ls   *languages
	rest []rune
	bad  bool
}

func (ls *languages) regex(text string) (*lang, bool) {
	if text == "" {
		return ls.empty, true
	}
	if ls.left -= len(text); ls.spent() {
		return ls.none, false
	}
	p := &regexParser{ls: ls, rest: []rune(text)}
	l := p.union()
	if p.bad || len(p.rest) > 0 || ls.spent() {
		return ls.none, false
	}
	return l, true
}

func (p *regexParser) peek(any string) bool {
	return len(p.rest) > 0 && strings.ContainsRune(any, p.rest[0])
}

func (p *regexParser) eat(c rune) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// next takes a character; at the end of the text the regex is bad.
func (p *regexParser) next() rune {
	if len(p.rest) == 0 {
		p.bad = true
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *regexParser) union() *lang {
	l := p.intersection()
	for !p.bad && p.eat('|') {
		l = p.ls.or(l, p.intersection())
	}
	return l
}

func (p *regexParser) intersection() *lang {
	l := p.concatenation()
	for !p.bad && p.eat('&') {
		l = p.ls.and(l, p.concatenation())
	}
	return l
}

func (p *regexParser) concatenation() *lang {
	parts := []*lang{p.repetition()}
	for !p.bad && len(p.rest) > 0 && !p.peek(")|&") {
		parts = append(parts, p.repetition())
	}
	l := p.ls.empty
	for _, part := range slices.Backward(parts) {
		l = p.ls.cat(part, l)
	}
	return l
}

func (p *regexParser) repetition() *lang {
	ls := p.ls
	l := p.complement()
	for !p.bad && p.peek("?*+{") {
		switch p.next() {
		case '?':
			l = ls.or(ls.empty, l)
		case '*':
			l = ls.star(l)
		case '+':
			l = ls.cat(l, ls.star(l))
		case '{':
			l = p.times(l)
		}
	}
	return l
}

// maxTimes bounds {n,m}.
const maxTimes = 1000

func (p *regexParser) times(l *lang) *lang {
	ls := p.ls
	least := p.number()
	most, tail := least, ls.empty
	if p.eat(',') {
		if p.peek("}") {
			tail = ls.star(l)
		} else {
			most = p.number()
		}
	}
	if p.next() != '}' || most < least {
		p.bad = true
	}
	for i := 0; i < most && !p.bad && !ls.spent(); i++ {
		tail = ls.cat(l, tail)
		if i < most-least {
			tail = ls.or(ls.empty, tail)
		}
	}
	return tail
}

func (p *regexParser) number() int {
	n, digits := 0, 0
	for p.peek("0123456789") && n <= maxTimes {
		n = n*10 + int(p.next()-'0')
		digits++
	}
	if digits == 0 || n > maxTimes {
		p.bad = true
	}
	return n
}

func (p *regexParser) complement() *lang {
	negate := false
	for p.eat('~') {
		negate = !negate
	}
	l := p.simple()
	if negate {
		return p.ls.minus(p.ls.chars, l)
	}
	return l
}

func (p *regexParser) simple() *lang {
	ls := p.ls
	switch c := p.next(); c {
	case '[':
		return p.class()
	case '.':
		return ls.symbols(0, lastChar)
	case '#':
		return ls.none
	case '@':
		return ls.chars
	case '"':
		return p.quoted()
	case '(':
		return p.group()
	case '<':
		p.bad = true
	case '\\':
		return ls.symbols(p.escaped()...)
	default:
		return ls.word(string(c))
	}
	return ls.none
}

func (p *regexParser) group() *lang {
	if p.eat(')') {
		return p.ls.empty
	}
	l := p.union()
	if p.next() != ')' {
		p.bad = true
	}
	return l
}

func (p *regexParser) quoted() *lang {
	end := slices.Index(p.rest, '"')
	if end < 0 {
		p.bad = true
		return p.ls.none
	}
	l := p.ls.word(string(p.rest[:end]))
	p.rest = p.rest[end+1:]
	return l
}
