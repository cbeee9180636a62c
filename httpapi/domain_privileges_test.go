package httpapi

import (
	"context"
	"slices"
	"strings"

	"jeton/security"
	"jeton/security/account"
)

// HasPrivileges is asked about the caller only, who has the role superuser.
func (d *domain) HasPrivileges(_ context.Context, who security.Identity, username string, q account.PrivilegesRequest) (account.PrivilegesAnswer, error) {
	if err, ok := failingNames[username]; ok {
		return account.PrivilegesAnswer{}, err
	}
	if username != "" && username != who.Username {
		return account.PrivilegesAnswer{}, &security.PermissionError{Action: "cluster:admin/xpack/security/user/has_privileges", Caller: who}
	}
	all := account.Superuser()
	return account.Roles{&all}.Check(q, nil), nil
}

func (d *domain) UserPrivileges(context.Context, security.Identity) (account.UserPrivileges, error) {
	all := account.Superuser()
	return account.Roles{&all}.Summary(), nil
}

func (d *domain) BuiltinPrivileges(context.Context, security.Identity) (security.BuiltinPrivileges, error) {
	return security.BuiltinPrivileges{Cluster: []string{"all", "manage"}, Index: []string{"all", "read"}, RemoteCluster: []string{"monitor_enrich"}}, nil
}

// PutPrivileges knows p2 of every application and replaces it.
func (d *domain) PutPrivileges(_ context.Context, who security.Identity, list []account.ApplicationPrivilege) ([]bool, error) {
	d.putPrivileges = list
	if err := may(who, "cluster:admin/xpack/security/privilege/put", "manage_security", "all"); err != nil {
		return nil, err
	}
	isNew := make([]bool, len(list))
	for i, p := range list {
		if err := p.Check(); err != nil {
			return nil, &security.ValidationError{Reasons: []string{err.Error()}}
		}
		isNew[i] = p.Name != "p2"
	}
	return isNew, nil
}

func (d *domain) Privileges(_ context.Context, who security.Identity, application string, names []string) ([]account.ApplicationPrivilege, error) {
	all := []account.ApplicationPrivilege{
		{Application: "app", Name: "p1", Actions: []string{"data:read/*", "action:login"}, Metadata: map[string]any{"key1": "val1a"}},
		{Application: "app", Name: "p2", Actions: []string{"data:read/*"}},
		{Application: "app2", Name: "p1", Actions: []string{"*"}},
	}
	return slices.DeleteFunc(all, func(p account.ApplicationPrivilege) bool {
		return application != "" && p.Application != application || names != nil && !slices.Contains(names, p.Name)
	}), refuse(who, "cluster:admin/xpack/security/privilege/get", strings.Join(names, " "))
}

func (d *domain) DeletePrivileges(_ context.Context, who security.Identity, application string, names []string) ([]bool, error) {
	existed := make([]bool, len(names))
	for i, name := range names {
		existed[i] = application == "app" && (name == "p1" || name == "p2")
	}
	return existed, refuse(who, "cluster:admin/xpack/security/privilege/delete", strings.Join(names, " "))
}

// ClearCache tells which cache it was asked to clear, and of what.
func (d *domain) ClearCache(_ context.Context, who security.Identity, cache security.Cache, names []string) (security.ClearedCache, error) {
	caches := map[security.Cache]string{
		security.CacheRealms: "realms", security.CacheRoles: "roles", security.CachePrivileges: "privileges",
	}
	return security.ClearedCache{
		Nodes:       security.NodesHeader{Total: 1, Successful: 1},
		ClusterName: caches[cache] + " " + strings.Join(names, " and "),
		Names:       map[string]string{"id0": "node0"},
	}, may(who, "cluster:admin/xpack/security/cache/clear", "manage_security", "all")
}
