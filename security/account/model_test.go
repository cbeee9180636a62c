package account_test

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"jeton/security/account"
)

// A slow and obvious model of what descriptors grant: it knows a small world of
// names and actions and asks about each of them.

// namePatterns pairs patterns with what they mean in plain Go.
var namePatterns = map[string]func(string) bool{
	"*":               func(string) bool { return true },
	"logs-*":          func(s string) bool { return strings.HasPrefix(s, "logs-") },
	"*-1":             func(s string) bool { return strings.HasSuffix(s, "-1") },
	"logs-?":          func(s string) bool { return strings.HasPrefix(s, "logs-") && len(s) == 6 },
	"logs-1":          func(s string) bool { return s == "logs-1" },
	`logs-\*`:         func(s string) bool { return s == "logs-*" },
	".*":              func(s string) bool { return strings.HasPrefix(s, ".") },
	".security*":      func(s string) bool { return strings.HasPrefix(s, ".security") },
	".fleet-a":        func(s string) bool { return s == ".fleet-a" },
	"/logs-[12]/":     func(s string) bool { return s == "logs-1" || s == "logs-2" },
	"/~(logs.*)/":     func(s string) bool { return !strings.HasPrefix(s, "logs") },
	"/logs.*&.*-1/":   func(s string) bool { return strings.HasPrefix(s, "logs") && strings.HasSuffix(s, "-1") },
	"/logs-<1-2>/":    func(string) bool { return false }, // not supported
	"/logs(/":         func(string) bool { return false }, // not valid
	"/not closed":     func(string) bool { return false },
	"metrics-é":       func(s string) bool { return s == "metrics-é" },
	"logs-1,logs-2":   func(s string) bool { return s == "logs-1,logs-2" },
	"/@-(1|\"x.y\")/": func(s string) bool { return strings.HasSuffix(s, "-1") || strings.HasSuffix(s, "-x.y") },
}

var someNames = []string{
	"logs-1", "logs-2", "logs-12", "logs-*", "logs", "metrics-é", "metrics-1", "a-x.y", "a", ".a",
	".security", ".security-7", ".fleet-a", ".fleet-1", ".kibana-1", "x-1", "logs-1,logs-2",
}

func isRestricted(name string) bool {
	for _, prefix := range []string{".security", ".fleet-", ".kibana"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// clusterEntries and clusterActions are the cluster side of that world.
var clusterEntries = []string{
	"all", "manage", "monitor", "manage_security", "manage_service_account", "manage_token", "read_security", "none",
	"manage_saml", "delegate_pki", "manage_own_api_key", "manage_api_key", "manage_connector", "read_connector_secrets",
	"cluster:monitor/*", "cluster:monitor/h", "cluster:admin/xpack/security/token/*", "cluster:admin/xpack/security/user/?et",
	"cluster:*/get", "cluster:admin/xpack/connector/secret/get", "no_such_privilege", "*", "indices:admin/template/*",
}

var clusterActions = []string{
	account.ActionHealth, account.ActionMain, account.ActionAuthenticate, account.ActionGetUser, account.ActionPutUser,
	account.ActionDeleteUser, account.ActionCreateToken, account.ActionRefreshToken, account.ActionInvalidateToken,
	account.ActionCreateServiceToken, account.ActionGetServiceCredentials, account.ActionPutServiceAccount,
	account.ActionClearCache, account.ActionLeave, "cluster:admin/xpack/security/delegate_pki",
	"cluster:admin/xpack/connector/secret/get", "cluster:admin/xpack/connector/put",
	"cluster:admin/xpack/security/api_key/create", "indices:admin/template/put", "cluster:x",
}

var indexEntries = []string{
	"all", "read", "write", "index", "manage", "monitor", "create_index", "view_index_metadata", "none", "manage_failure_store",
	"read_failure_store", "indices:data/read/*", "indices:data/read/s", "indices:data/*/search", "no_such_privilege",
	"indices:admin/?reate", "*",
}

var indexActions = []string{
	"indices:data/read/search", "indices:data/read/get", "indices:data/write/index", "indices:data/write/bulk[s]",
	"indices:admin/create", "indices:admin/get", "indices:admin/delete", "indices:monitor/stats", "indices:other",
	"failures:data/read/search", "failures:admin/x", "internal:transport/proxy/indices:data/read/get",
}

// variants stand for everything that may begin with an action's name.
func variants(action string) []string {
	return []string{action, action + "/x", action + "[s]", action + "é~"}
}

func every(actions []string) []string {
	var out []string
	for _, a := range actions {
		out = append(out, variants(a)...)
	}
	return out
}

// means tells whether an entry of index privileges is about an action: the
// named ones by a descriptor's public answer about areas, spelt out here.
func means(entry, action string) bool {
	in := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(action, p) })
	}
	switch entry {
	case "all":
		return in("indices:", "failures:", "internal:transport/proxy/indices:")
	case "read":
		return in("indices:data/read/") || action == "indices:admin/resolve/index"
	case "write":
		return in("indices:data/write/") || action == "indices:admin/mapping/auto_put"
	case "index":
		return in("indices:data/write/index", "indices:data/write/bulk", "indices:data/write/update", "indices:data/write/simulate/bulk")
	case "manage":
		return in("indices:admin/", "indices:monitor/", "failures:admin/", "failures:monitor/", "indices:data/read/field_caps",
			"indices:data/read/xpack/rollup/get/index/caps")
	case "monitor":
		return in("indices:monitor/")
	case "create_index":
		return slices.Contains([]string{"indices:admin/create", "indices:admin/auto_create", "indices:admin/data_stream/create"}, action)
	case "view_index_metadata":
		return action == "indices:admin/get" // of the actions of this world
	case "manage_failure_store":
		return in("failures:admin/", "failures:monitor/")
	case "read_failure_store":
		return in("failures:data/read/")
	case "indices:data/read/*", "indices:data/read/s":
		return in(strings.TrimSuffix(entry, "*"))
	case "indices:data/*/search":
		return in("indices:data/") && strings.Contains(action[len("indices:data/"):], "/search")
	case "indices:admin/?reate":
		return in("indices:admin/") && len(action) >= 20 && action[15:20] == "reate"
	}
	return false
}

func entryGrants(e account.IndexPrivileges, name, action string) bool {
	return (e.AllowRestrictedIndices || !isRestricted(name)) &&
		slices.ContainsFunc(e.Names, func(p string) bool { return namePatterns[p](name) }) &&
		slices.ContainsFunc(e.Privileges, func(p string) bool { return means(p, action) })
}

func grantsIndex(roles account.Roles, name, action string, limit string) bool {
	for _, d := range roles {
		for _, e := range d.Indices {
			if entryGrants(e, name, action) && (limit == "any" || e.Query == "" || e.Query == limit) {
				return true
			}
		}
	}
	return false
}

// The application kib-a defines read and write; kib-b defines read otherwise.
func definitions(application, privilege string) ([]string, bool) {
	actions, ok := map[string][]string{
		"kib-a read":  {"data:read/*"},
		"kib-a write": {"data:write/*", "data:read/*"},
		"kib-a all":   {"*"},
		"kib-b read":  {"data:read/one"},
	}[application+" "+privilege]
	return actions, ok
}

var (
	applicationNames    = []string{"kib-a", "kib-b", "kib-*", "*"}
	applicationEntries  = []string{"read", "write", "all", "undefined", "*", "data:*", "data:read/one", "*defined", "?undefined"}
	applicationActions  = []string{"data:read/one", "data:read/two", "data:write/one", "other:x", "undefined"}
	applicationResource = []string{"*", "space:1", "space:*", "/space:[12]/"}
)

func starMatches(pattern, s string) bool {
	prefix, star := strings.CutSuffix(pattern, "*")
	return star && strings.HasPrefix(s, prefix) || s == pattern
}

func resourceMatches(pattern, s string) bool {
	if pattern == "/space:[12]/" {
		return s == "space:1" || s == "space:2"
	}
	return starMatches(pattern, s)
}

func grantsApplication(roles account.Roles, application, resource, action string) bool {
	for _, d := range roles {
		for _, e := range d.Applications {
			if starMatches(e.Application, application) &&
				slices.ContainsFunc(e.Resources, func(p string) bool { return resourceMatches(p, resource) }) &&
				slices.ContainsFunc(e.Privileges, func(p string) bool { return meansAction(application, p, action) }) {
				return true
			}
		}
	}
	return false
}

// meansAction: the text undefined among the actions stands for a privilege that
// the application has not defined.
func meansAction(application, entry, action string) bool {
	if action == "undefined" {
		return entry == "*" || entry == "undefined" || entry == "all" && application == "kib-a"
	}
	actions, ok := definitions(application, entry)
	if !ok {
		actions = []string{entry}
	}
	return slices.ContainsFunc(actions, func(p string) bool { return starMatches(p, action) })
}

// some draws up to n of the texts.
func some(t *rapid.T, label string, texts []string, n int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(texts), 0, n).Draw(t, label)
}

func drawDescriptor(t *rapid.T) *account.Descriptor {
	patterns := sortedKeys(namePatterns)
	d := &account.Descriptor{
		Cluster: some(t, "cluster", clusterEntries, 3),
		RunAs:   some(t, "run_as", patterns, 2),
	}
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		d.Indices = append(d.Indices, account.IndexPrivileges{
			Names:                  append(some(t, "names", patterns, 2), rapid.SampledFrom(patterns).Draw(t, "name")),
			Privileges:             append(some(t, "privileges", indexEntries, 2), rapid.SampledFrom(indexEntries).Draw(t, "privilege")),
			AllowRestrictedIndices: rapid.Bool().Draw(t, "restricted"),
			Query:                  rapid.SampledFrom([]string{"", "", "", `{"q":1}`, `{"q":2}`}).Draw(t, "query"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "applications") {
		d.Applications = append(d.Applications, account.ApplicationPrivileges{
			Application: rapid.SampledFrom(applicationNames).Draw(t, "application"),
			Privileges:  append(some(t, "more", applicationEntries, 1), rapid.SampledFrom(applicationEntries).Draw(t, "one")),
			Resources:   []string{rapid.SampledFrom(applicationResource).Draw(t, "resource")},
		})
	}
	return d
}

func drawRoles(t *rapid.T) account.Roles {
	var roles account.Roles
	for range rapid.IntRange(0, 3).Draw(t, "roles") {
		roles = append(roles, drawDescriptor(t))
	}
	return roles
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
