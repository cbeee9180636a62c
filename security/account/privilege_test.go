package account

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

func TestPrivilegesStandInTheOrderOfTheirBreadth(t *testing.T) {
	breadth := func(p privilege) int {
		n := 0
		for _, other := range privileges {
			if other.name != p.name && includes(p, other) {
				n++
			}
		}
		return n
	}
	want := slices.SortedFunc(slices.Values(privileges[:]), func(a, b privilege) int {
		return cmp.Or(cmp.Compare(breadth(a), breadth(b)), strings.Compare(a.name, b.name))
	})
	for i, p := range privileges {
		if p.name != want[i].name {
			t.Fatalf("privilege %d is %s; by breadth, then name, it would be %s", i, p.name, want[i].name)
		}
	}
}

// includes reports whether wide grants every action that narrow does. A pattern
// lies inside another one that matches it as text, since a star matches itself.
func includes(wide, narrow privilege) bool {
	for _, pattern := range narrow.allow {
		if !anyMatches(wide.allow, pattern) {
			return false
		}
		for _, except := range wide.except {
			overlaps := matches(except, pattern) || matches(pattern, except)
			if overlaps && !anyMatches(narrow.except, except) {
				return false
			}
		}
	}
	return true
}

func TestEveryEntryOfADescriptorIsAKnownPrivilegeOrAPattern(t *testing.T) {
	for _, a := range All() {
		for _, entry := range a.Role.Cluster {
			if byName[entry] == nil && !anyMatches(clusterActions[:], entry) {
				t.Errorf("%s: %s is neither", a.Principal(), entry)
			}
		}
	}
}
