package httpapi

import (
	"context"
	"errors"
	"slices"
	"strings"

	"jeton/security"
	"jeton/security/account"
	"jeton/security/query"
)

// PutRole knows admin_role and replaces it.
func (d *domain) PutRole(_ context.Context, who security.Identity, name string, desc account.Descriptor) (bool, error) {
	d.putRole = desc
	return name != "admin_role", refuse(who, "cluster:admin/xpack/security/role/put", name)
}

// PutRoles and DeleteRoles find a role's fate in its name.
func (d *domain) PutRoles(_ context.Context, who security.Identity, roles []security.Role) (security.BulkResult, error) {
	var names []string
	for _, role := range roles {
		names = append(names, role.Name)
	}
	return fates(names), refuse(who, "cluster:admin/xpack/security/role/bulk_put", strings.Join(names, " "))
}

func (d *domain) DeleteRoles(_ context.Context, who security.Identity, names []string) (security.BulkResult, error) {
	return fates(names), refuse(who, "cluster:admin/xpack/security/role/bulk_delete", strings.Join(names, " "))
}

func fates(names []string) security.BulkResult {
	var b security.BulkResult
	for _, name := range names {
		fate, _, _ := strings.Cut(name, "-")
		switch fate {
		case "new":
			b.Created = append(b.Created, name)
		case "changed":
			b.Updated = append(b.Updated, name)
		case "same":
			b.Noop = append(b.Noop, name)
		case "old":
			b.Deleted = append(b.Deleted, name)
		case "lost":
			b.NotFound = append(b.NotFound, name)
		case "reserved":
			b.Failed = append(b.Failed, security.BulkFailure{Name: name, Err: &security.ArgumentError{Reason: "role [" + name + "] is reserved"}})
		default:
			b.Failed = append(b.Failed, security.BulkFailure{Name: name, Err: errors.New("open /var/lib/jeton/key: permission denied")})
		}
	}
	return b
}

func everyRole() []security.Role {
	return []security.Role{
		{Name: "admin_role", Descriptor: account.Descriptor{
			Indices:     []account.IndexPrivileges{{Names: []string{"*"}, Privileges: []string{"all"}}},
			Metadata:    map[string]any{"key1": "<val1>"},
			Description: "of the admins",
		}},
		{Name: "empty"},
	}
}

func (d *domain) Roles(_ context.Context, who security.Identity, names []string) ([]security.Role, error) {
	err := refuse(who, "cluster:admin/xpack/security/role/get", strings.Join(names, " "))
	return slices.DeleteFunc(everyRole(), func(r security.Role) bool {
		return names != nil && !slices.Contains(names, r.Name)
	}), err
}

func (d *domain) DeleteRole(_ context.Context, who security.Identity, name string) (bool, error) {
	return name == "admin_role", refuse(who, "cluster:admin/xpack/security/role/delete", name)
}

func (d *domain) QueryRoles(ctx context.Context, who security.Identity, body []byte) (query.Page[security.Role], error) {
	if err := may(who, "cluster:admin/xpack/security/role/query", "read_security", "manage_security", "all"); err != nil {
		return query.Page[security.Role]{}, err
	}
	search, err := query.Parse(body, query.Fields{"name": query.Keyword, "description": query.Text})
	if err != nil {
		return query.Page[security.Role]{}, err
	}
	return query.Run(ctx, search, everyRole(), func(r security.Role) query.Record {
		return query.Record{"name": r.Name, "description": r.Descriptor.Description}
	})
}
