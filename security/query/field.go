package query

import (
	"slices"
	"strings"
)

// Kind tells how a field is compared.
type Kind int

// The kinds of fields. The values of a Keyword, Text and Email are string or
// []string, those of a Boolean bool, of an Object map[string]any.
const (
	// Keyword: each value is compared whole and as it is written.
	Keyword Kind = iota + 1
	// Text: a value is compared word by word, in lower case; no sorting.
	Text
	// Email: a Text whose words are the whole address, what is before and
	// after the @, and each run of letters and of digits.
	Email
	// Boolean: true or false.
	Boolean
	// Object: a JSON object, as metadata is. NAME.KEY is what stands under the
	// key, NAME.KEY.KEY what is deeper, NAME any value at all. Each value is
	// a keyword; numbers and booleans are compared as text.
	Object
)

// Fields declares which fields may be queried. A search names an Object's
// values without declaring them.
type Fields map[string]Kind

// Record is what is searched, by the names of fields. A value is a string,
// bool, []string, map[string]any as JSON gives it, or nil; what is nil, absent
// or not of the field's kind is missing. The key "_id" holds what an ids query
// compares, as a string.
type Record map[string]any

// field is a declared field, or a path into an Object.
type field struct {
	name string // as the search has it
	key  string // in the Record
	path string // into the object; "" for all of it
	kind Kind
}

// field finds what a name in a search stands for.
func (fs Fields) field(name string) (field, error) {
	if strings.Contains(name, "*") {
		return field{}, refuse("Field name pattern [%s] is not allowed for querying or aggregation", name)
	}
	if f, ok := fs.lookup(name); ok {
		return f, nil
	}
	return field{}, refuse("Field [%s] is not allowed for querying or aggregation", name)
}

func (fs Fields) lookup(name string) (field, bool) {
	if kind, ok := fs[name]; ok {
		return field{name: name, key: name, kind: kind}, true
	}
	for at, c := range name {
		if c == '.' && at+1 < len(name) && fs[name[:at]] == Object {
			return field{name: name, key: name[:at], path: name[at+1:], kind: Object}, true
		}
	}
	return field{}, false
}

// sortable reports whether the field has values in an order.
func (f field) sortable() bool { return f.kind != Text && f.kind != Email }

// values returns the record's values of the field as text, in no certain order.
func (f field) values(r Record) []string {
	v, ok := r[f.key]
	if !ok {
		return nil
	}
	switch f.kind {
	case Boolean:
		if b, ok := v.(bool); ok {
			return []string{boolText(b)}
		}
	case Object:
		if m, ok := v.(map[string]any); ok {
			return objectValues(nil, m, f.path, maxObjectDepth)
		}
	default:
		return stringValues(v)
	}
	return nil
}

func stringValues(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}

// document is a record while it is searched. Its terms are made once, however
// many clauses ask for them.
type document struct {
	Record
	terms map[field][]string
}

// terms returns what queries are compared with.
func (f field) terms(d *document) []string {
	terms, ok := d.terms[f]
	if !ok {
		terms = f.analyse(f.values(d.Record)...)
		d.terms[f] = terms
	}
	return terms
}

// analyse makes terms of values, or of a text that is searched for.
func (f field) analyse(values ...string) []string {
	switch f.kind {
	case Text:
		return each(values, words)
	case Email:
		return each(values, emailWords)
	default:
		return values
	}
}

func each(values []string, split func(string) []string) []string {
	var terms []string
	for _, v := range values {
		terms = append(terms, split(v)...)
	}
	return terms
}

// has makes a clause of a test of single terms.
func (f field) has(test func(term string) bool) clause {
	return func(d *document) bool { return slices.ContainsFunc(f.terms(d), test) }
}

// literal judges a value that is compared with the field's terms.
func (f field) literal(text string) (string, error) {
	switch {
	case len(text) > maxText:
		return "", tooLong(f.name)
	case f.kind == Boolean && text != "true" && text != "false":
		return "", refuse("Can't parse boolean value [%s], expected [true] or [false]", text)
	}
	return text, nil
}

func tooLong(name string) error {
	return refuse("a text that is searched for in [%s] is longer than the allowed [%d] bytes", name, maxText)
}
