package account

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// UserPrivileges is what a caller holds, as GET /_security/user/_privileges
// shows it: sorted, and without repetitions.
type UserPrivileges struct {
	Cluster      []string                `json:"cluster"`
	Global       []Global                `json:"global"` // one operation of one category each
	Indices      []UserIndexPrivileges   `json:"indices"`
	Applications []ApplicationPrivileges `json:"applications"`
	RunAs        []string                `json:"run_as"`
}

// UserIndexPrivileges are IndexPrivileges in the form of a summary, in which
// the limits of an entry are lists.
type UserIndexPrivileges struct {
	Names                  []string        `json:"names"`
	Privileges             []string        `json:"privileges"`
	FieldSecurity          []FieldSecurity `json:"field_security,omitempty"`
	Query                  []string        `json:"query,omitempty"`
	AllowRestrictedIndices bool            `json:"allow_restricted_indices"`
}

// Summary shows what the roles grant. Entries on the same names, with the same
// limits, become one.
func (r Roles) Summary() UserPrivileges {
	var s UserPrivileges
	indices := map[string]IndexPrivileges{}
	applications := map[string]ApplicationPrivileges{}
	global := map[[3]string][]string{}
	for _, d := range r {
		if d == nil {
			continue
		}
		s.Cluster = append(s.Cluster, d.Cluster...)
		s.RunAs = append(s.RunAs, d.RunAs...)
		mergeIndices(indices, d.Indices)
		mergeApplications(applications, d.Applications)
		mergeGlobal(global, d.Global)
	}
	s.Cluster, s.RunAs = sorted(s.Cluster), sorted(s.RunAs)
	s.Global = globalList(global)
	s.Indices = indexList(indices)
	s.Applications = slices.Collect(maps.Values(applications))
	slices.SortFunc(s.Applications, func(a, b ApplicationPrivileges) int {
		return cmp.Or(strings.Compare(a.Application, b.Application),
			slices.Compare(a.Privileges, b.Privileges), slices.Compare(a.Resources, b.Resources))
	})
	s.Applications = orEmpty(s.Applications)
	return s
}

// sorted returns the distinct texts of a list that it leaves as it is.
func sorted(list []string) []string {
	return orEmpty(slices.Compact(slices.Sorted(slices.Values(list))))
}

// keyOf is a text that is equal for equal values.
func keyOf(values ...any) string {
	key, _ := json.Marshal(values) // lists of texts, and nothing that cannot be written
	return string(key)
}

func mergeIndices(to map[string]IndexPrivileges, list []IndexPrivileges) {
	for _, e := range list {
		e.Names = sorted(e.Names)
		e.FieldSecurity = e.FieldSecurity.short()
		key := keyOf(e.Names, e.AllowRestrictedIndices, e.FieldSecurity, e.Query)
		e.Privileges = sorted(slices.Concat(e.Privileges, to[key].Privileges))
		to[key] = e
	}
}

// short is nil for what narrows nothing, and has no empty list of exceptions.
func (f *FieldSecurity) short() *FieldSecurity {
	switch {
	case f.everything():
		return nil
	case len(f.Except) == 0:
		return &FieldSecurity{Grant: f.Grant}
	}
	return f
}

func indexList(from map[string]IndexPrivileges) []UserIndexPrivileges {
	entries := slices.SortedFunc(maps.Values(from), func(a, b IndexPrivileges) int {
		return cmp.Or(slices.Compare(a.Names, b.Names), slices.Compare(a.Privileges, b.Privileges),
			strings.Compare(keyOf(a), keyOf(b)))
	})
	list := make([]UserIndexPrivileges, len(entries))
	for i, e := range entries {
		list[i] = UserIndexPrivileges{Names: e.Names, Privileges: e.Privileges, AllowRestrictedIndices: e.AllowRestrictedIndices}
		if e.FieldSecurity != nil {
			list[i].FieldSecurity = []FieldSecurity{*e.FieldSecurity}
		}
		if e.Query != "" {
			list[i].Query = []string{e.Query}
		}
	}
	return list
}

func mergeApplications(to map[string]ApplicationPrivileges, list []ApplicationPrivileges) {
	for _, e := range list {
		e.Resources = sorted(e.Resources)
		key := keyOf(e.Application, e.Resources)
		e.Privileges = sorted(slices.Concat(e.Privileges, to[key].Privileges))
		to[key] = e
	}
}

func mergeGlobal(to map[[3]string][]string, g Global) {
	for category, operations := range g {
		for operation, kinds := range operations {
			for kind, patterns := range kinds {
				key := [3]string{category, operation, kind}
				to[key] = append(to[key], patterns...)
			}
		}
	}
}

func globalList(from map[[3]string][]string) []Global {
	list := []Global{}
	keys := slices.SortedFunc(maps.Keys(from), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	for _, key := range keys {
		list = append(list, Global{key[0]: {key[1]: {key[2]: sorted(from[key])}}})
	}
	return list
}
