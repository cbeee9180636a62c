package security

import (
	"slices"
	"sync"

	"jeton/fsm"
	"jeton/security/account"
)

// withRoles gives an identity what its roles grant.
func (s *Service) withRoles(state *fsm.State, who Identity) Identity {
	who.privileges, who.missing = nil, nil
	for _, name := range who.Roles {
		if d, ok := s.roleNamed(state, name); ok {
			who.privileges = append(who.privileges, d)
		} else {
			who.missing = append(who.missing, name)
		}
	}
	return who
}

// roleNamed finds a role's descriptor: a reserved role first, then the node's
// own file, then the replicated state.
func (s *Service) roleNamed(state *fsm.State, name string) (*account.Descriptor, bool) {
	if d, ok := account.ReservedRole(name); ok {
		return d, true
	}
	if d, ok := s.fileRoles.Current().Lookup(name); ok {
		return d, true
	}
	return s.replicatedRole(state, name)
}

// replicatedRole is roleNamed without the node's own file.
func (s *Service) replicatedRole(state *fsm.State, name string) (*account.Descriptor, bool) {
	if d, ok := account.ReservedRole(name); ok {
		return d, true
	}
	if r, ok := state.Role(name); ok {
		return s.roles.descriptor(r)
	}
	return nil, false
}

// roleNames are those of all roles of the state and all reserved ones, sorted.
func roleNames(state *fsm.State) []string {
	names := account.ReservedRoles()
	for r := range state.Roles() {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}

// roleCache remembers the meaning of records by their addresses. A record never
// changes, so no change of the state can make it lie.
type roleCache struct {
	mu    sync.RWMutex
	known map[*fsm.Role]*account.Descriptor
}

// maxCachedRoles bounds the records that are kept from being collected.
const maxCachedRoles = 4096

func (c *roleCache) descriptor(r *fsm.Role) (*account.Descriptor, bool) {
	c.mu.RLock()
	d, ok := c.known[r]
	c.mu.RUnlock()
	if ok {
		return d, true
	}
	parsed, err := account.ParseDescriptor(r.Descriptor)
	if err != nil {
		return nil, false // by a later release; it grants nothing here
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxCachedRoles {
		c.known = map[*fsm.Role]*account.Descriptor{}
	}
	c.known[r] = &parsed
	return &parsed, true
}
