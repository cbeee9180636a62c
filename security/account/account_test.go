package account_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"jeton/security/account"
)

func TestAccountsAreTheDocumentedOnesSortedByPrincipal(t *testing.T) {
	want := []struct {
		principal string
		cluster   []string // the first ones
		indices   int
	}{
		{"elastic/auto-ops", []string{"monitor", "read_ilm", "read_slm"}, 1},
		{"elastic/fleet-server", []string{"monitor", "manage_own_api_key", "read_fleet_secrets", "cluster:admin/xpack/connector/*"}, 16},
		{"elastic/fleet-server-remote", []string{"monitor", "manage_own_api_key"}, 1},
		{"elastic/kibana", []string{"monitor", "manage_index_templates", "manage_inference"}, 83},
	}
	all := account.All()
	if len(all) != len(want) {
		t.Fatalf("got %d accounts, want %d", len(all), len(want))
	}
	for i, w := range want {
		a := all[i]
		if a.Principal() != w.principal {
			t.Errorf("account %d is %s, want %s", i, a.Principal(), w.principal)
		}
		if got := a.Role.Cluster[:len(w.cluster)]; !slices.Equal(got, w.cluster) {
			t.Errorf("%s: cluster privileges %v, want %v", w.principal, got, w.cluster)
		}
		if len(a.Role.Indices) != w.indices {
			t.Errorf("%s: %d index entries, want %d", w.principal, len(a.Role.Indices), w.indices)
		}
	}
}

// The file is the answer of the wire, so a field that Descriptor forgets or
// moves shows as a difference.
func TestDescriptorsKeepEveryKeyAndItsOrder(t *testing.T) {
	file, err := os.ReadFile("accounts.json")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, file); err != nil {
		t.Fatal(err)
	}
	type shown struct {
		Role account.Descriptor `json:"role_descriptor"`
	}
	byPrincipal := map[string]shown{}
	for _, a := range account.All() {
		byPrincipal[a.Principal()] = shown{a.Role}
	}
	got := encode(t, byPrincipal)
	if got != want.String() {
		t.Errorf("the accounts' wire form differs from accounts.json:\n got %s\nwant %s", got, want.String())
	}
}

func TestLookupFindsEveryAccountAndNothingElse(t *testing.T) {
	for _, a := range account.All() {
		got, ok := account.Lookup(a.Namespace, a.Service)
		if !ok || got.Principal() != a.Principal() {
			t.Errorf("Lookup(%s) = %v, %v", a.Principal(), got.Principal(), ok)
		}
	}
	for _, no := range [][2]string{
		{"elastic", ""}, {"", "kibana"}, {"", ""}, {"elastic", "foo"}, {"foo", "fleet-server"},
		{"Elastic", "kibana"}, {"elastic", "Kibana"}, {"elastic/kibana", ""}, {"kibana", "elastic"},
	} {
		if a, ok := account.Lookup(no[0], no[1]); ok {
			t.Errorf("Lookup(%q, %q) = %s, want none", no[0], no[1], a.Principal())
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	account.All() // the first use reads the accounts
	if n := testing.AllocsPerRun(100, func() { account.Lookup("elastic", "kibana") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestChangingTheListOfAccountsChangesNobodyElses(t *testing.T) {
	account.All()[0] = account.Account{Service: "mine"}
	if got := account.All()[0].Principal(); got != "elastic/auto-ops" {
		t.Errorf("first account is %s after another caller changed its own list", got)
	}
}

// encode is JSON without HTML escapes, as the wire writes it.
func encode(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
