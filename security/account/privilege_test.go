package account

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

func TestPrivilegesStandInTheOrderOfTheirBreadth(t *testing.T) {
	for what, table := range map[string][]privilege{"cluster": clusterPrivileges[:], "index": indexPrivileges[:]} {
		ls := newLanguages(requestWork)
		languageOf := map[string]*lang{}
		for _, p := range table {
			languageOf[p.name] = ls.minus(ls.wildcards(p.allow), ls.wildcards(p.except))
		}
		breadth := map[string]int{}
		for wide, all := range languageOf {
			for narrow, some := range languageOf {
				if narrow != wide && ls.inside(some, all) {
					breadth[wide]++
				}
			}
		}
		want := slices.SortedFunc(slices.Values(namesOf(table)), func(a, b string) int {
			return cmp.Or(cmp.Compare(breadth[a], breadth[b]), strings.Compare(a, b))
		})
		if got := namesOf(table); !slices.Equal(got, want) {
			t.Errorf("%s privileges stand as\n%v, by breadth and name they would be\n%v", what, got, want)
		}
		if ls.spent() {
			t.Errorf("%s: too much work to tell", what)
		}
	}
}

func TestNoClusterPrivilegeOutsideSecurityReachesSecurity(t *testing.T) {
	inSecurity := []string{
		"all", "delegate_pki", "grant_api_key", "manage_api_key", "manage_ccr", "manage_oidc", "manage_own_api_key",
		"manage_saml", "manage_security", "manage_service_account", "manage_token", "manage_user_profile", "read_ccr",
		"read_security",
	}
	ls := newLanguages(requestWork)
	security := ls.wildcard("cluster:admin/xpack/security/*")
	for _, p := range clusterPrivileges {
		actions := ls.minus(ls.wildcards(p.allow), ls.wildcards(p.except))
		reaches := !ls.isEmpty(ls.and(actions, security))
		if want := slices.Contains(inSecurity, p.name); reaches != want {
			t.Errorf("%s reaches actions of security: %v, want %v", p.name, reaches, want)
		}
	}
}

func TestEveryPrivilegeGrantsSomethingButNone(t *testing.T) {
	for _, p := range slices.Concat(clusterPrivileges[:], indexPrivileges[:]) {
		if (len(p.allow) == 0) != (p.name == "none") {
			t.Errorf("%s grants %v", p.name, p.allow)
		}
	}
}

func TestEveryEntryOfADescriptorIsAKnownPrivilegeOrAPattern(t *testing.T) {
	roles := map[string]*Descriptor{}
	for _, a := range All() {
		roles[a.Principal()] = &a.Role
	}
	for _, name := range ReservedRoles() {
		roles[name], _ = ReservedRole(name)
	}
	for name, d := range roles {
		copied := *d
		copied.Metadata = nil // a reserved role has what others may not have
		if err := checkDescriptor(&copied); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
