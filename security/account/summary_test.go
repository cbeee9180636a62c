package account_test

import (
	"testing"

	"jeton/security/account"
)

func TestASummaryIsSortedAndMerged(t *testing.T) {
	a := parse(t, `{"cluster":["monitor","all"],"run_as":["b","a"],"global":{"application":{"manage":{"applications":["x"]}}},`+
		`"indices":[{"names":["b","a"],"privileges":["write"]},{"names":"a","privileges":"read","query":"{}","field_security":{"grant":"x","except":[]}},{"names":"a","privileges":"read","query":"{}","field_security":{"grant":"x"}}],`+
		`"applications":[{"application":"kib","privileges":"write","resources":"*"}]}`)
	b := parse(t, `{"cluster":["all"],"run_as":"a","global":{"profile":{"write":{"applications":"y"}},"application":{"manage":{"applications":["w","x"]}}},`+
		`"indices":[{"names":["a","b"],"privileges":["read"],"field_security":{"grant":"*"}},{"names":["a"],"privileges":["read"],"allow_restricted_indices":true}],`+
		`"applications":[{"application":"kib","privileges":["read"],"resources":"*"}]}`)
	want := `{"cluster":["all","monitor"],` +
		`"global":[{"application":{"manage":{"applications":["w","x"]}}},{"profile":{"write":{"applications":["y"]}}}],` +
		`"indices":[{"names":["a"],"privileges":["read"],"allow_restricted_indices":true},` +
		`{"names":["a"],"privileges":["read"],"field_security":[{"grant":["x"]}],"query":["{}"],"allow_restricted_indices":false},` +
		`{"names":["a","b"],"privileges":["read","write"],"allow_restricted_indices":false}],` +
		`"applications":[{"application":"kib","privileges":["read","write"],"resources":["*"]}],"run_as":["a","b"]}`
	for range 10 { // maps have no part in the order
		if got := encode(t, (account.Roles{&a, nil, &b}).Summary()); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	if a.RunAs[0] != "b" || a.Indices[0].Names[0] != "b" {
		t.Error("the descriptor itself was sorted")
	}
}

func TestASummaryOfNothingIsEmptyLists(t *testing.T) {
	want := `{"cluster":[],"global":[],"indices":[],"applications":[],"run_as":[]}`
	if got := encode(t, account.Roles(nil).Summary()); got != want {
		t.Errorf("got %s", got)
	}
}
