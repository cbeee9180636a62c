package query

import "strings"

// prefix: a term of the field begins with this text.
func (p *parser) prefix(name string, v value, _ int) (clause, error) {
	f, text, fold, err := p.patternOf(name, v, "value")
	if err != nil {
		return nil, err
	}
	if fold {
		text = strings.ToLower(text)
		return f.has(func(term string) bool { return strings.HasPrefix(strings.ToLower(term), text) }), nil
	}
	return f.has(func(term string) bool { return strings.HasPrefix(term, text) }), nil
}

// bytesPerClause is how much of a wildcard pattern counts as a clause more. A
// hostile pattern can take its length for each character of a term, so the
// length of all patterns together has to be limited.
const bytesPerClause = 8

// wildcard: a term of the field is as this pattern.
func (p *parser) wildcard(name string, v value, _ int) (clause, error) {
	f, text, fold, err := p.patternOf(name, v, "value", "wildcard")
	if err != nil {
		return nil, err
	}
	if err := p.spend(len(text) / bytesPerClause); err != nil {
		return nil, err
	}
	if fold {
		pattern := compile(strings.ToLower(text))
		return f.has(func(term string) bool { return pattern.matches(strings.ToLower(term)) }), nil
	}
	return f.has(compile(text).matches), nil
}

func (p *parser) patternOf(query string, v value, main ...string) (f field, text string, fold bool, err error) {
	f, text, fold, err = p.fieldAndText(query, v, main...)
	switch {
	case err != nil:
	case f.kind == Boolean:
		err = refuse("Can only use %s queries on keyword, text and wildcard fields - not on [%s] which is of type [boolean]",
			query, f.name)
	case len(text) > maxText:
		err = tooLong(f.name)
	}
	return f, text, fold, err
}

// pattern is a text in which two runes that no text has stand for the signs.
type pattern []rune

const (
	anyRun rune = -1 - iota // *
	anyOne                  // ?
)

// compile reads * as any run of characters, an empty one too, ? as any one
// character, and what follows a \ as itself.
func compile(text string) pattern {
	var p pattern
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			p, escaped = append(p, r), false
		case r == '\\':
			escaped = true
		case r == '*':
			p = append(p, anyRun)
		case r == '?':
			p = append(p, anyOne)
		default:
			p = append(p, r)
		}
	}
	if escaped {
		p = append(p, '\\')
	}
	return p
}

// matches reports whether the pattern covers all of the text. After a mismatch
// only the latest * has to take one character more: what stood before it has
// its leftmost fit, which leaves the most room. So the time is at most the
// product of both lengths.
func (p pattern) matches(text string) bool {
	runes := []rune(text)
	at, i := 0, 0
	star, taken := -1, 0
	for i < len(runes) {
		switch {
		case at < len(p) && p[at] == anyRun:
			star, taken = at, i
			at++
		case at < len(p) && (p[at] == anyOne || p[at] == runes[i]):
			at++
			i++
		case star >= 0:
			taken++
			at, i = star+1, taken
		default:
			return false
		}
	}
	for at < len(p) && p[at] == anyRun {
		at++
	}
	return at == len(p)
}
