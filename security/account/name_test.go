package account_test

import (
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
)

func TestNamesOfUsersAndRolesAreBoundedAndPrintable(t *testing.T) {
	for name, want := range map[string]bool{
		"bob": true, "a b~!": true, strings.Repeat("a", 1024): true, "_x": true, "elastic/fleet-server": true,
		"": false, " a": false, "a ": false, strings.Repeat("a", 1025): false, "é": false, "a\tb": false, "a\x7f": false,
	} {
		err := account.CheckName("user", name)
		if (err == nil) != want {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
	want := "Role names must be at least 1 and no more than 1024 characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), " +
		"spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."
	if err := account.CheckName("role", ""); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestServiceAccountsOfOnesOwnMayNotLookBuiltIn(t *testing.T) {
	for name, want := range map[string]string{
		"apps/worker_1": "", "-a/-b": "", "elastic2/x": "",
		"elastic/x":                        "reserved",
		"Elastic/x":                        "reserved",
		"/x":                               "service account namespace is required",
		"apps/":                            "service account service-name is required",
		"_apps/x":                          "invalid service account namespace [_apps]",
		"apps/_x":                          "invalid service account service-name [_x]",
		"apps/a.b":                         "invalid service account service-name [a.b]",
		"apps/" + strings.Repeat("a", 257): "at most 256 characters",
		strings.Repeat("a", 256) + "/é":    "invalid service account service-name [é]",
	} {
		namespace, service, _ := strings.Cut(name, "/")
		err := account.CheckServiceName(namespace, service)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40s: got %v, want %q", name, err, want)
		}
	}
}

func TestAnApplicationPrivilegeIsChecked(t *testing.T) {
	good := account.ApplicationPrivilege{Application: "kibana-.kibana", Name: "feature_x.read", Actions: []string{"data:read/*"}}
	if err := good.Check(); err != nil {
		t.Errorf("%+v: %v", good, err)
	}
	for want, change := range map[string]func(*account.ApplicationPrivilege){
		"Application names cannot be blank":                                                 func(p *account.ApplicationPrivilege) { p.Application = "" },
		"Application names may not contain '*' (found 'kib*')":                              func(p *account.ApplicationPrivilege) { p.Application = "kib*" },
		"Application names may not contain whitespace (found 'kib a')":                      func(p *account.ApplicationPrivilege) { p.Application = "kib a" },
		"An application name prefix must be at least 3 characters long (found 'ki')":        func(p *account.ApplicationPrivilege) { p.Application = "ki-x" },
		"prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found 'Kib')":                   func(p *account.ApplicationPrivilege) { p.Application = "Kib" },
		`An application name suffix may not contain any of the characters`:                  func(p *account.ApplicationPrivilege) { p.Application = "kib-a/b" },
		"privilege names must match the pattern ^[a-z][a-zA-Z0-9_.-]*$ (found 'Read')":      func(p *account.ApplicationPrivilege) { p.Name = "Read" },
		"Application privileges must have at least one action":                              func(p *account.ApplicationPrivilege) { p.Actions = nil },
		"action [read] must contain one of [ '/' , '*' , ':' ]":                             func(p *account.ApplicationPrivilege) { p.Actions = []string{"a:b", "read"} },
		`must match the pattern ^\p{Graph}*$ (found 'a: b')`:                                func(p *account.ApplicationPrivilege) { p.Actions = []string{"a: b"} },
		"metadata keys may not start with [_] (in privilege kibana-.kibana feature_x.read)": func(p *account.ApplicationPrivilege) { p.Metadata = map[string]any{"_a": 1} },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", p, err, want)
		}
	}
}

func TestARoleMayGrantOnApplicationsThatBeginAlike(t *testing.T) {
	for name, want := range map[string]bool{
		"*": true, "kibana-*": true, "k*": true, "kib": true, "kib-a*": true, "k-*": false, "*a": false, "k*b": false, "K*": false, "ki": false,
	} {
		_, err := account.ParseDescriptor([]byte(`{"applications":[{"application":"` + name + `","privileges":"a","resources":"*"}]}`))
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListsOfPrivilegesAreCompleteAndSorted(t *testing.T) {
	for what, list := range map[string][]string{
		"cluster": account.ClusterPrivileges(), "index": account.IndexPrivilegeNames(), "remote": account.RemoteClusterPrivilegeNames(),
	} {
		if !slices.IsSorted(list) {
			t.Errorf("%s: %v is not sorted", what, list)
		}
	}
	for _, name := range []string{"all", "manage_service_account", "monitor_stats", "write_connector_secrets", "manage_esql", "none"} {
		if !slices.Contains(account.ClusterPrivileges(), name) {
			t.Errorf("no cluster privilege %s", name)
		}
	}
	if n := len(account.ClusterPrivileges()); n != 64 {
		t.Errorf("%d cluster privileges", n)
	}
	if n := len(account.IndexPrivilegeNames()); n != 24 {
		t.Errorf("%d index privileges", n)
	}
}
