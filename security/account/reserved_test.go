package account_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
)

func TestReservedRolesKeepEveryKeyAndItsOrder(t *testing.T) {
	file, err := os.ReadFile("roles.json")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, file); err != nil {
		t.Fatal(err)
	}
	roles := map[string]*account.Descriptor{}
	for _, name := range account.ReservedRoles() {
		roles[name], _ = account.ReservedRole(name)
	}
	delete(roles, "superuser")
	delete(roles, "kibana_system")
	if got := encode(t, roles); got != want.String() {
		t.Errorf("the roles' wire form differs from roles.json:\n got %s\nwant %s", got, want.String())
	}
}

func TestReservedRolesAreMarkedAndSorted(t *testing.T) {
	names := account.ReservedRoles()
	want := []string{
		"apm_system", "beats_system", "editor", "kibana_system", "logstash_system", "monitoring_user", "remote_monitoring_agent",
		"remote_monitoring_collector", "superuser", "transport_client", "viewer",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	for _, name := range names {
		d, ok := account.ReservedRole(name)
		if !ok || d.Metadata["_reserved"] != true {
			t.Errorf("%s is not marked as reserved", name)
		}
	}
	if d, ok := account.ReservedRole("nobody"); ok {
		t.Errorf("got %v for a role that is not reserved", d)
	}
}

func TestReservedRolesGrantWhatTheyAreMadeFor(t *testing.T) {
	for _, c := range []struct {
		role, name, privilege string
		want                  bool
	}{
		{"viewer", "logs-1", "read", true},
		{"viewer", ".secret", "read", false},
		{"viewer", "ilm-history-1", "read", false},
		{"viewer", "logs-1", "write", false},
		{"editor", ".alerts-x", "write", true},
		{"monitoring_user", "metrics-kibana.x", "read", true},
		{"monitoring_user", "metrics-system.x", "read", false},
		{"remote_monitoring_collector", ".security-7", "monitor", true},
		{"remote_monitoring_agent", "metricbeat-8", "create_index", true},
		{"kibana_system", ".kibana_1", "all", true},
	} {
		d, _ := account.ReservedRole(c.role)
		if got := (account.Roles{d}).HasIndex(c.name, c.privilege, false); got != c.want {
			t.Errorf("%s has %s on %s: %v, want %v", c.role, c.privilege, c.name, got, c.want)
		}
	}
}

func TestReservedUsersHaveReservedRolesAndAreSorted(t *testing.T) {
	users := account.ReservedUsers()
	if len(users) != 7 || !slices.IsSortedFunc(users, func(a, b account.ReservedUser) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("got %v", users)
	}
	for _, u := range users {
		if found, ok := account.LookupReservedUser(u.Name); !ok || found.Name != u.Name || !slices.Equal(found.Roles, u.Roles) {
			t.Errorf("LookupReservedUser(%s) = %v, %v", u.Name, found, ok)
		}
		for _, role := range u.Roles {
			if _, ok := account.ReservedRole(role); !ok {
				t.Errorf("%s has the role %s, which is not reserved", u.Name, role)
			}
		}
		if (u.Deprecated != "") != (u.Name == "kibana") {
			t.Errorf("%s: deprecated %q", u.Name, u.Deprecated)
		}
	}
	if u, ok := account.LookupReservedUser("bob"); ok {
		t.Errorf("got %v for a user that is not reserved", u)
	}
}
