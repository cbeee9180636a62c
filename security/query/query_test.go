package query_test

import (
	"slices"
	"testing"

	"jeton/security/query"
)

const (
	bat, one, two, zoe           = "batman-official-user", "mr-prefix1", "mr-prefix2", "Zoe"
	admin, dotted, reader, plain = "admin_role", "dotted", "reader", "plain"
)

func TestABodyWithoutAQueryFindsTheFirstTen(t *testing.T) {
	all := make([]query.Record, 25)
	for i := range all {
		all[i] = query.Record{"username": string(rune('a' + i))}
	}
	for _, body := range []string{"", "{}", `{"query":{"match_all":{}}}`, `{"query":{"bool":{}}}`} {
		got, total := found(t, body, userFields, all, "username")
		want := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
		if !slices.Equal(got, want) || total != 25 {
			t.Errorf("%q: %q of %d", body, got, total)
		}
	}
}

func TestWhatClientsAskAboutUsers(t *testing.T) {
	for query, want := range map[string][]string{
		`{"term":{"username":"mr-prefix1"}}`:                                              {one},
		`{"term":{"username":"Mr-Prefix1"}}`:                                              {},
		`{"term":{"username":{"value":"Mr-Prefix1","case_insensitive":true}}}`:            {one},
		`{"term":{"username":{"value":"zOE","case_insensitive":true}}}`:                   {zoe},
		`{"prefix":{"username":{"value":"zO","case_insensitive":true}}}`:                  {zoe},
		`{"term":{"username":{"value":"Zoe","boost":1.0,"_name":"z"}}}`:                   {zoe},
		`{"term":{"enabled":true}}`:                                                       {bat, one},
		`{"term":{"enabled":"false"}}`:                                                    {two, zoe},
		`{"term":{"full_name":"batman"}}`:                                                 {bat},
		`{"term":{"full_name":"Batman"}}`:                                                 {},
		`{"term":{"full_name":"o'neil"}}`:                                                 {two},
		`{"term":{"email":"batman@hotmail.com"}}`:                                         {bat},
		`{"term":{"email":"something.com"}}`:                                              {one},
		`{"terms":{"roles":["some-other-role","nobody"],"boost":2}}`:                      {one, two},
		`{"terms":{"roles":[]}}`:                                                          {},
		`{"prefix":{"roles":"master-of-the"}}`:                                            {one, two},
		`{"prefix":{"username":{"value":"MR","case_insensitive":"true"}}}`:                {one, two},
		`{"wildcard":{"username":"mr-prefix*"}}`:                                          {one, two},
		`{"wildcard":{"username":{"wildcard":"mr-prefix?"}}}`:                             {one, two},
		`{"wildcard":{"username":{"value":"*OFF*user","case_insensitive":true}}}`:         {bat},
		`{"wildcard":{"username":{"value":"*oe","rewrite":"constant_score"}}}`:            {zoe},
		`{"wildcard":{"username":"mr-prefix\\?"}}`:                                        {},
		`{"exists":{"field":"full_name"}}`:                                                {bat, one, two},
		`{"exists":{"field":"roles"}}`:                                                    {bat, one, two},
		`{"exists":{"field":"enabled"}}`:                                                  {bat, one, two, zoe},
		`{"ids":{"values":["user-Zoe","user-nobody"]}}`:                                   {zoe},
		`{"ids":{"values":"user-batman"}}`:                                                {bat},
		`{"range":{"username":{"gte":"b","lt":"mr-prefix2"}}}`:                            {bat, one},
		`{"range":{"username":{"gt":"mr-prefix1","lte":null}}}`:                           {two},
		`{"match":{"full_name":"THE batman"}}`:                                            {bat, one},
		`{"match":{"full_name":{"query":"prefix the","operator":"and"}}}`:                 {one},
		`{"match":{"username":"mr-prefix1 mr-prefix2"}}`:                                  {},
		`{"match":{"username":"mr-prefix1"}}`:                                             {one},
		`{"match":{"full_name":"?!"}}`:                                                    {},
		`{"match_none":{}}`:                                                               {},
		`{"simple_query_string":{"query":"*"}}`:                                           {bat, one, two, zoe},
		`{"simple_query_string":{"query":""}}`:                                            {},
		`{"simple_query_string":{"query":"zoe batman"}}`:                                  {bat},
		`{"simple_query_string":{"query":"PREF* jr","default_operator":"AND"}}`:           {two},
		`{"simple_query_string":{"query":"mr* Zo*","fields":["user*^2"],"lenient":true}}`: {one, two, zoe},
		`{"simple_query_string":{"query":"batman","fields":["password"]}}`:                {},
		`{"simple_query_string":{"query":"true","fields":["enabled"]}}`:                   {bat, one},
	} {
		expectUsers(t, `{"query":`+query+`}`, want...)
	}
}

func TestWhatClientsAskAboutRoles(t *testing.T) {
	for query, want := range map[string][]string{
		`{"term":{"metadata.team":"a"}}`:                                                {admin},
		`{"term":{"metadata":"a"}}`:                                                     {admin},
		`{"term":{"metadata.n":1234567}}`:                                               {admin},
		`{"term":{"metadata._reserved":true}}`:                                          {reader},
		`{"bool":{"must_not":{"term":{"metadata._reserved":true}}}}`:                    {admin, dotted, plain},
		`{"terms":{"metadata.deep.er":["x","y"]}}`:                                      {admin, dotted},
		`{"term":{"metadata.list.k":"in a list"}}`:                                      {dotted},
		`{"exists":{"field":"metadata.deep"}}`:                                          {},
		`{"exists":{"field":"metadata"}}`:                                               {admin, dotted, reader},
		`{"wildcard":{"applications.application":"*-.kib*"}}`:                           {admin},
		`{"term":{"description":"1.5"}}`:                                                {admin},
		`{"term":{"description":"5"}}`:                                                  {},
		`{"match":{"description":"test"}}`:                                              {admin},
		`{"simple_query_string":{"query":"y","fields":["meta*"]}}`:                      {dotted},
		`{"simple_query_string":{"query":"y","fields":["metadata.deep.er","name"]}}`:    {dotted},
		`{"simple_query_string":{"query":"y","fields":["metadata.*"]}}`:                 {},
		`{"bool":{"filter":[{"prefix":{"name":"a"}},{"exists":{"field":"metadata"}}]}}`: {admin},
	} {
		expectRoles(t, `{"query":`+query+`}`, want...)
	}
}

func TestABoolCombinesItsClauses(t *testing.T) {
	const mr, on = `{"prefix":{"username":"mr"}}`, `{"term":{"enabled":true}}`
	for clauses, want := range map[string][]string{
		`"must":[` + mr + `,` + on + `]`:                                           {one},
		`"must":` + mr + `,"filter":[` + on + `]`:                                  {one},
		`"must":[` + mr + `],"must_not":[` + on + `]`:                              {two},
		`"must_not":[` + mr + `,` + on + `],"adjust_pure_negative":true,"boost":1`: {zoe},
		`"should":[` + mr + `,` + on + `]`:                                         {bat, one, two},
		`"should":[` + mr + `,` + on + `],"minimum_should_match":2`:                {one},
		`"should":[` + mr + `,` + on + `],"minimum_should_match":"-1"`:             {bat, one, two},
		`"should":[` + mr + `,` + on + `],"minimum_should_match":3`:                {},
		`"should":[` + mr + `],"minimum_should_match":0`:                           {one, two},
		`"should":[` + mr + `],"must_not":[` + on + `]`:                            {two},
		`"must":[` + on + `],"should":[` + mr + `]`:                                {bat, one},
		`"filter":[` + on + `],"should":[` + mr + `],"minimum_should_match":1`:     {one},
		`"must":[],"should":[]`:                                                    {bat, one, two, zoe},
		`"should":[],"minimum_should_match":1`:                                     {},
	} {
		expectUsers(t, `{"query":{"bool":{`+clauses+`}}}`, want...)
	}
}

func TestAWildcardIsAsLongAsItsTextNeeds(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"?", "", false}, {"?", "ü", true},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"*ab", "aab", true}, {"*a?b", "aaxaab", true},
		{"**", "x", true}, {`\*`, "*", true}, {`\*`, "x", false}, {`a\`, `a\`, true}, {`\\*`, `\x`, true},
	} {
		body := `{"query":{"wildcard":{"username":` + asJSON(t, c.pattern) + `}}}`
		page := searched(mustParse(t, body, userFields), []query.Record{{"username": c.text}}, same)
		if got := page.Total == 1; got != c.want {
			t.Errorf("%q covers %q: %v, want %v", c.pattern, c.text, got, c.want)
		}
	}
}

func TestARecordOfAnotherShapeHasNoValue(t *testing.T) {
	odd := []query.Record{
		nil, {"username": 7, "enabled": "true", "metadata": "x", "full_name": map[string]any{}, "_id": 3},
	}
	for _, body := range []string{
		`{"query":{"exists":{"field":"username"}}}`, `{"query":{"exists":{"field":"enabled"}}}`,
		`{"query":{"match":{"full_name":"x"}}}`, `{"query":{"ids":{"values":["3"]}}}`,
	} {
		if page := searched(mustParse(t, body, userFields), odd, same); page.Total != 0 {
			t.Errorf("%s found %v", body, page.Hits)
		}
	}
}
