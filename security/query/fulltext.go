package query

import (
	"slices"
	"strings"

	"jeton/internal/wildcard"
)

// match: the field has a word, or with the operator "and" every word, of the
// text. A keyword has to be the whole text.
func (p *parser) match(name string, v value, _ int) (clause, error) {
	f, v, err := p.oneField(name, v)
	if err != nil {
		return nil, err
	}
	all := false
	if v.kind == object {
		given, err := p.options(name, v, "query", "operator")
		if err != nil {
			return nil, err
		}
		if all, err = p.operator(name, given["operator"]); err != nil {
			return nil, err
		}
		v = given["query"].value
	}
	text, err := p.literalOf(name, v)
	if err != nil {
		return nil, err
	}
	if text, err = f.literal(text); err != nil {
		return nil, err
	}
	list, err := p.words(f, text)
	return combine(all, list), err
}

// words makes a clause for each term that the field makes of the text.
func (p *parser) words(f field, text string) ([]clause, error) {
	var list []clause
	for _, term := range f.analyse(text) {
		list = append(list, f.has(func(t string) bool { return t == term }))
	}
	return list, p.spend(len(list))
}

// combine joins clauses by AND or OR; no clauses find nothing.
func combine(all bool, list []clause) clause {
	switch {
	case len(list) == 0:
		return nothing
	case all:
		return combination{must: list}.matches
	default:
		return combination{should: list, needed: 1}.matches
	}
}

// operator reads "and" or "or", which is what an absent one means.
func (p *parser) operator(query string, m member) (all bool, err error) {
	switch lower := strings.ToLower(m.text); {
	case m.name == "", m.kind == text && lower == "or":
		return false, nil
	case m.kind == text && lower == "and":
		return true, nil
	}
	return false, p.malformed(m.value, "[%s] query: [%s] must be [and] or [or]", query, m.name)
}

// simpleQueryString: words, each of which one of the fields has to have, whole
// or, with a * behind, its beginning; joined by default_operator. Fields that
// may not be queried find nothing.
func (p *parser) simpleQueryString(name string, v value, _ int) (clause, error) {
	given, err := p.options(name, v, "query", "fields", "default_operator", "lenient", "analyze_wildcard")
	if err != nil {
		return nil, err
	}
	if _, ok := given["query"]; !ok {
		return nil, p.malformed(v, "[%s] query text missing", name)
	}
	text, err := p.word(given["query"])
	if err != nil {
		return nil, err
	}
	all, err := p.operator(name, given["default_operator"])
	if err != nil {
		return nil, err
	}
	fields, err := p.fieldPatterns(given["fields"])
	if err != nil {
		return nil, err
	}
	return p.simpleWords(text, fields, all)
}

// operators of the original's little language that are more than words.
const operators = `+|"()~\`

func (p *parser) simpleWords(text string, fields []field, all bool) (clause, error) {
	tokens := strings.Fields(text)
	if len(fields) == 0 {
		return nothing, nil
	}
	if len(tokens) == 1 && tokens[0] == "*" {
		return everything, nil
	}
	var list []clause
	for _, token := range tokens {
		if token[0] == '-' || strings.ContainsAny(token, operators) {
			return nil, refuse("[simple_query_string] only words and a trailing [*] are supported, found [%s]; use a [bool] query", token)
		}
		inAny, err := p.wordInAny(token, fields)
		if err != nil {
			return nil, err
		}
		list = append(list, inAny)
	}
	return combine(all, list), nil
}

func (p *parser) wordInAny(token string, fields []field) (clause, error) {
	var list []clause
	begin, isPrefix := strings.CutSuffix(token, "*")
	for _, f := range fields {
		if isPrefix {
			list = append(list, f.begins(begin))
			continue
		}
		words, err := p.words(f, token)
		if err != nil {
			return nil, err
		}
		list = append(list, combine(false, words))
	}
	return combine(false, list), p.spend(len(list))
}

// begins tests a prefix that is written as the field's terms are.
func (f field) begins(text string) clause {
	switch f.kind {
	case Boolean:
		return nothing
	case Text, Email:
		text = strings.ToLower(text)
	}
	return f.has(func(term string) bool { return strings.HasPrefix(term, text) })
}

// fieldPatterns reads names, and patterns of declared names; all without any.
func (p *parser) fieldPatterns(m member) ([]field, error) {
	names := []string{"*"}
	if m.name != "" {
		if m.kind != array || len(m.list) > maxPatterns {
			return nil, p.malformed(m.value, "[simple_query_string] [fields] must be an array of at most %d names", maxPatterns)
		}
		names = nil
		for _, e := range m.list {
			name, err := p.word(member{m.name, e})
			if err != nil {
				return nil, err
			}
			name, _, _ = strings.Cut(name, "^") // a boost
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = []string{"*"}
	}
	return p.fields.matching(names), nil
}

const maxPatterns = 100

// matching returns the fields in the order of their names, each once.
func (fs Fields) matching(names []string) []field {
	var found []field
	for _, name := range names {
		if !strings.Contains(name, "*") {
			if f, ok := fs.lookup(name); ok {
				found = append(found, f)
			}
			continue
		}
		for declared, kind := range fs {
			if wildcard.Match(name, declared) {
				found = append(found, field{name: declared, key: declared, kind: kind})
			}
		}
	}
	slices.SortFunc(found, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return slices.Compact(found)
}
