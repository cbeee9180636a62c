package account

import (
	"slices"

	"jeton/internal/wildcard"
)

// Grants reports whether the descriptor's cluster privileges grant the action.
// An entry that is neither a privilege's name nor a pattern of cluster actions
// grants nothing.
func (d Descriptor) Grants(action string) bool {
	return GrantedToEveryone(action) || d.grants(action)
}

func (d *Descriptor) grants(action string) bool {
	for _, name := range d.Cluster {
		if grants(name, action) {
			return true
		}
	}
	return false
}

// GrantedToEveryone reports whether every authenticated caller may do the
// action, one without any descriptor too.
func GrantedToEveryone(action string) bool { return action == ActionAuthenticate }

// GrantedToSelf reports whether every authenticated caller may do the action
// about the own user. About another user it needs a privilege as any action
// does; whose user is meant is for the caller of this function to know.
func GrantedToSelf(action string) bool {
	return action == ActionHasPrivileges || action == ActionUserPrivileges || action == ActionChangePassword
}

// GrantedBy returns the named cluster privileges that grant the action,
// narrowest first, for the text of a 403.
func GrantedBy(action string) []string {
	var names []string
	for i := range clusterPrivileges {
		if p := &clusterPrivileges[i]; p.grants(action) {
			names = append(names, p.name)
		}
	}
	return names
}

// grants resolves one entry of Descriptor.Cluster. A pattern grants what it
// matches and what begins so: the name of an action covers its sub-actions.
func grants(entry, action string) bool {
	if p, ok := clusterByName[entry]; ok {
		return p.grants(action)
	}
	return isActionPattern(clusterActions[:], entry) && wildcard.MatchOpen(entry, action)
}

// isActionPattern reports whether an entry that is no privilege's name is a
// pattern of actions of the given areas.
func isActionPattern(areas []string, entry string) bool { return anyMatches(areas, entry) }

// Roles is what one caller holds: the union of some descriptors. A nil among
// them holds nothing.
//
// The methods that ask for a whole privilege or pattern are sound: what they
// affirm is granted in full. They deny what cannot be decided within a limited
// amount of work, and whatever hangs on a pattern that does not compile: a
// /regex/ may use all of Lucene's syntax but <intervals> and <names>, and one
// of those covers nothing.
type Roles []*Descriptor

// Grants reports whether one of the descriptors grants the action.
func (r Roles) Grants(action string) bool {
	if GrantedToEveryone(action) {
		return true
	}
	for _, d := range r {
		if d != nil && d.grants(action) {
			return true
		}
	}
	return false
}

// RunsAs reports whether the caller may act as the user of that name.
func (r Roles) RunsAs(user string) bool {
	if user == "" {
		return false
	}
	ls := newLanguages(nameWork)
	for _, d := range r {
		if d != nil && slices.ContainsFunc(d.RunAs, func(p string) bool { return ls.covers(p, user) }) {
			return true
		}
	}
	return false
}
