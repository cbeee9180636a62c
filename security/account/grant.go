package account

// Grants reports whether the descriptor's cluster privileges grant the action.
// An entry that is neither a privilege's name nor a pattern of cluster actions
// grants nothing.
func (d Descriptor) Grants(action string) bool {
	if GrantedToEveryone(action) {
		return true
	}
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

// GrantedBy returns the named cluster privileges that grant the action,
// narrowest first, for the text of a 403.
func GrantedBy(action string) []string {
	var names []string
	for i := range privileges {
		if p := &privileges[i]; p.grants(action) {
			names = append(names, p.name)
		}
	}
	return names
}

// byName finds the privileges of a descriptor; it is never written again.
var byName = func() map[string]*privilege {
	m := make(map[string]*privilege, len(privileges))
	for i := range privileges {
		m[privileges[i].name] = &privileges[i]
	}
	return m
}()

// grants resolves one entry of Descriptor.Cluster. A pattern grants what it
// matches and what begins so: the name of an action covers its sub-actions.
func grants(entry, action string) bool {
	if p, ok := byName[entry]; ok {
		return p.grants(action)
	}
	return anyMatches(clusterActions[:], entry) && matches(entry+"*", action)
}
