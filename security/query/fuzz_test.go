package query_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"jeton/security/query"
)

// FuzzSearch: no body makes a panic, every refusal is an *Error that can be
// shown, and a page holds no more than it may.
func FuzzSearch(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `{"query":{"match_all":{}},"sort":["name"]}`, `{"from":1,"size":2}`,
		`{"query":{"term":{"metadata.team":{"value":"A","case_insensitive":true}}}}`,
		`{"query":{"terms":{"name":["plain",1,true]}}}`, `{"query":{"prefix":{"name":"a"}}}`,
		`{"query":{"wildcard":{"applications.application":"*-.k?b*\\"}}}`, `{"query":{"exists":{"field":"metadata"}}}`,
		`{"query":{"ids":{"values":["role-a"]}}}`, `{"query":{"range":{"name":{"gte":"a","lt":null}}}}`,
		`{"query":{"match":{"description":{"query":"my role","operator":"and"}}}}`,
		`{"query":{"simple_query_string":{"query":"te* my","fields":["desc*","metadata.team^2"]}}}`,
		`{"query":{"bool":{"must":{"match_all":{}},"must_not":[{"match_none":{}}],"should":[],"minimum_should_match":-1}}}`,
		`{"sort":[{"name":{"order":"desc","missing":"_first","mode":"min"}},"_doc"],"search_after":[null,1],"size":1}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := query.Parse(body, roleFields)
		if err != nil {
			e, ok := errors.AsType[*query.Error](err)
			if !ok || e.Reason == "" || !utf8.ValidString(e.Reason) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		page := searched(s, roles, same)
		if page.Hits == nil || len(page.Hits) > page.Total || page.Total > len(roles) {
			t.Fatalf("%d hits of %d", len(page.Hits), page.Total)
		}
		for _, h := range page.Hits {
			asJSON(t, h.Sort)
		}
	})
}
