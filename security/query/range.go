package query

// limits are the ends of a range; nil is open.
type limits struct{ gt, gte, lt, lte *string }

// contains compares by the bytes of UTF-8, as sorting does.
func (l limits) contains(term string) bool {
	return (l.gt == nil || term > *l.gt) && (l.gte == nil || term >= *l.gte) &&
		(l.lt == nil || term < *l.lt) && (l.lte == nil || term <= *l.lte)
}

// between: a term of the field lies in the range. Terms are text, so a number
// as an end is compared as it is written.
func (p *parser) between(name string, v value, _ int) (clause, error) {
	f, v, err := p.oneField(name, v)
	if err != nil {
		return nil, err
	}
	if v.kind != object {
		return nil, p.malformed(v, "[%s] query malformed, no start_object after field name", name)
	}
	given, err := p.options(name, v, "gt", "gte", "lt", "lte", "relation")
	if err != nil {
		return nil, err
	}
	if _, ok := given["relation"]; ok {
		return nil, refuse("range query with relation is not currently supported in this context")
	}
	var l limits
	for _, end := range []struct {
		name string
		into **string
	}{{"gt", &l.gt}, {"gte", &l.gte}, {"lt", &l.lt}, {"lte", &l.lte}} {
		if *end.into, err = p.rangeEnd(name, f, given[end.name].value); err != nil {
			return nil, err
		}
	}
	return f.has(l.contains), nil
}

// rangeEnd is nil for an end that is absent or null.
func (p *parser) rangeEnd(query string, f field, v value) (*string, error) {
	if v.kind == null {
		return nil, nil
	}
	text, err := p.literalOf(query, v)
	if err != nil {
		return nil, err
	}
	text, err = f.literal(text)
	return &text, err
}
