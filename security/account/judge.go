package account

import (
	"slices"
	"unicode/utf8"
)

// Resolver finds the actions of an application privilege that somebody has
// defined. It is false for one that is not defined.
type Resolver = func(application, privilege string) (actions []string, ok bool)

// judge answers questions about one caller's roles. What the roles grant is
// compiled once, and the work of all questions together is limited.
type judge struct {
	roles   Roles
	resolve Resolver
	*languages
	privileges map[*privilege]*lang // those compiled before
	restricted *lang

	cluster *lang               // nil until it is asked for, as the others
	index   *pairs              // of names and actions
	apps    map[string]*pairs   // of resources and actions, by application
	held    map[[2]string]*lang // by application and privilege
}

func newJudge(roles Roles, resolve Resolver) *judge {
	if resolve == nil {
		resolve = func(string, string) ([]string, bool) { return nil, false }
	}
	ls := newLanguages(requestWork)
	return &judge{
		roles:      slices.DeleteFunc(slices.Clone(roles), func(d *Descriptor) bool { return d == nil }),
		resolve:    resolve,
		languages:  ls,
		privileges: map[*privilege]*lang{},
		restricted: ls.wildcards(restrictedNames[:]),
		apps:       map[string]*pairs{},
		held:       map[[2]string]*lang{},
	}
}

// HasCluster reports whether everything that a cluster privilege, or a pattern
// of cluster actions, grants is granted. A text that is neither is not held.
func (r Roles) HasCluster(privilege string) bool { return newJudge(r, nil).hasCluster(privilege) }

// HasIndex reports whether everything that an index privilege, or a pattern of
// index actions, grants is granted on every index that the name or pattern
// covers. Without allowRestricted a pattern does not stand for restricted
// names. Entries that reach only some documents or fields count, as they do in
// Elasticsearch.
func (r Roles) HasIndex(name, privilege string, allowRestricted bool) bool {
	return newJudge(r, nil).hasIndex(name, privilege, allowRestricted)
}

// HasApplication reports whether an application's privilege, which is a name or
// a pattern of actions, is granted on every resource that the pattern covers.
// One that is not defined is held by who holds it by its name, or everything.
func (r Roles) HasApplication(application, privilege, resource string, resolve Resolver) bool {
	return newJudge(r, resolve).hasApplication(application, privilege, resource)
}

func (j *judge) hasCluster(privilege string) bool {
	asked, ok := j.actions(clusterByName, clusterActions[:], privilege)
	return ok && j.inside(asked, j.heldCluster())
}

// heldCluster is what Roles.Grants grants.
func (j *judge) heldCluster() *lang {
	if j.cluster == nil {
		list := []*lang{j.word(ActionAuthenticate)}
		for _, d := range j.roles {
			for _, entry := range d.Cluster {
				l, _ := j.actions(clusterByName, clusterActions[:], entry)
				list = append(list, l)
			}
		}
		j.cluster = j.or(list...)
	}
	return j.cluster
}

// actions compiles one privilege, which is false for a text that is neither a
// name nor a pattern of the areas' actions.
func (j *judge) actions(byName map[string]*privilege, areas []string, entry string) (*lang, bool) {
	if p, ok := byName[entry]; ok {
		l, compiled := j.privileges[p]
		if !compiled {
			l = j.minus(j.wildcards(p.allow), j.wildcards(p.except))
			j.privileges[p] = l
		}
		return l, true
	}
	if !isActionPattern(areas, entry) || !utf8.ValidString(entry) {
		return j.none, false
	}
	return j.cat(j.wildcard(entry), j.chars), true
}

func (ls *languages) wildcards(texts []string) *lang {
	list := make([]*lang, len(texts))
	for i, text := range texts {
		list[i] = ls.wildcard(text)
	}
	return ls.or(list...)
}

func (j *judge) hasIndex(name, privilege string, allowRestricted bool) bool {
	actions, ok := j.actions(indexByName, indexActions[:], privilege)
	if !ok || j.spent() {
		return false
	}
	names, ok := j.pattern(name)
	if !ok {
		return false
	}
	if !allowRestricted && !isRestricted(name) {
		names = j.withoutRestricted(names)
	}
	return !j.isEmpty(names) && j.heldIndex().contain(j.languages, names, actions)
}

// isRestricted is for one name; a pattern is none.
func isRestricted(name string) bool {
	return isLiteral(name) && anyMatches(restrictedNames[:], name)
}

func (j *judge) heldIndex() *pairs {
	if j.index == nil {
		j.index = &pairs{}
		for _, d := range j.roles {
			for _, e := range d.Indices {
				j.index.list = append(j.index.list, j.heldEntry(e))
			}
		}
	}
	return j.index
}

// heldEntry is the names and the actions that an entry grants on each of them.
func (j *judge) heldEntry(e IndexPrivileges) pair {
	return pair{j.unrestricted(j.patterns(e.Names), e), j.eachAction(e.Privileges)}
}

// unrestricted takes the restricted names away, unless the entry allows them.
func (j *judge) unrestricted(names *lang, e IndexPrivileges) *lang {
	if e.AllowRestrictedIndices {
		return names
	}
	return j.withoutRestricted(names)
}

// withoutRestricted leaves names alone that are not restricted anyway, which
// keeps what is asked about them simple.
func (j *judge) withoutRestricted(names *lang) *lang {
	if j.isEmpty(j.and(names, j.restricted)) {
		return names
	}
	return j.minus(names, j.restricted)
}

func (j *judge) eachAction(privileges []string) *lang {
	list := make([]*lang, len(privileges))
	for i, p := range privileges {
		list[i], _ = j.actions(indexByName, indexActions[:], p)
	}
	return j.or(list...)
}
