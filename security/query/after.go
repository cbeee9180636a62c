package query

import "strconv"

// searchAfter reads the keys of the last hit that the caller has.
func (p *parser) searchAfter(s *Search, v value) error {
	switch {
	case v.kind != array:
		return p.malformed(v, "failed to parse field [search_after]: an array is expected")
	case len(v.list) == 0:
		return refuse("Values must contains at least one value.")
	case s.from > 0:
		return refuse("`from` parameter must be set to 0 when `search_after` is used.")
	case len(s.sort) == 0:
		return refuse("Sort must contain at least one field.")
	case len(v.list) != len(s.sort):
		return refuse("search_after has %d value(s) but sort has %d.", len(v.list), len(s.sort))
	}
	for i, e := range v.list {
		key, err := p.keyOf(s.sort[i], e)
		if err != nil {
			return err
		}
		s.after = append(s.after, key)
	}
	return nil
}

// keyOf reads back a key as it was shown.
func (p *parser) keyOf(s sortField, v value) (any, error) {
	switch {
	case v.kind == null:
		return nil, nil
	case !v.scalar():
		return nil, p.malformed(v, "Can't parse [search_after]: its values must be strings, numbers, booleans or null")
	case s.kind == Boolean && (v.text == "true" || v.text == "false"):
		return truth(v.text), nil
	case s.kind != Boolean && s.name != docField:
		return v.text, nil
	}
	n, err := strconv.Atoi(v.text)
	if err != nil {
		return nil, refuse("Failed to parse search_after value for field [%s].", s.name)
	}
	return n, nil
}
