package account_test

import (
	"encoding/json"
	"testing"

	"jeton/security/account"
)

func TestAnEmptyDescriptorShowsEmptyListsAndNeverNull(t *testing.T) {
	want := `{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`
	if got := encode(t, account.Descriptor{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestADescriptorsPatternsAreEscapedOnlyIfTheEncoderAroundItSaysSo(t *testing.T) {
	d := account.Descriptor{RunAs: []string{"/a&~b/"}}
	if got, want := encode(t, d.RunAs), `["/a&~b/"]`; got != want {
		t.Errorf("unescaped: got %s, want %s", got, want)
	}
	escaped, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back account.Descriptor
	if err := json.Unmarshal(escaped, &back); err != nil {
		t.Fatal(err)
	}
	if back.RunAs[0] != d.RunAs[0] {
		t.Errorf("escaped: %s came back as %s", d.RunAs[0], back.RunAs[0])
	}
}

func TestSuperuserHasTheDocumentedDescriptor(t *testing.T) {
	want := `{"cluster":["all"],` +
		`"indices":[{"names":["*"],"privileges":["all"],"allow_restricted_indices":false},` +
		`{"names":["*"],"privileges":["monitor","read","view_index_metadata","read_cross_cluster"],"allow_restricted_indices":true}],` +
		`"applications":[{"application":"*","privileges":["*"],"resources":["*"]}],` +
		`"run_as":["*"],"metadata":{"_reserved":true},"transient_metadata":{"enabled":true}}`
	if got := encode(t, account.Superuser()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
