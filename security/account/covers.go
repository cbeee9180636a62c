package account

import (
	"reflect"
	"slices"
)

// Covers reports whether the caller holds everything that d grants, so that
// nobody can give what they do not have. It is stricter than the other
// questions: an entry that reaches only some documents or fields covers none
// but entries with the same limits, a pattern of applications is compared by
// the names of its privileges, and an entry that means nothing must be held
// literally, for it may mean something one day. The role superuser covers
// everything.
//
// Privileges of applications are resolved if there is a resolver; the first one
// counts.
func (r Roles) Covers(d *Descriptor, resolve ...Resolver) bool {
	if d == nil {
		return true
	}
	var resolver Resolver
	if len(resolve) > 0 {
		resolver = resolve[0]
	}
	j := newJudge(r, resolver)
	return slices.ContainsFunc(j.roles, (*Descriptor).isSuperuser) ||
		j.coversCluster(d) && j.coversIndices(d) && j.coversApplications(d) && j.coversRunAs(d) &&
			j.coversGlobal(d) && j.coversRemoteIndices(d) && j.coversRemoteCluster(d)
}

// isSuperuser tells the reserved role by its metadata, which nobody can give to
// a role of their own, and by its reach.
func (d *Descriptor) isSuperuser() bool {
	every := []string{"*"}
	return d.Metadata["_reserved"] == true &&
		slices.Contains(d.Cluster, "all") && slices.Equal(d.RunAs, every) &&
		slices.ContainsFunc(d.Indices, func(e IndexPrivileges) bool {
			return slices.Equal(e.Names, every) && slices.Contains(e.Privileges, "all")
		})
}

func (j *judge) coversCluster(d *Descriptor) bool {
	for _, entry := range d.Cluster {
		literally := slices.ContainsFunc(j.roles, func(have *Descriptor) bool { return slices.Contains(have.Cluster, entry) })
		if !literally && !j.hasCluster(entry) {
			return false
		}
	}
	return true
}

func (j *judge) coversRunAs(d *Descriptor) bool {
	var have []string
	for _, r := range j.roles {
		have = append(have, r.RunAs...)
	}
	return j.coversNames(d.RunAs, have)
}

// coversNames reports whether the patterns of want lie inside the union of
// those of have.
func (ls *languages) coversNames(want, have []string) bool {
	held := ls.patterns(have)
	for _, pattern := range want {
		if slices.Contains(have, pattern) {
			continue
		}
		asked, ok := ls.pattern(pattern)
		if !ok || !ls.inside(asked, held) {
			return false
		}
	}
	return true
}

func (j *judge) coversIndices(d *Descriptor) bool {
	var have []IndexPrivileges
	for _, r := range j.roles {
		have = append(have, r.Indices...)
	}
	for _, e := range d.Indices {
		if !containsEqual(have, e) && !j.coversEntry(e, have) {
			return false
		}
	}
	return true
}

func containsEqual[T any](list []T, want T) bool {
	return slices.ContainsFunc(list, func(have T) bool { return reflect.DeepEqual(have, want) })
}

func (j *judge) coversEntry(e IndexPrivileges, have []IndexPrivileges) bool {
	asked, ok := j.askedEntry(e)
	if !ok {
		return false
	}
	var held pairs
	for _, h := range have {
		if h.reaches(e) {
			held.list = append(held.list, j.heldEntry(h))
		}
	}
	return held.contain(j.languages, asked.things, asked.actions)
}

// reaches reports whether h grants all the documents and fields that e does,
// where both grant something.
func (h IndexPrivileges) reaches(e IndexPrivileges) bool {
	return (h.Query == "" || h.Query == e.Query) &&
		(h.FieldSecurity.everything() || h.FieldSecurity.equal(e.FieldSecurity))
}

func (f *FieldSecurity) equal(g *FieldSecurity) bool {
	return f != nil && g != nil && slices.Equal(f.Grant, g.Grant) && slices.Equal(f.Except, g.Except)
}

func (f *FieldSecurity) everything() bool {
	return f == nil || slices.Equal(f.Grant, []string{"*"}) && len(f.Except) == 0
}

// askedEntry is heldEntry for the other side of a comparison: false where the
// entry cannot be compiled in full.
func (j *judge) askedEntry(e IndexPrivileges) (pair, bool) {
	for _, name := range e.Names {
		if _, ok := j.pattern(name); !ok {
			return pair{}, false
		}
	}
	for _, p := range e.Privileges {
		if _, ok := j.actions(indexByName, indexActions[:], p); !ok {
			return pair{}, false
		}
	}
	return j.heldEntry(e), true
}

func (j *judge) coversApplications(d *Descriptor) bool {
	var have []ApplicationPrivileges
	for _, r := range j.roles {
		have = append(have, r.Applications...)
	}
	for _, e := range d.Applications {
		if !containsEqual(have, e) && !j.coversApplication(e, have) {
			return false
		}
	}
	return true
}

func (j *judge) coversApplication(e ApplicationPrivileges, have []ApplicationPrivileges) bool {
	application, ok := j.pattern(e.Application)
	if !ok {
		return false
	}
	var held []*lang
	for _, h := range have {
		held = append(held, j.tuple(
			j.patterns([]string{h.Application}), j.patterns(h.Resources), j.heldPrivileges(e.Application, h.Privileges)))
	}
	for _, resource := range e.Resources {
		if _, ok := j.pattern(resource); !ok {
			return false
		}
	}
	var asked []*lang
	for _, p := range e.Privileges {
		l, ok := j.askedPrivilege(e.Application, p)
		if !ok {
			return false
		}
		asked = append(asked, l)
	}
	return j.inside(j.tuple(application, j.patterns(e.Resources), j.or(asked...)), j.or(held...))
}
