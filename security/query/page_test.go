package query_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/query"
)

func TestHitsAreSortedAsAsked(t *testing.T) {
	for sort, want := range map[string][]string{
		`["username"]`:        {zoe, bat, one, two},
		`"username"`:          {zoe, bat, one, two},
		`{"username":"desc"}`: {two, one, bat, zoe},
		`[{"username":{"order":"DESC","unmapped_type":"long"}}]`: {two, one, bat, zoe},
		`[{"username":{}}]`:               {zoe, bat, one, two},
		`["_doc"]`:                        {bat, one, two, zoe},
		`[{"_doc":"desc"}]`:               {zoe, two, one, bat},
		`["enabled"]`:                     {two, zoe, bat, one},
		`["enabled",{"username":"desc"}]`: {two, zoe, one, bat},
		`["roles"]`:                       {bat, one, two, zoe},
		`[{"roles":{"order":"desc"}}]`:    {one, two, bat, zoe},
		`[{"roles":{"order":"asc","missing":"_first"}}]`:      {zoe, bat, one, two},
		`[{"roles":{"mode":"max","order":"asc"}},"username"]`: {bat, one, two, zoe},
		`[{"roles":{"mode":"min","order":"desc"}}]`:           {two, one, bat, zoe},
		`[]`: {bat, one, two, zoe},
	} {
		expectUsers(t, `{"sort":`+sort+`}`, want...)
	}
	expectRoles(t, `{"query":{"match_all":{}},"sort":["name"]}`, admin, dotted, plain, reader)
	expectRoles(t, `{"sort":["metadata.team",{"name":"desc"}]}`, admin, reader, plain, dotted)
}

func TestAHitShowsWhatItWasSortedBy(t *testing.T) {
	s := mustParse(t, `{"sort":["enabled",{"roles":"desc"},"_doc"]}`, userFields)
	page := searched(s, users, same)
	got := []string{}
	for _, h := range page.Hits {
		got = append(got, asJSON(t, h.Sort))
	}
	want := []string{`[0,"some-other-role",2]`, `[0,null,3]`, `[1,"some-other-role",1]`, `[1,"bat-cave-admin",0]`}
	if !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, h := range searched(mustParse(t, `{"sort":[]}`, userFields), users, same).Hits {
		if h.Sort != nil {
			t.Errorf("an unsorted hit has the keys %v", h.Sort)
		}
	}
}

func TestAPageIsCutOutOfWhatIsFound(t *testing.T) {
	for _, c := range []struct {
		body  string
		want  []string
		total int
	}{
		{`{"size":2}`, []string{bat, one}, 4},
		{`{"from":1,"size":2}`, []string{one, two}, 4},
		{`{"from":3,"size":"2"}`, []string{zoe}, 4},
		{`{"from":9}`, []string{}, 4},
		{`{"size":0}`, []string{}, 4},
		{`{"size":10000}`, []string{bat, one, two, zoe}, 4},
		{`{"from":1,"query":{"prefix":{"username":"mr"}}}`, []string{two}, 2},
		{`{"sort":["username"],"search_after":["batman-official-user"]}`, []string{one, two}, 4},
		{`{"search_after":["mr-prefix2"],"sort":["username"]}`, []string{}, 4},
		{`{"sort":["enabled","username"],"search_after":[false,"mr-prefix2"],"size":1}`, []string{bat}, 4},
		{`{"sort":[{"roles":"desc"},"_doc"],"search_after":[null,2]}`, []string{zoe}, 4},
	} {
		got, total := found(t, c.body, userFields, users, "username")
		if !slices.Equal(got, c.want) || total != c.total {
			t.Errorf("%s\n got %q of %d\nwant %q of %d", c.body, got, total, c.want, c.total)
		}
	}
}

func TestAnEmptyPageIsAListAndNotNil(t *testing.T) {
	if page := searched(mustParse(t, "", userFields), nil, same); page.Hits == nil {
		t.Error("the hits are nil")
	}
}

// The last level tells all hits apart, so a walk by search_after has to see
// each once, whatever the levels before it and whatever the size of a page.
func TestAWalkBySearchAfterSeesEveryHitOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyRecord(), 0, 30).Draw(t, "records")
		levels := rapid.SliceOfN(anySort(), 0, 3).Draw(t, "sort")
		sort := asJSON(t, append(levels, rapid.SampledFrom([]any{"_doc", map[string]any{"_doc": "desc"}}).Draw(t, "last")))
		size := rapid.IntRange(1, 7).Draw(t, "size")

		whole := run(t, `{"size":10000,"sort":`+sort+`}`, all).Hits
		var walked []query.Hit[query.Record]
		after := ""
		for range len(all) + 1 {
			page := run(t, fmt.Sprintf(`{"size":%d,"sort":%s%s}`, size, sort, after), all)
			if page.Total != len(all) {
				t.Fatalf("%d found, want %d", page.Total, len(all))
			}
			if len(page.Hits) == 0 {
				break
			}
			walked = append(walked, page.Hits...)
			after = `,"search_after":` + asJSON(t, page.Hits[len(page.Hits)-1].Sort)
		}
		if len(walked) != len(whole) || len(whole) > 0 && !reflect.DeepEqual(walked, whole) {
			t.Fatalf("walked %v\nwhole  %v", walked, whole)
		}
	})
}

func TestASearchEndsWithItsTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	_, err := query.Run(ctx, mustParse(t, "", userFields), users, func(r query.Record) query.Record {
		asked++
		cancel()
		return r
	})
	if !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("%d records were searched, and then: %v", asked, err)
	}
}
