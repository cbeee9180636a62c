package query

import (
	"math"
	"strconv"
)

// The limits of a search, beside those of the queries themselves.
const (
	maxBody     = 1 << 20 // bytes
	maxWindow   = 10_000  // from + size
	maxText     = 1_024   // bytes of one text that is searched for
	maxSorts    = 100
	defaultSize = 10
)

// Search is a parsed body. It never changes and may be run by many at once.
type Search struct {
	query      clause
	from, size int
	sort       []sortField
	after      []any // nil, or one key for each of sort
}

// Parse reads a body, which may query and sort by the fields. An empty body
// finds the first ten of everything. Errors are *Error.
func Parse(body []byte, fields Fields) (*Search, error) {
	s := &Search{query: everything, size: defaultSize}
	if len(body) == 0 {
		return s, nil
	}
	if len(body) > maxBody {
		return nil, refuse("the search is longer than the allowed [%d] bytes", maxBody)
	}
	root, err := decode(body)
	if err != nil {
		return nil, err
	}
	p := &parser{body: body, fields: fields}
	if err := p.search(s, root); err != nil {
		return nil, err
	}
	return s, nil
}

// parser holds what the parts of one body share.
type parser struct {
	body    []byte
	fields  Fields
	clauses int
}

func (p *parser) malformed(at value, format string, args ...any) error {
	return syntaxError(p.body, at.end, format, args...)
}

func (p *parser) search(s *Search, root value) (err error) {
	if root.kind != object {
		return p.malformed(root, "the body must be an object")
	}
	var after *value // is read last: its form depends on sort
	for _, m := range root.members {
		switch m.name {
		case "query":
			s.query, err = p.query(m.value, 1)
		case "from":
			s.from, err = p.count(m)
		case "size":
			s.size, err = p.count(m)
		case "sort":
			s.sort, err = p.sort(m.value)
		case "search_after":
			after = &m.value
		default:
			err = p.malformed(m.value, "unknown field [%s]", m.name)
		}
		if err != nil {
			return err
		}
	}
	if window := s.from + s.size; window > maxWindow {
		return refuse(windowTooLarge, maxWindow, window)
	}
	if after != nil {
		return p.searchAfter(s, *after)
	}
	return nil
}

const windowTooLarge = "Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. " +
	"See the scroll api for a more efficient way to request large data sets. " +
	"This limit can be set by changing the [index.max_result_window] index level setting."

// count reads from or size.
func (p *parser) count(m member) (int, error) {
	n, err := p.integer(m)
	if err == nil && n < 0 {
		err = refuse("[%s] parameter cannot be negative but was [%d]", m.name, n)
	}
	return n, err
}

// integer reads a number of 32 bits, which may stand in a string.
func (p *parser) integer(m member) (int, error) {
	n, err := strconv.ParseInt(m.text, 10, 32)
	if err != nil || m.kind != number && m.kind != text {
		return 0, p.malformed(m.value, "failed to parse field [%s]: an integer of at most %d is expected", m.name, math.MaxInt32)
	}
	return int(n), nil
}

// flag reads a boolean, which may stand in a string.
func (p *parser) flag(m member) (bool, error) {
	if (m.kind == boolean || m.kind == text) && (m.text == "true" || m.text == "false") {
		return m.text == "true", nil
	}
	return false, p.malformed(m.value, "failed to parse field [%s]: true or false is expected", m.name)
}

// word reads a string.
func (p *parser) word(m member) (string, error) {
	switch {
	case m.kind != text:
		return "", p.malformed(m.value, "failed to parse field [%s]: a string is expected", m.name)
	case len(m.text) > maxText:
		return "", tooLong(m.name)
	}
	return m.text, nil
}
