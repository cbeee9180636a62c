package query

import (
	"cmp"
	"slices"
	"strings"
)

// docField sorts by the order of input.
const docField = "_doc"

// sortField is one level of the order.
type sortField struct {
	field
	desc         bool
	greatest     bool // of several values, the greatest counts
	missingFirst bool
}

// sort reads one level or an array of them.
func (p *parser) sort(v value) ([]sortField, error) {
	list := v.list
	if v.kind != array {
		list = []value{v}
	}
	if len(list) > maxSorts {
		return nil, refuse("a search may be sorted by at most [%d] fields", maxSorts)
	}
	var levels []sortField
	for _, e := range list {
		level, err := p.sortField(e)
		if err != nil {
			return nil, err
		}
		levels = append(levels, level)
	}
	return levels, nil
}

func (p *parser) sortField(v value) (sortField, error) {
	if v.kind == text {
		return p.sortBy(v.text)
	}
	if v.kind != object || len(v.members) != 1 {
		return sortField{}, p.malformed(v, "mal-formatted sort object")
	}
	m := v.members[0]
	s, err := p.sortBy(m.name)
	if err != nil {
		return s, err
	}
	switch m.kind {
	case text:
		err = p.direction(&s, m)
	case object:
		err = p.sortOptions(&s, m.members)
	default:
		err = p.malformed(m.value, "mal-formatted sort object")
	}
	return s, err
}

func (p *parser) sortBy(name string) (sortField, error) {
	if name == docField {
		return sortField{field: field{name: docField}}, nil
	}
	f, err := p.fields.field(name)
	if err == nil && !f.sortable() {
		err = refuse("sorting is not supported for field [%s]", name)
	}
	return sortField{field: f}, err
}

func (p *parser) sortOptions(s *sortField, options []member) error {
	mode := ""
	for _, m := range options {
		var err error
		switch m.name {
		case "order":
			err = p.direction(s, m)
		case "mode":
			mode, err = p.oneOf(m, "min", "max")
		case "missing":
			var where string
			where, err = p.oneOf(m, "_last", "_first")
			s.missingFirst = where == "_first"
		case "unmapped_type": // every field is known
			_, err = p.word(m)
		default:
			err = p.malformed(m.value, "[field_sort] unknown field [%s]", m.name)
		}
		if err != nil {
			return err
		}
	}
	if mode != "" {
		s.greatest = mode == "max"
	}
	return nil
}

// direction also sets the usual mode: the value that comes first counts.
func (p *parser) direction(s *sortField, m member) error {
	order, err := p.oneOf(m, "asc", "desc")
	s.desc = order == "desc"
	s.greatest = s.desc
	return err
}

func (p *parser) oneOf(m member, words ...string) (string, error) {
	lower := strings.ToLower(m.text)
	if m.kind == text && slices.Contains(words, lower) {
		return lower, nil
	}
	return "", p.malformed(m.value, "[field_sort] failed to parse field [%s]: one of %v is expected", m.name, words)
}

// key is what a record is sorted by: a string, an int for a boolean or a
// place, or nil where there is no value.
func (s sortField) key(r Record, place int) any {
	if s.name == docField {
		return place
	}
	values := s.values(r)
	if len(values) == 0 {
		return nil
	}
	chosen := slices.Min(values)
	if s.greatest {
		chosen = slices.Max(values)
	}
	if s.kind == Boolean {
		return truth(chosen)
	}
	return chosen
}

// truth is how a boolean is shown and taken back.
func truth(text string) int {
	if text == "true" {
		return 1
	}
	return 0
}

// compare orders two keys of this level.
func (s sortField) compare(a, b any) int {
	if a == nil || b == nil {
		order := cmp.Compare(absent(a), absent(b))
		if s.missingFirst {
			return -order
		}
		return order
	}
	order := 0
	switch a := a.(type) {
	case string:
		other, _ := b.(string)
		order = strings.Compare(a, other)
	case int:
		other, _ := b.(int)
		order = cmp.Compare(a, other)
	}
	if s.desc {
		return -order
	}
	return order
}

func absent(key any) int {
	if key == nil {
		return 1
	}
	return 0
}
