package query_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/query"
)

// anyText is made of few signs, so that texts meet each other.
func anyText() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "A", "ab", "1", " ", "-", "@", "ü"}), 0, 4),
		func(signs []string) string { return strings.Join(signs, "") })
}

func anyScalar() *rapid.Generator[any] {
	return rapid.OneOf(anyText().AsAny(), rapid.Bool().AsAny(), rapid.IntRange(0, 3).AsAny())
}

func anyMetadata(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{anyScalar(), anyScalar(), rapid.Just[any](nil)}
	if depth > 0 {
		inner := rapid.Deferred(func() *rapid.Generator[any] { return anyMetadata(depth - 1) })
		kinds = append(kinds, rapid.SliceOfN(inner, 0, 2).AsAny(), anyObject(depth-1).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func anyObject(depth int) *rapid.Generator[map[string]any] {
	keys := rapid.SampledFrom([]string{"x", "y", "x.y", "z"})
	inner := rapid.Deferred(func() *rapid.Generator[any] { return anyMetadata(depth) })
	return rapid.MapOfN(keys, inner, 0, 3)
}

func anyRecord() *rapid.Generator[query.Record] {
	text := rapid.OneOf(anyText().AsAny(), rapid.SliceOfN(anyText(), 0, 3).AsAny(), rapid.Just[any](nil))
	return rapid.Custom(func(t *rapid.T) query.Record {
		return query.Record{
			"_id": rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"),
			"k":   text.Draw(t, "keyword"), "t": text.Draw(t, "text"), "e": text.Draw(t, "email"),
			"b": rapid.SampledFrom([]any{true, false, nil}).Draw(t, "boolean"),
			"m": anyObject(2).Draw(t, "metadata"),
		}
	})
}

func anyName() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"k", "t", "e", "m", "m.x", "m.y", "m.x.y", "m.z.x"})
}

// anyQuery is a query as a client would make it, as a tree of maps.
func anyQuery(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		kinds := []string{"term", "terms", "prefix", "wildcard", "range", "match", "exists", "ids", "match_all", "match_none", "simple_query_string", "boolean"}
		if depth > 0 {
			kinds = append(kinds, "bool", "bool", "bool", "bool")
		}
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		switch kind {
		case "bool":
			return map[string]any{kind: drawBool(t, depth)}
		case "boolean":
			kind := rapid.SampledFrom([]string{"term", "match"}).Draw(t, "of a boolean")
			return map[string]any{kind: map[string]any{"b": rapid.SampledFrom([]any{true, "true", "false"}).Draw(t, "value")}}
		}
		return map[string]any{kind: drawLeaf(t, kind)}
	})
}

func drawBool(t *rapid.T, depth int) map[string]any {
	body := map[string]any{}
	for _, part := range []string{"must", "filter", "must_not", "should"} {
		if rapid.Bool().Draw(t, part) {
			list := []any{}
			for _, q := range rapid.SliceOfN(anyQuery(depth-1), 0, 3).Draw(t, "clauses") {
				list = append(list, q)
			}
			body[part] = list
		}
	}
	if rapid.Bool().Draw(t, "with a minimum") {
		body["minimum_should_match"] = rapid.IntRange(-3, 3).Draw(t, "minimum")
	}
	return body
}

func drawLeaf(t *rapid.T, kind string) map[string]any {
	name := anyName().Draw(t, "name")
	long := func(value string) any {
		if rapid.Bool().Draw(t, "short") {
			return value
		}
		return map[string]any{"value": value, "case_insensitive": rapid.Bool().Draw(t, "fold")}
	}
	switch kind {
	case "term":
		return map[string]any{name: long(anyText().Draw(t, "term"))}
	case "terms":
		return map[string]any{name: anyList(anyScalar()).Draw(t, "terms")}
	case "prefix":
		return map[string]any{name: long(anyText().Draw(t, "prefix"))}
	case "wildcard":
		signs := rapid.SampledFrom([]string{"*", "?", "a", "b", "A", "1", "-", "ü"})
		return map[string]any{name: long(strings.Join(rapid.SliceOfN(signs, 0, 6).Draw(t, "pattern"), ""))}
	case "range":
		ends := rapid.MapOfN(rapid.SampledFrom([]string{"gt", "gte", "lt", "lte"}), rapid.OneOf(anyScalar(), rapid.Just[any](nil)), 0, 3)
		return map[string]any{name: ends.Draw(t, "ends")}
	case "match":
		operator := rapid.SampledFrom([]string{"and", "or"}).Draw(t, "operator")
		return map[string]any{name: map[string]any{"query": anyScalar().Draw(t, "query"), "operator": operator}}
	case "exists":
		return map[string]any{"field": name}
	case "ids":
		return map[string]any{"values": anyList(rapid.SampledFrom([]any{"a", "b", "d"})).Draw(t, "ids")}
	case "simple_query_string":
		words := rapid.SampledFrom([]string{"a", "A", "ab", "a*", "*", "ü", "1*", "true", "@"})
		return map[string]any{
			"query":            strings.Join(rapid.SliceOfN(words, 0, 3).Draw(t, "words"), " "),
			"fields":           anyList(anyName().AsAny()).Draw(t, "fields"),
			"default_operator": rapid.SampledFrom([]string{"and", "or"}).Draw(t, "operator"),
		}
	}
	return map[string]any{}
}

func anyList(of *rapid.Generator[any]) *rapid.Generator[[]any] { return rapid.SliceOfN(of, 0, 3) }

func anySort() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		return map[string]any{rapid.SampledFrom([]string{"k", "b", "m", "m.x"}).Draw(t, "by"): map[string]any{
			"order":   rapid.SampledFrom([]string{"asc", "desc"}).Draw(t, "order"),
			"missing": rapid.SampledFrom([]string{"_last", "_first"}).Draw(t, "missing"),
		}}
	})
}

func run(t *rapid.T, body string, all []query.Record) query.Page[query.Record] {
	s, err := query.Parse([]byte(body), modelFields)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return searched(s, all, same)
}

func TestAQueryFindsWhatTheModelFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyRecord(), 0, 8).Draw(t, "records")
		q := anyQuery(3).Draw(t, "query")
		// Places instead of records: two records may be equal.
		places := make([]int, len(all))
		want := []int{}
		for i, r := range all {
			places[i] = i
			if modelMatches(q, r) {
				want = append(want, i)
			}
		}
		body := asJSON(t, map[string]any{"query": q})
		s, err := query.Parse([]byte(body), modelFields)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		got := []int{}
		for _, h := range searched(s, places, func(i int) query.Record { return all[i] }).Hits {
			got = append(got, h.Value)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\n got %v\nwant %v\n  of %v", body, got, want, all)
		}
	})
}

func TestHitsAreInTheModelsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyRecord(), 0, 40).Draw(t, "records")
		levels := rapid.SliceOfN(anySort(), 1, 3).Draw(t, "sort")
		body := asJSON(t, map[string]any{"sort": levels, "size": 10_000})
		s, err := query.Parse([]byte(body), modelFields)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		places := make([]int, len(all))
		for i := range all {
			places[i] = i
		}
		hits := searched(s, places, func(i int) query.Record { return all[i] }).Hits
		if len(hits) != len(all) {
			t.Fatalf("%d hits of %d records", len(hits), len(all))
		}
		for i := 1; i < len(hits); i++ {
			a, b := hits[i-1].Value, hits[i].Value
			order := modelOrder(levels, all[a], all[b])
			if order > 0 || order == 0 && a > b {
				t.Fatalf("%s: record %d %v comes before %d %v", body, a, all[a], b, all[b])
			}
		}
	})
}

// modelOrder is negative when a comes before b.
func modelOrder(levels []any, a, b query.Record) int {
	for _, level := range levels {
		for name, options := range level.(map[string]any) {
			options := options.(map[string]any)
			x, y := modelValues(name, a), modelValues(name, b)
			slices.Sort(x)
			slices.Sort(y)
			if len(x) == 0 != (len(y) == 0) {
				if (len(x) == 0) == (options["missing"] == "_first") {
					return -1
				}
				return 1
			}
			if len(x) == 0 {
				continue
			}
			order := strings.Compare(x[0], y[0])
			if options["order"] == "desc" {
				order = strings.Compare(y[len(y)-1], x[len(x)-1])
			}
			if order != 0 {
				return order
			}
		}
	}
	return 0
}
