package query

import "slices"

// The limits of a query.
const (
	maxQueryDepth = 20
	maxClauses    = 1_024 // the query itself, every clause inside, each word for each field, and long patterns more
)

// clause reports whether a record is found.
type clause func(*document) bool

func everything(*document) bool { return true }
func nothing(*document) bool    { return false }

// queryType is one row of the table of queries.
type queryType struct {
	name  string
	parse func(p *parser, name string, body value, depth int) (clause, error)
}

func queryTypes() []queryType {
	return []queryType{
		{"match_all", (*parser).matchAll},
		{"match_none", (*parser).matchNone},
		{"bool", (*parser).bool},
		{"term", (*parser).term},
		{"terms", (*parser).terms},
		{"prefix", (*parser).prefix},
		{"wildcard", (*parser).wildcard},
		{"exists", (*parser).exists},
		{"ids", (*parser).ids},
		{"range", (*parser).between},
		{"match", (*parser).match},
		{"simple_query_string", (*parser).simpleQueryString},
	}
}

// elsewhere are the queries that Elasticsearch knows and does not take here.
func elsewhere() []string {
	return []string{
		"boosting", "combined_fields", "constant_score", "dis_max", "distance_feature", "function_score", "fuzzy",
		"geo_bounding_box", "geo_distance", "geo_grid", "geo_polygon", "geo_shape", "has_child", "has_parent",
		"intervals", "knn", "match_bool_prefix", "match_phrase", "match_phrase_prefix", "more_like_this",
		"multi_match", "nested", "parent_id", "percolate", "pinned", "query_string", "rank_feature", "regexp",
		"rule", "script", "script_score", "semantic", "shape", "span_containing", "span_field_masking",
		"span_first", "span_multi", "span_near", "span_not", "span_or", "span_term", "span_within",
		"sparse_vector", "terms_set", "text_expansion", "weighted_tokens", "wrapper",
	}
}

// query reads {"TYPE":{…}}; depth counts from 1.
func (p *parser) query(v value, depth int) (clause, error) {
	if err := p.spend(1); err != nil {
		return nil, err
	}
	switch {
	case depth > maxQueryDepth:
		return nil, refuse("the query is nested deeper than the allowed [%d] levels", maxQueryDepth)
	case v.kind != object:
		return nil, p.malformed(v, "[_na] query malformed, must start with start_object")
	case len(v.members) == 0:
		return nil, p.malformed(v, "query malformed, empty clause found")
	case len(v.members) > 1:
		return nil, p.malformed(v.members[1].value,
			"[%s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", v.members[0].name)
	}
	m := v.members[0]
	types := queryTypes()
	i := slices.IndexFunc(types, func(t queryType) bool { return t.name == m.name })
	switch {
	case i < 0 && slices.Contains(elsewhere(), m.name):
		return nil, refuse("Query type [%s] is not currently supported in this context", m.name)
	case i < 0:
		return nil, p.malformed(m.value, "unknown query [%s]", m.name)
	case m.kind != object:
		return nil, p.malformed(m.value, "[%s] query malformed, no start_object after query name", m.name)
	}
	return types[i].parse(p, m.name, m.value, depth)
}

// spend counts the tests that one record may have to undergo.
func (p *parser) spend(clauses int) error {
	if p.clauses += clauses; p.clauses > maxClauses {
		return refuse("Query contains too many nested clauses; maxClauseCount is set to %d", maxClauses)
	}
	return nil
}

// options returns the members that the query knows, by name. Every query may
// have a boost and a name, which change nothing here.
func (p *parser) options(query string, v value, known ...string) (map[string]member, error) {
	found := make(map[string]member, len(v.members))
	for _, m := range v.members {
		switch {
		case isCommon(m):
		case slices.Contains(known, m.name):
			found[m.name] = m
		default:
			return nil, p.malformed(m.value, "[%s] query does not support [%s]", query, m.name)
		}
	}
	return found, nil
}

func isCommon(m member) bool { return (m.name == "boost" || m.name == "_name") && m.scalar() }

// oneField reads {"FIELD":…} and returns the field and what stands there.
func (p *parser) oneField(query string, v value) (field, value, error) {
	var found []member
	for _, m := range v.members {
		if !isCommon(m) {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return field{}, value{}, p.malformed(v, "[%s] query malformed, no field was given", query)
	case 1:
		f, err := p.fields.field(found[0].name)
		return f, found[0].value, err
	default:
		return field{}, value{}, p.malformed(found[1].value,
			"[%s] query doesn't support multiple fields, found [%s] and [%s]", query, found[0].name, found[1].name)
	}
}

func (p *parser) matchAll(name string, v value, _ int) (clause, error) {
	_, err := p.options(name, v)
	return everything, err
}

func (p *parser) matchNone(name string, v value, _ int) (clause, error) {
	_, err := p.options(name, v)
	return nothing, err
}
