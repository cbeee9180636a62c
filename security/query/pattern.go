package query

import (
	"strings"

	"jeton/internal/wildcard"
)

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
		text = strings.ToLower(text)
		return f.has(func(term string) bool { return wildcard.Match(text, strings.ToLower(term)) }), nil
	}
	return f.has(func(term string) bool { return wildcard.Match(text, term) }), nil
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
