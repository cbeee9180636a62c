package query

import "strings"

// term: the field has exactly this term.
func (p *parser) term(name string, v value, _ int) (clause, error) {
	f, text, fold, err := p.fieldAndText(name, v, "value")
	if err != nil {
		return nil, err
	}
	if text, err = f.literal(text); err != nil {
		return nil, err
	}
	if fold {
		text = strings.ToLower(text)
		return f.has(func(term string) bool { return strings.ToLower(term) == text }), nil
	}
	return f.has(func(term string) bool { return term == text }), nil
}

// fieldAndText reads {"FIELD":"TEXT"} or {"FIELD":{MAIN:"TEXT", …}}, where
// main names what the query calls its text. fold: ignore case.
func (p *parser) fieldAndText(query string, v value, main ...string) (f field, text string, fold bool, err error) {
	f, v, err = p.oneField(query, v)
	if err != nil {
		return f, "", false, err
	}
	if v.kind != object {
		text, err = p.literalOf(query, v)
		return f, text, false, err
	}
	known := append(main, "case_insensitive")
	if query != "term" {
		known = append(known, "rewrite") // a hint of how to find, not of what
	}
	given, err := p.options(query, v, known...)
	if err != nil {
		return f, "", false, err
	}
	if m, ok := given["case_insensitive"]; ok {
		if fold, err = p.flag(m); err != nil {
			return f, "", false, err
		}
	}
	for _, name := range main {
		if m, ok := given[name]; ok {
			text, err = p.literalOf(query, m.value)
			return f, text, fold, err
		}
	}
	return f, "", false, p.malformed(v, "[%s] query needs a [%s] for the field [%s]", query, main[0], f.name)
}

func (p *parser) literalOf(query string, v value) (string, error) {
	switch {
	case v.kind == array:
		return "", p.malformed(v, "[%s] query does not support array of values", query)
	case !v.scalar():
		return "", p.malformed(v, "[%s] query: the value must be a string, a number or a boolean", query)
	}
	return v.text, nil
}

// terms: the field has one of these terms.
func (p *parser) terms(name string, v value, _ int) (clause, error) {
	f, v, err := p.oneField(name, v)
	switch {
	case err != nil:
		return nil, err
	case v.kind == object:
		return nil, refuse("terms query with terms lookup is not currently supported in this context")
	case v.kind != array:
		return nil, p.malformed(v, "[%s] query requires an array of terms", name)
	}
	set := make(map[string]bool, len(v.list))
	for _, e := range v.list {
		text, err := p.literalOf(name, e)
		if err != nil {
			return nil, err
		}
		if text, err = f.literal(text); err != nil {
			return nil, err
		}
		set[text] = true
	}
	return f.has(func(term string) bool { return set[term] }), nil
}

// exists: the field has a value, which may be an empty string.
func (p *parser) exists(name string, v value, _ int) (clause, error) {
	given, err := p.options(name, v, "field")
	if err != nil {
		return nil, err
	}
	m, ok := given["field"]
	if !ok {
		return nil, p.malformed(v, "[%s] must be provided with a [field]", name)
	}
	text, err := p.word(m)
	if err != nil {
		return nil, err
	}
	f, err := p.fields.field(text)
	return func(d *document) bool { return len(f.values(d.Record)) > 0 }, err
}

// ids: the record has one of these ids.
func (p *parser) ids(name string, v value, _ int) (clause, error) {
	given, err := p.options(name, v, "values")
	if err != nil {
		return nil, err
	}
	m := given["values"]
	list := m.list
	switch {
	case m.kind == text:
		list = []value{m.value}
	case m.kind != array:
		return nil, p.malformed(v, "[%s] requires providing a [values] array of strings", name)
	}
	set := make(map[string]bool, len(list))
	for _, e := range list {
		id, err := p.word(member{"values", e})
		if err != nil {
			return nil, err
		}
		set[id] = true
	}
	return func(d *document) bool {
		id, ok := d.Record[idKey].(string)
		return ok && set[id]
	}, nil
}

const idKey = "_id"
