package query_test

import (
	"errors"
	"strings"
	"testing"

	"jeton/security/query"
)

func refusal(t *testing.T, body string) *query.Error {
	t.Helper()
	_, err := query.Parse([]byte(body), userFields)
	e, ok := errors.AsType[*query.Error](err)
	if !ok {
		t.Fatalf("%.200s: got %v, want an *Error", body, err)
	}
	return e
}

func TestWhatIsNotOfTheFormIsRefusedWithItsPlace(t *testing.T) {
	for body, want := range map[string]string{
		`{`:                                    "[1:2] the body is not well-formed JSON",
		`{"size":1} x`:                         "[1:13] the body is not well-formed JSON",
		" ":                                    "[1:2] the body is not well-formed JSON",
		`[]`:                                   "[1:2] the body must be an object",
		`null`:                                 "[1:5] the body must be an object",
		`{"foo":1}`:                            "[1:9] unknown field [foo]",
		"{\n\"foo\":1}":                        "[2:8] unknown field [foo]",
		`{"aggs":{}}`:                          "[1:10] unknown field [aggs]",
		`{"size":1,"size":2}`:                  "[1:17] Duplicate field 'size'",
		`{"size":true}`:                        "[1:13] failed to parse field [size]: an integer of at most 2147483647 is expected",
		`{"size":1.5}`:                         "[1:12] failed to parse field [size]: an integer of at most 2147483647 is expected",
		`{"from":4294967296}`:                  "[1:19] failed to parse field [from]: an integer of at most 2147483647 is expected",
		`{"query":[]}`:                         "[1:11] [_na] query malformed, must start with start_object",
		`{"query":{}}`:                         "[1:11] query malformed, empty clause found",
		`{"query":{"foo":{}}}`:                 "[1:18] unknown query [foo]",
		`{"query":{"term":1}}`:                 "[1:19] [term] query malformed, no start_object after query name",
		`{"query":{"match_all":{},"term":{}}}`: "[1:34] [match_all] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
		`{"query":{"match_all":{"x":1}}}`:      "[1:29] [match_all] query does not support [x]",
		`{"query":{"term":{}}}`:                "[1:19] [term] query malformed, no field was given",
		`{"query":{"term":{"username":"a","roles":"b"}}}`:               "[1:45] [term] query doesn't support multiple fields, found [username] and [roles]",
		`{"query":{"term":{"username":["a"]}}}`:                         "[1:31] [term] query does not support array of values",
		`{"query":{"term":{"username":null}}}`:                          "[1:34] [term] query: the value must be a string, a number or a boolean",
		`{"query":{"term":{"username":{}}}}`:                            "[1:31] [term] query needs a [value] for the field [username]",
		`{"query":{"term":{"username":{"value":"a","rewrite":"x"}}}}`:   "[1:56] [term] query does not support [rewrite]",
		`{"query":{"prefix":{"username":{"value":"a","fuzz":1}}}}`:      "[1:53] [prefix] query does not support [fuzz]",
		`{"query":{"term":{"username":{"case_insensitive":1}}}}`:        "[1:51] failed to parse field [case_insensitive]: true or false is expected",
		`{"query":{"terms":{"username":"a"}}}`:                          "[1:34] [terms] query requires an array of terms",
		`{"query":{"exists":{}}}`:                                       "[1:21] [exists] must be provided with a [field]",
		`{"query":{"exists":{"field":1}}}`:                              "[1:30] failed to parse field [field]: a string is expected",
		`{"query":{"ids":{}}}`:                                          "[1:18] [ids] requires providing a [values] array of strings",
		`{"query":{"ids":{"values":[1]}}}`:                              "[1:29] failed to parse field [values]: a string is expected",
		`{"query":{"range":{"username":"a"}}}`:                          "[1:34] [range] query malformed, no start_object after field name",
		`{"query":{"range":{"username":{"above":1}}}}`:                  "[1:41] [range] query does not support [above]",
		`{"query":{"match":{"username":{"query":"a","fuzziness":1}}}}`:  "[1:57] [match] query does not support [fuzziness]",
		`{"query":{"match":{"username":{"query":"a","operator":"x"}}}}`: "[1:58] [match] query: [operator] must be [and] or [or]",
		`{"query":{"simple_query_string":{}}}`:                          "[1:34] [simple_query_string] query text missing",
		`{"query":{"simple_query_string":{"query":"a","fields":"b"}}}`:  "[1:58] [simple_query_string] [fields] must be an array of at most 100 names",
		`{"query":{"bool":{"must":1}}}`:                                 "[1:27] [bool] query malformed, [must] must be a query or an array of queries",
		`{"query":{"bool":{"minimum_should_match":"75%"}}}`:             "[1:47] failed to parse field [minimum_should_match]: an integer of at most 2147483647 is expected",
		`{"sort":1}`: "[1:10] mal-formatted sort object",
		`{"sort":[{"username":"asc","roles":"x"}]}`: "[1:11] mal-formatted sort object",
		`{"sort":[{"username":1}]}`:                 "[1:23] mal-formatted sort object",
		`{"sort":[{"username":"up"}]}`:              "[1:26] [field_sort] failed to parse field [username]: one of [asc desc] is expected",
		`{"sort":[{"username":{"by":1}}]}`:          "[1:29] [field_sort] unknown field [by]",
		`{"search_after":"a"}`:                      "[1:20] failed to parse field [search_after]: an array is expected",
		`{"sort":"roles","search_after":[{}]}`:      "[1:34] Can't parse [search_after]: its values must be strings, numbers, booleans or null",
	} {
		if e := refusal(t, body); !e.Syntax || e.Reason != want {
			t.Errorf("%s\n got %q, syntax %v\nwant %q", body, e.Reason, e.Syntax, want)
		}
	}
}

func TestWhatIsNotAllowedIsRefused(t *testing.T) {
	long := strings.Repeat("x", 1025)
	for body, want := range map[string]string{
		`{"from":-1}`: "[from] parameter cannot be negative but was [-1]",
		`{"size":-1}`: "[size] parameter cannot be negative but was [-1]",
		`{"from":1,"size":10000}`: "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. " +
			"See the scroll api for a more efficient way to request large data sets. " +
			"This limit can be set by changing the [index.max_result_window] index level setting.",
		`{"query":{"term":{"password":"x"}}}`:                        "Field [password] is not allowed for querying or aggregation",
		`{"query":{"bool":{"should":[{"exists":{"field":"_id"}}]}}}`: "Field [_id] is not allowed for querying or aggregation",
		`{"query":{"prefix":{"username.x":"x"}}}`:                    "Field [username.x] is not allowed for querying or aggregation",
		`{"query":{"term":{"metadata":"x"}}}`:                        "Field [metadata] is not allowed for querying or aggregation",
		`{"query":{"term":{"user*":"x"}}}`:                           "Field name pattern [user*] is not allowed for querying or aggregation",
		`{"query":{"fuzzy":{"username":"X"}}}`:                       "Query type [fuzzy] is not currently supported in this context",
		`{"query":{"span_term":{"username":"X"}}}`:                   "Query type [span_term] is not currently supported in this context",
		`{"query":{"term":{"enabled":"yes"}}}`:                       "Can't parse boolean value [yes], expected [true] or [false]",
		`{"query":{"prefix":{"enabled":"t"}}}`:                       "Can only use prefix queries on keyword, text and wildcard fields - not on [enabled] which is of type [boolean]",
		`{"query":{"terms":{"roles":{"index":"x"}}}}`:                "terms query with terms lookup is not currently supported in this context",
		`{"query":{"range":{"roles":{"relation":"WITHIN"}}}}`:        "range query with relation is not currently supported in this context",
		`{"query":{"bool":{"adjust_pure_negative":false}}}`:          "[bool] queries without [adjust_pure_negative] are not supported",
		`{"query":{"simple_query_string":{"query":"a | b"}}}`:        "[simple_query_string] only words and a trailing [*] are supported, found [|]; use a [bool] query",
		`{"query":{"simple_query_string":{"query":"-a"}}}`:           "[simple_query_string] only words and a trailing [*] are supported, found [-a]; use a [bool] query",
		`{"query":{"term":{"username":"` + long + `"}}}`:             "a text that is searched for in [username] is longer than the allowed [1024] bytes",
		`{"query":{"wildcard":{"username":"` + long + `"}}}`:         "a text that is searched for in [username] is longer than the allowed [1024] bytes",
		`{"sort":["password"]}`:                                      "Field [password] is not allowed for querying or aggregation",
		`{"sort":["_score"]}`:                                        "Field [_score] is not allowed for querying or aggregation",
		`{"sort":["full_name"]}`:                                     "sorting is not supported for field [full_name]",
		`{"sort":[{"email":"asc"}]}`:                                 "sorting is not supported for field [email]",
		`{"sort":["username"],"search_after":[]}`:                    "Values must contains at least one value.",
		`{"search_after":["a"]}`:                                     "Sort must contain at least one field.",
		`{"sort":["username"],"search_after":["a","b"]}`:             "search_after has 2 value(s) but sort has 1.",
		`{"sort":["username"],"search_after":["a"],"from":1}`:        "`from` parameter must be set to 0 when `search_after` is used.",
		`{"sort":["enabled"],"search_after":["a"]}`:                  "Failed to parse search_after value for field [enabled].",
		`{"sort":["_doc"],"search_after":["a"]}`:                     "Failed to parse search_after value for field [_doc].",
	} {
		if e := refusal(t, body); e.Syntax || e.Reason != want {
			t.Errorf("%s\n got %q, syntax %v\nwant %q", body, e.Reason, e.Syntax, want)
		}
	}
}

func nested(levels int) string {
	return `{"query":` + strings.Repeat(`{"bool":{"must":[`, levels-1) + `{"match_all":{}}` + strings.Repeat(`]}}`, levels-1) + `}`
}

func shoulds(clauses int) string {
	list := strings.TrimSuffix(strings.Repeat(`{"match_all":{}},`, clauses), ",")
	return `{"query":{"bool":{"should":[` + list + `]}}}`
}

// matches asks for words of a text in two queries.
func matches(first, second int) string {
	words := func(n int) string { return `{"match":{"full_name":"` + strings.Repeat("a ", n) + `"}}` }
	return `{"query":{"bool":{"should":[` + words(first) + `,` + words(second) + `]}}}`
}

func wordsInAllFields(words int) string {
	return `{"query":{"simple_query_string":{"query":"` + strings.Repeat("a ", words) + `"}}}`
}

func wildcards(patterns, length int) string {
	one := `{"wildcard":{"username":"` + strings.Repeat("*", length) + `"}},`
	return `{"query":{"bool":{"should":[` + strings.TrimSuffix(strings.Repeat(one, patterns), ",") + `]}}}`
}

func sorts(levels int) string { return `{"sort":["_doc"` + strings.Repeat(`,"_doc"`, levels-1) + `]}` }

func padded(length int) string { return strings.Repeat(" ", length-2) + "{}" }

func TestASearchHasLimits(t *testing.T) {
	const tooMany = "Query contains too many nested clauses; maxClauseCount is set to 1024"
	for _, c := range []struct{ name, within, beyond, reason string }{
		{"depth", nested(20), nested(21), "the query is nested deeper than the allowed [20] levels"},
		{"clauses", shoulds(1023), shoulds(1024), tooMany},
		{"words", matches(511, 510), matches(511, 511), tooMany},
		{"words in fields", wordsInAllFields(60), wordsInAllFields(500), tooMany},
		{"patterns", wildcards(7, 1024), wildcards(8, 1024), tooMany},
		{"sorts", sorts(100), sorts(101), "a search may be sorted by at most [100] fields"},
		{"body", padded(1 << 20), padded(1<<20 + 1), "the search is longer than the allowed [1048576] bytes"},
	} {
		mustParse(t, c.within, userFields)
		if e := refusal(t, c.beyond); e.Syntax || e.Reason != c.reason {
			t.Errorf("%s: got %q, want %q", c.name, e.Reason, c.reason)
		}
	}
	deep := `{"query":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	if e := refusal(t, deep); !e.Syntax || !strings.Contains(e.Reason, "nested deeper than 70 levels") {
		t.Errorf("deep JSON: %q", e.Reason)
	}
}

func TestAnObjectsKeyHasToBeNamed(t *testing.T) {
	_, err := query.Parse([]byte(`{"query":{"exists":{"field":"metadata."}}}`), roleFields)
	if err == nil || err.Error() != "Field [metadata.] is not allowed for querying or aggregation" {
		t.Errorf("got %v", err)
	}
}
