package query_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jeton/security/query"
)

// The model judges a query that is still plain maps and lists, one record at a
// time, by the shortest ways there are: regular expressions for patterns, a
// metadata that is written out flat, and counting for bool.

var modelFields = query.Fields{"k": query.Keyword, "t": query.Text, "e": query.Email, "b": query.Boolean, "m": query.Object}

func modelMatches(q map[string]any, r query.Record) bool {
	for kind, body := range q {
		body := body.(map[string]any)
		switch kind {
		case "match_all":
			return true
		case "match_none":
			return false
		case "bool":
			return modelBool(body, r)
		case "ids":
			return slices.Contains(body["values"].([]any), r["_id"])
		case "exists":
			return len(modelValues(body["field"].(string), r)) > 0
		case "simple_query_string":
			return modelSimple(body, r)
		}
		for name, arg := range body {
			return slices.ContainsFunc(modelTerms(name, r), func(term string) bool { return modelTerm(kind, name, arg, term) }) ||
				kind == "match" && modelMatch(name, arg, r)
		}
	}
	panic("no query")
}

// modelTerm tests one term of a field.
func modelTerm(kind, name string, arg any, term string) bool {
	if long, ok := arg.(map[string]any); ok && kind != "range" && kind != "match" {
		if long["case_insensitive"] == true {
			return modelTerm(kind, name, strings.ToLower(long["value"].(string)), strings.ToLower(term))
		}
		return modelTerm(kind, name, long["value"], term)
	}
	switch kind {
	case "term":
		return fmt.Sprint(arg) == term
	case "terms":
		return slices.ContainsFunc(arg.([]any), func(a any) bool { return fmt.Sprint(a) == term })
	case "prefix":
		return len(term) >= len(arg.(string)) && term[:len(arg.(string))] == arg
	case "wildcard":
		return modelPattern(arg.(string)).MatchString(term)
	case "range":
		return modelRange(arg.(map[string]any), term)
	}
	return false
}

func modelPattern(p string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(p)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	return regexp.MustCompile(`(?s)\A` + strings.ReplaceAll(quoted, `\?`, `.`) + `\z`)
}

func modelRange(ends map[string]any, term string) bool {
	for end, v := range ends {
		if v == nil {
			continue
		}
		order := strings.Compare(term, fmt.Sprint(v))
		if !map[string]bool{"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[end] {
			return false
		}
	}
	return true
}

func modelMatch(name string, arg any, r query.Record) bool {
	operator := "or"
	if long, ok := arg.(map[string]any); ok {
		arg = long["query"]
		operator, _ = long["operator"].(string)
	}
	terms, hits := modelTerms(name, r), 0
	wanted := modelAnalyse(name, fmt.Sprint(arg))
	for _, w := range wanted {
		if slices.Contains(terms, w) {
			hits++
		}
	}
	return hits > 0 && (operator != "and" || hits == len(wanted))
}

func modelSimple(body map[string]any, r query.Record) bool {
	tokens, hits := strings.Fields(body["query"].(string)), 0
	if len(tokens) == 1 && tokens[0] == "*" {
		return true
	}
	names := slices.Collect(maps.Keys(modelFields))
	if given, ok := body["fields"].([]any); ok && len(given) > 0 {
		names = nil
		for _, name := range given {
			names = append(names, name.(string))
		}
	}
	for _, token := range tokens {
		if slices.ContainsFunc(names, func(name string) bool { return modelToken(token, name, r) }) {
			hits++
		}
	}
	return hits > 0 && (body["default_operator"] != "and" || hits == len(tokens))
}

func modelToken(token, name string, r query.Record) bool {
	begin, isPrefix := strings.CutSuffix(token, "*")
	if !isPrefix {
		return modelMatch(name, token, r)
	}
	if name == "t" || name == "e" {
		begin = strings.ToLower(begin)
	}
	return name != "b" && slices.ContainsFunc(modelTerms(name, r), func(term string) bool { return strings.HasPrefix(term, begin) })
}

func modelBool(body map[string]any, r query.Record) bool {
	count := func(part string) (matching, all int) {
		list, _ := body[part].([]any)
		for _, q := range list {
			if modelMatches(q.(map[string]any), r) {
				matching++
			}
		}
		return matching, len(list)
	}
	must, allMust := count("must")
	filter, allFilter := count("filter")
	not, _ := count("must_not")
	should, allShould := count("should")
	needed := 0
	if n, ok := body["minimum_should_match"].(int); ok {
		needed = n
		if n < 0 {
			needed = allShould + n
		}
	}
	if needed < 1 && allShould > 0 && allMust+allFilter == 0 {
		needed = 1
	}
	return must == allMust && filter == allFilter && not == 0 && should >= needed
}

func modelValues(name string, r query.Record) []string {
	top, path, _ := strings.Cut(name, ".")
	switch v := r[top].(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case bool:
		return []string{fmt.Sprint(v)}
	case map[string]any:
		flat := map[string][]string{}
		flatten(flat, "", v)
		if path != "" {
			return flat[path]
		}
		return slices.Concat(slices.Collect(maps.Values(flat))...)
	}
	return nil
}

func flatten(into map[string][]string, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			flatten(into, strings.TrimPrefix(path+"."+key, "."), inner)
		}
	case []any:
		for _, e := range v {
			flatten(into, path, e)
		}
	default:
		into[path] = append(into[path], fmt.Sprint(v))
	}
}

func modelTerms(name string, r query.Record) []string {
	var terms []string
	for _, v := range modelValues(name, r) {
		terms = append(terms, modelAnalyse(name, v)...)
	}
	return terms
}

var (
	modelWords = regexp.MustCompile(`[a-z0-9ü]+`)
	modelEmail = []*regexp.Regexp{regexp.MustCompile(`[^@]+`), regexp.MustCompile(`[a-zü]+`), regexp.MustCompile(`[0-9]+`)}
)

func modelAnalyse(name, value string) []string {
	lower := strings.ToLower(value)
	switch name {
	case "t":
		return modelWords.FindAllString(lower, -1)
	case "e":
		terms := []string{lower}
		for _, part := range modelEmail {
			terms = append(terms, part.FindAllString(lower, -1)...)
		}
		return terms
	}
	return []string{value}
}
