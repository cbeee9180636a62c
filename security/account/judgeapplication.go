package account

import "strings"

func (j *judge) hasApplication(application, privilege, resource string) bool {
	resources, ok := j.pattern(resource)
	if !ok || !isLiteral(application) || j.spent() {
		return false
	}
	asked, ok := j.askedPrivilege(application, privilege)
	return ok && !j.isEmpty(asked) && j.heldApplication(application).contain(j.languages, resources, asked)
}

// heldApplication is what the roles grant on one application.
func (j *judge) heldApplication(application string) *pairs {
	held, ok := j.apps[application]
	if !ok {
		held = &pairs{}
		for _, d := range j.roles {
			for _, e := range d.Applications {
				if j.covers(e.Application, application) {
					held.list = append(held.list, pair{j.patterns(e.Resources), j.heldPrivileges(application, e.Privileges)})
				}
			}
		}
		j.apps[application] = held
	}
	return held
}

// heldPrivileges is each name as such, so that undefined privileges can be
// held, and the actions behind it, so that defined ones include each other.
func (j *judge) heldPrivileges(application string, privileges []string) *lang {
	var list []*lang
	for _, p := range privileges {
		if !isPrivilegeName(p) {
			list = append(list, j.applicationActions(p))
			continue
		}
		list = append(list, j.heldPrivilege(application, p))
	}
	return j.or(list...)
}

func (j *judge) heldPrivilege(application, privilege string) *lang {
	key := [2]string{application, privilege}
	held, ok := j.held[key]
	if !ok {
		list := []*lang{j.undefined(privilege)}
		actions, _ := j.definition(application, privilege)
		for _, action := range actions {
			list = append(list, j.applicationActions(action))
		}
		held = j.or(list...)
		j.held[key] = held
	}
	return held
}

// askedPrivilege is what must be held; false where that cannot be told.
func (j *judge) askedPrivilege(application, privilege string) (*lang, bool) {
	if !isPrivilegeName(privilege) {
		_, ok := j.pattern(privilege)
		return j.applicationActions(privilege), ok
	}
	actions, ok := j.definition(application, privilege)
	if !ok {
		return j.undefined(privilege), true
	}
	var list []*lang
	for _, action := range actions {
		if _, ok := j.pattern(action); !ok {
			return j.none, false
		}
		list = append(list, j.applicationActions(action))
	}
	return j.or(list...), true
}

// definition finds a privilege's actions. Those of a pattern of applications
// cannot be listed: its privileges stand for themselves only.
func (j *judge) definition(application, privilege string) ([]string, bool) {
	if !isLiteral(application) {
		return nil, false
	}
	actions, ok := j.resolve(application, privilege)
	return actions, ok && len(actions) > 0
}

// applicationActions compiles a pattern of an application's actions. Only the
// star alone covers privileges that are not defined, too.
func (j *judge) applicationActions(pattern string) *lang {
	l, _ := j.pattern(pattern)
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		return j.or(l, j.cat(j.symbols(mark, mark), l))
	}
	return l
}

func (j *judge) undefined(privilege string) *lang {
	return j.cat(j.symbols(mark, mark), j.word(privilege))
}
