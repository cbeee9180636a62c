package account_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/account"
)

func TestAUnionGrantsWhatOneOfItsDescriptorsGrants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := append(drawRoles(t), nil) // nil holds nothing and hurts nobody
		for _, action := range every(clusterActions) {
			want := account.GrantedToEveryone(action) ||
				slices.ContainsFunc(roles, func(d *account.Descriptor) bool { return d != nil && d.Grants(action) })
			if got := roles.Grants(action); got != want {
				t.Fatalf("grants %s: %v, want %v", action, got, want)
			}
		}
	})
}

func TestWhoHoldsAClusterPrivilegeIsGrantedEachOfItsActions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := drawRoles(t)
		privilege := rapid.SampledFrom(clusterEntries).Draw(t, "privilege")
		if !roles.HasCluster(privilege) {
			return
		}
		one := account.Descriptor{Cluster: []string{privilege}}
		for _, action := range every(clusterActions) {
			if one.Grants(action) && !roles.Grants(action) {
				t.Fatalf("holds %s, but is not granted %s", privilege, action)
			}
		}
	})
}

func TestAnActionIsHeldExactlyIfItAndAllThatBeginsSoIsGranted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := drawRoles(t)
		action := rapid.SampledFrom(clusterActions).Draw(t, "action")
		want := true
		for _, a := range variants(action) {
			want = want && roles.Grants(a)
		}
		if got := roles.HasCluster(action); got != want {
			t.Fatalf("holds %s: %v, want %v", action, got, want)
		}
	})
}

func TestAnActionOnOneIndexIsHeldExactlyIfTheModelSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := drawRoles(t)
		name := rapid.SampledFrom(someNames).Filter(func(s string) bool { return !strings.Contains(s, "*") }).Draw(t, "name")
		action := rapid.SampledFrom(indexActions).Filter(func(s string) bool { return !strings.HasPrefix(s, "failures") }).Draw(t, "action")
		want := true
		for _, a := range variants(action) {
			want = want && grantsIndex(roles, name, a, "any")
		}
		restricted := rapid.Bool().Draw(t, "restricted") // for one name it makes no difference
		if got := roles.HasIndex(name, action, restricted); got != want {
			t.Fatalf("holds %s on %s: %v, want %v", action, name, got, want)
		}
	})
}

func TestWhoHoldsAnIndexPrivilegeIsGrantedEachActionOnEachName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := drawRoles(t)
		pattern := rapid.SampledFrom(sortedKeys(namePatterns)).Draw(t, "pattern")
		privilege := rapid.SampledFrom(indexEntries).Draw(t, "privilege")
		restricted := rapid.Bool().Draw(t, "restricted")
		if !roles.HasIndex(pattern, privilege, restricted) {
			return
		}
		one := account.IndexPrivileges{Names: []string{pattern}, Privileges: []string{privilege}}
		one.AllowRestrictedIndices = restricted || isRestricted(pattern)
		for _, name := range someNames {
			for _, action := range every(indexActions) {
				if entryGrants(one, name, action) && !grantsIndex(roles, name, action, "any") {
					t.Fatalf("holds %s on %s, but is not granted %s on %s", privilege, pattern, action, name)
				}
			}
		}
	})
}

func TestAnApplicationsPrivilegeIsHeldOnlyIfEachActionIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := drawRoles(t)
		application := rapid.SampledFrom([]string{"kib-a", "kib-b"}).Draw(t, "application")
		privilege := rapid.SampledFrom(applicationEntries).Draw(t, "privilege")
		resource := rapid.SampledFrom(applicationResource).Draw(t, "resource")
		if !roles.HasApplication(application, privilege, resource, definitions) {
			return
		}
		for _, r := range []string{"space:1", "space:2", "space:3", "other"} {
			for _, action := range applicationActions {
				if resourceMatches(resource, r) && meansAction(application, privilege, action) &&
					!grantsApplication(roles, application, r, action) {
					t.Fatalf("holds %s of %s on %s, but is not granted %s on %s", privilege, application, resource, action, r)
				}
			}
		}
	})
}

func TestWhatARoleIsCoveredByGrantsAllThatItGrants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles, d := drawRoles(t), drawDescriptor(t)
		if !roles.Covers(d, definitions) {
			return
		}
		for _, action := range every(clusterActions) {
			if d.Grants(action) && !roles.Grants(action) {
				t.Fatalf("%s is not granted", action)
			}
		}
		for _, name := range someNames {
			if (account.Roles{d}).RunsAs(name) && !roles.RunsAs(name) {
				t.Fatalf("may not run as %s", name)
			}
			for _, limit := range []string{"", `{"q":1}`, `{"q":2}`} {
				for _, action := range every(indexActions) {
					if grantsIndex(account.Roles{d}, name, action, limit) && !grantsIndex(roles, name, action, limit) {
						t.Fatalf("%s on %s (%s) is not granted", action, name, limit)
					}
				}
			}
		}
		for _, application := range []string{"kib-a", "kib-b", "kib-c", "x"} {
			for _, resource := range []string{"space:1", "space:2", "space:3", "other"} {
				for _, action := range applicationActions {
					if grantsApplication(account.Roles{d}, application, resource, action) &&
						!grantsApplication(roles, application, resource, action) {
						t.Fatalf("%s of %s on %s is not granted", action, application, resource)
					}
				}
			}
		}
	})
}

func TestARoleCoversItselfAndItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := append(drawRoles(t), drawDescriptor(t))
		d := rapid.SampledFrom(roles).Draw(t, "one of them")
		if !roles.Covers(d, definitions) || !roles.Covers(d) || !roles.Covers(d, nil) {
			t.Fatal("it is not covered")
		}
	})
}

func TestSuperuserCoversEveryRole(t *testing.T) {
	superuser, _ := account.ReservedRole("superuser")
	for _, name := range account.ReservedRoles() {
		d, _ := account.ReservedRole(name)
		if !(account.Roles{superuser}).Covers(d) {
			t.Errorf("superuser does not cover %s", name)
		}
		if !(account.Roles{d}).Covers(d) {
			t.Errorf("%s does not cover itself", name)
		}
		if name != "superuser" && (account.Roles{d}).Covers(superuser) {
			t.Errorf("%s covers superuser", name)
		}
	}
}

func TestNobodyBecomesSuperuserByARoleOfTheirOwn(t *testing.T) {
	alike := account.Superuser()
	alike.Metadata = nil
	remote := &account.Descriptor{RemoteCluster: []account.RemoteClusterPrivileges{{Privileges: []string{"monitor_stats"}, Clusters: []string{"*"}}}}
	if (account.Roles{&alike}).Covers(remote) {
		t.Error("a role that looks like superuser covers what it does not grant")
	}
	superuser := account.Superuser()
	if !(account.Roles{&alike}).Covers(&superuser) {
		t.Error("a role that grants all that superuser grants does not cover it")
	}
}

// Each case is one thing that a caller holds and one that it would give.
func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		held, given string
		covered     bool
	}{
		"a part of what one may":          {`{"cluster":["manage_security"]}`, `{"cluster":["manage_token","cluster:admin/xpack/security/user/get"]}`, true},
		"delegate_pki is kept apart":      {`{"cluster":["manage_security"]}`, `{"cluster":["delegate_pki"]}`, false},
		"own keys are less than all":      {`{"cluster":["manage_api_key"]}`, `{"cluster":["manage_own_api_key"]}`, true},
		"all keys are more than own":      {`{"cluster":["manage_own_api_key"]}`, `{"cluster":["manage_api_key"]}`, false},
		"own keys come from nothing":      {`{"cluster":["monitor"]}`, `{"cluster":["manage_own_api_key"]}`, false},
		"two roles' entries together":     {`{"indices":[{"names":["a*"],"privileges":["read"]},{"names":["/~(a.*)/"],"privileges":["read"]}]}`, `{"indices":[{"names":["*"],"privileges":["read"]}]}`, true},
		"with a hole between them":        {`{"indices":[{"names":["ab*"],"privileges":["read"]},{"names":["/~(a.*)/"],"privileges":["read"]}]}`, `{"indices":[{"names":["*"],"privileges":["read"]}]}`, false},
		"restricted names":                {`{"indices":[{"names":["*"],"privileges":["all"]}]}`, `{"indices":[{"names":["*"],"privileges":["read"],"allow_restricted_indices":true}]}`, false},
		"names that cannot be restricted": {`{"indices":[{"names":["*"],"privileges":["all"]}]}`, `{"indices":[{"names":["logs-*"],"privileges":["read"],"allow_restricted_indices":true}]}`, true},
		"some documents, then all":        {`{"indices":[{"names":["a"],"privileges":["read"],"query":"{}"}]}`, `{"indices":[{"names":["a"],"privileges":["read"]}]}`, false},
		"all documents, then some":        {`{"indices":[{"names":["a"],"privileges":["all"]}]}`, `{"indices":[{"names":["a"],"privileges":["read"],"query":"{}"}]}`, true},
		"the same documents":              {`{"indices":[{"names":["a*"],"privileges":["all"],"query":"{}"}]}`, `{"indices":[{"names":["a"],"privileges":["read"],"query":"{}"}]}`, true},
		"some fields, then all":           {`{"indices":[{"names":["a"],"privileges":["read"],"field_security":{"grant":["x"]}}]}`, `{"indices":[{"names":["a"],"privileges":["read"]}]}`, false},
		"every field is no limit":         {`{"indices":[{"names":["a"],"privileges":["read"],"field_security":{"grant":["*"]}}]}`, `{"indices":[{"names":["a"],"privileges":["read"]}]}`, true},
		"failure stores are apart":        {`{"indices":[{"names":["a"],"privileges":["read","indices:*"]}]}`, `{"indices":[{"names":["a"],"privileges":["read_failure_store"]}]}`, false},
		"run as a part":                   {`{"run_as":["svc-*"]}`, `{"run_as":["svc-1","svc-b*"]}`, true},
		"run as others":                   {`{"run_as":["svc-*"]}`, `{"run_as":["elastic"]}`, false},
		"global of one's own":             {`{"global":{"application":{"manage":{"applications":["kibana-*"]}}}}`, `{"global":{"application":{"manage":{"applications":["kibana-a"]}}}}`, true},
		"global of others":                {`{"global":{"application":{"manage":{"applications":["kibana-*"]}}}}`, `{"global":{"application":{"manage":{"applications":["*"]}}}}`, false},
		"global by manage_security":       {`{"cluster":["manage_security"]}`, `{"global":{"profile":{"write":{"applications":["*"]}}}}`, true},
		"remote indices":                  {`{"remote_indices":[{"names":["*"],"privileges":["all"],"clusters":["eu-*"]}]}`, `{"remote_indices":[{"names":["a"],"privileges":["read"],"clusters":["eu-1"]}]}`, true},
		"remote indices elsewhere":        {`{"remote_indices":[{"names":["*"],"privileges":["all"],"clusters":["eu-*"]}]}`, `{"remote_indices":[{"names":["a"],"privileges":["read"],"clusters":["us-1"]}]}`, false},
		"here is not there":               {`{"cluster":["all"],"indices":[{"names":["*"],"privileges":["all"]}]}`, `{"remote_indices":[{"names":["a"],"privileges":["read"],"clusters":["us-1"]}]}`, false},
		"remote clusters":                 {`{"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["*"]}]}`, `{"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["a"]}]}`, true},
		"remote clusters otherwise":       {`{"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["*"]}]}`, `{"remote_cluster":[{"privileges":["monitor_enrich"],"clusters":["a"]}]}`, false},
		"an application's part":           {`{"applications":[{"application":"kib-a","privileges":["write"],"resources":["*"]}]}`, `{"applications":[{"application":"kib-a","privileges":["read"],"resources":["space:1"]}]}`, true},
		"an undefined privilege":          {`{"applications":[{"application":"kib-a","privileges":["*defined","d*"],"resources":["*"]}]}`, `{"applications":[{"application":"kib-a","privileges":["undefined"],"resources":["*"]}]}`, false},
		"all applications":                {`{"applications":[{"application":"kib-a","privileges":["*"],"resources":["*"]}]}`, `{"applications":[{"application":"kib-*","privileges":["read"],"resources":["*"]}]}`, false},
		"a regex that says nothing":       {`{"run_as":["/a<1-2>/"]}`, `{"run_as":["/a<1-3>/"]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			held, given := parse(t, c.held), parse(t, c.given)
			if got := (account.Roles{&held}).Covers(&given, definitions); got != c.covered {
				t.Errorf("%s covers %s: %v, want %v", c.held, c.given, got, c.covered)
			}
		})
	}
}

func parse(t *testing.T, body string) account.Descriptor {
	t.Helper()
	d, err := account.ParseDescriptor([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return d
}

func TestRunningAsFollowsPatterns(t *testing.T) {
	d := parse(t, `{"run_as":["svc-*","/team-[ab]/","bob"]}`)
	for user, want := range map[string]bool{
		"svc-": true, "svc-1": true, "team-a": true, "bob": true, "team-c": false, "elastic": false, "": false, "Bob": false,
	} {
		if got := (account.Roles{nil, &d}).RunsAs(user); got != want {
			t.Errorf("runs as %q: %v, want %v", user, got, want)
		}
	}
}

func TestGrantingAllocatesNothing(t *testing.T) {
	kibana, _ := account.ReservedRole("kibana_system")
	roles := account.Roles{{Cluster: []string{"cluster:monitor/*", "cluster:admin/?/x*y"}}, kibana}
	for _, action := range []string{account.ActionHealth, account.ActionCreateServiceToken} {
		if n := testing.AllocsPerRun(100, func() { roles.Grants(action) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", action, n)
		}
	}
}
