package security

import (
	"context"
	"encoding/json"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/query"
)

// PutRole makes a native role, or replaces all of an existing one. Errors:
// *PermissionError, *ArgumentError, *ValidationError, *account.DescriptorError,
// ErrNoLeader, ErrOutcomeUnknown, ErrTooLarge.
func (s *Service) PutRole(ctx context.Context, who Identity, name string, d account.Descriptor) (created bool, err error) {
	if err := s.authorize(ctx, who, account.ActionPutRole); err != nil {
		return false, err
	}
	code, err := s.putRole(ctx, Role{name, d})
	return code == fsm.OK, err
}

// putRole returns OK, Replaced or Unchanged.
func (s *Service) putRole(ctx context.Context, r Role) (fsm.Code, error) {
	if _, reserved := account.ReservedRole(r.Name); reserved {
		return "", &ArgumentError{"role [" + r.Name + "] is reserved and cannot be modified."}
	}
	if err := account.CheckName("role", r.Name); err != nil {
		return "", invalid(err.Error())
	}
	descriptor, err := json.Marshal(r.Descriptor)
	if err != nil {
		return "", err
	}
	// What is kept must be readable: a role that is not grants nothing.
	if _, err := account.ParseDescriptor(descriptor); err != nil {
		return "", err
	}
	code, again, err := s.propose(ctx, &fsm.PutRole{Role: fsm.Role{Name: r.Name, Descriptor: descriptor}})
	if err == nil && again && code != fsm.OK {
		err = ErrOutcomeUnknown // it may be this put that has created or changed it
	}
	return code, err
}

// Roles lists the roles of these names, without those that do not exist; with
// nil all native and reserved ones, sorted. The roles of files are the nodes'
// own, and in no list. Errors: *PermissionError, ErrNoLeader.
func (s *Service) Roles(ctx context.Context, who Identity, names []string) ([]Role, error) {
	if err := s.authorize(ctx, who, account.ActionGetRole); err != nil {
		return nil, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if names == nil {
		names = roleNames(state)
	}
	roles := []Role{}
	for _, name := range unique(names) {
		if d, ok := s.replicatedRole(state, name); ok {
			roles = append(roles, Role{name, *d})
		}
	}
	return roles, nil
}

// DeleteRole removes a native role. Who has it assigned keeps the assignment,
// which grants nothing. Errors: *PermissionError, *ArgumentError, ErrNoLeader,
// ErrOutcomeUnknown.
func (s *Service) DeleteRole(ctx context.Context, who Identity, name string) (found bool, err error) {
	if err := s.authorize(ctx, who, account.ActionDeleteRole); err != nil {
		return false, err
	}
	return s.deleteRole(ctx, name)
}

func (s *Service) deleteRole(ctx context.Context, name string) (found bool, err error) {
	if _, reserved := account.ReservedRole(name); reserved {
		return false, &ArgumentError{"role [" + name + "] is reserved and cannot be deleted"}
	}
	if account.CheckName("role", name) != nil {
		return false, nil // there is none
	}
	return deleted(s.propose(ctx, &fsm.DeleteRole{Name: name}))
}

// roleFields are what a search for roles may ask about.
var roleFields = query.Fields{
	"name":                     query.Keyword,
	"description":              query.Text,
	"metadata":                 query.Object,
	"applications.application": query.Keyword,
	"applications.privileges":  query.Keyword,
	"applications.resources":   query.Keyword,
}

// QueryRoles searches the native roles. Errors: *PermissionError, *query.Error,
// ErrNoLeader.
func (s *Service) QueryRoles(ctx context.Context, who Identity, body []byte) (query.Page[Role], error) {
	if err := s.authorize(ctx, who, account.ActionQueryRole); err != nil {
		return query.Page[Role]{}, err
	}
	search, err := query.Parse(body, roleFields)
	if err != nil {
		return query.Page[Role]{}, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return query.Page[Role]{}, err
	}
	var all []Role
	for r := range state.Roles() {
		if d, ok := s.roles.descriptor(r); ok {
			all = append(all, Role{r.Name, *d})
		}
	}
	return query.Run(ctx, search, all, searchedRole)
}

func searchedRole(r Role) query.Record {
	var applications, privileges, resources []string
	for _, a := range r.Descriptor.Applications {
		applications = append(applications, a.Application)
		privileges = append(privileges, a.Privileges...)
		resources = append(resources, a.Resources...)
	}
	return query.Record{
		"_id":                      "role-" + r.Name,
		"name":                     r.Name,
		"description":              r.Descriptor.Description,
		"metadata":                 r.Descriptor.Metadata,
		"applications.application": applications,
		"applications.privileges":  privileges,
		"applications.resources":   resources,
	}
}
