package httpapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"jeton/security"
	"jeton/security/account"
	"jeton/security/query"
)

var (
	nativeRealm  = security.Realm{Name: "default_native", Type: "native"}
	accountRealm = security.Realm{Name: "_service_account", Type: "_service_account"}
)

// moreCallers are those of whom there is more to tell.
func moreCallers() map[string]security.Identity {
	worker, kibana := "User-managed service account - apps/worker", "Service account - elastic/kibana"
	fullName, email := "Mary <M>", "mary@example.com"
	return map[string]security.Identity{
		"Bearer worker": {
			Username: "apps/worker", Roles: []string{"viewer"}, FullName: &worker, ServiceAccount: true,
			Token:    &security.TokenRef{Name: "token1", Type: security.TokenTypeIndex},
			Metadata: json.RawMessage(`{"_user_managed_service_account":true}`),
			Realm:    accountRealm, Type: "token",
		},
		"Bearer kibana": {
			Username: "elastic/kibana", FullName: &kibana, ServiceAccount: true,
			Metadata: json.RawMessage(`{"_elastic_service_account":true}`),
			Token:    &security.TokenRef{Name: "token1", Type: security.TokenTypeFile},
			Realm:    accountRealm, Type: "token",
		},
		"Bearer " + exampleAccess: {Username: "test_admin", Roles: []string{"admin"}, Realm: nativeRealm, Type: "token"},
		"Basic bWFyeTpzZWNyZXQ=": {
			Username: "mary", Roles: []string{"viewer"}, FullName: &fullName, Email: &email,
			Metadata: json.RawMessage(`{"z":1.0,"a":{"<&>":12345678901234567890}}`),
			Realm:    nativeRealm, Type: "realm",
		},
	}
}

// founded is when everything was made.
var founded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))

// checkTLS refuses what is called in-clear.
func checkTLS(name, feature string) error {
	if name == "in-clear" {
		return &security.TLSRequiredError{Feature: feature}
	}
	return nil
}

func (d *domain) CreateServiceToken(_ context.Context, who security.Identity, namespace, service, name string, o security.TokenOptions) (security.CreatedToken, error) {
	if err := may(who, "cluster:admin/xpack/security/service_account/token/create", "manage_service_account", "manage_security", "all"); err != nil {
		return security.CreatedToken{}, err
	}
	principal := namespace + "/" + service
	switch {
	case namespace == "":
		return security.CreatedToken{}, &security.EmptyPathError{Part: "namespace"}
	case service == "":
		return security.CreatedToken{}, &security.EmptyPathError{Part: "service-name"}
	case name == "panic":
		panic("a secret that must not leave this process")
	case name == "taken":
		return security.CreatedToken{}, &security.TokenExistsError{Principal: principal, Name: name}
	case failingNames[name] != nil:
		return security.CreatedToken{}, failingNames[name]
	case name == "":
		name = "Jk5J1HgBuyBK5TpDrdo4"
	case !goodName.MatchString(name):
		return security.CreatedToken{}, &security.TokenNameError{Name: name}
	}
	if principal != "elastic/fleet-server" {
		return security.CreatedToken{}, &security.UnknownAccountError{Principal: principal}
	}
	t := security.CreatedToken{Name: name, Value: "secret of " + principal + "/" + name}
	if o.Expiration > 3650*24*time.Hour {
		return t, &security.ValidationError{Reasons: []string{"the expiration must be above 0 and at most 3650d"}}
	}
	if o.Expiration > 0 {
		t.Expires = founded.Add(o.Expiration)
	}
	if o.Metadata != nil {
		t.Value += " with " + string(o.Metadata)
	}
	return t, checkTLS(name, "create service account token")
}

// RotateServiceToken knows the tokens token1, and ending, which ends soon.
func (d *domain) RotateServiceToken(_ context.Context, who security.Identity, namespace, service, name string, grace *time.Duration) (security.CreatedToken, error) {
	if err := may(who, "cluster:admin/xpack/security/service_account/token/rotate", "manage_service_account", "manage_security", "all"); err != nil {
		return security.CreatedToken{}, err
	}
	principal := namespace + "/" + service
	t := security.CreatedToken{Name: name, Value: "new secret of " + principal + "/" + name, PreviousUntil: founded.Add(24 * time.Hour)}
	if grace != nil {
		t.PreviousUntil = founded.Add(*grace)
	}
	switch {
	case failingNames[name] != nil:
		return t, failingNames[name]
	case !goodName.MatchString(name):
		return t, &security.TokenNameError{Name: name}
	case grace != nil && *grace > 30*24*time.Hour:
		return t, &security.ArgumentError{Reason: "the former secret of a token may stay good from 0 to 30d"}
	case grace != nil && *grace == 0:
		t.PreviousUntil = time.Time{}
	case name == "ending":
		t.Expires, t.PreviousUntil = founded.Add(time.Hour), founded.Add(time.Hour)
	case name != "token1":
		return t, &security.TokenUnknownError{Principal: principal, Name: name}
	}
	return t, nil
}

func (d *domain) DeleteServiceToken(_ context.Context, _ security.Identity, _, _, name string) (bool, error) {
	if !goodName.MatchString(name) {
		return false, &security.TokenNameError{Name: name}
	}
	if err := checkTLS(name, "delete service account token"); err != nil {
		return false, err
	}
	return name == "token1", failingNames[name]
}

// twoTokens have everything, and nothing but what every token has.
func twoTokens(principal string) []security.TokenInfo {
	full := security.TokenInfo{
		Account: principal, Name: "token1", Created: founded, Expires: founded.Add(90 * 24 * time.Hour),
		LastUsed: founded.Add(5 * time.Hour), PreviousUntil: founded.Add(24 * time.Hour),
		Metadata: json.RawMessage(`{"z":1,"a":["<&>"]}`),
	}
	full.Creator.Principal, full.Creator.Realm = "elastic", "reserved"
	bare := security.TokenInfo{Account: principal, Name: "token42", Created: founded}
	bare.Creator.Principal, bare.Creator.Realm = "joe", "default_file"
	return []security.TokenInfo{full, bare}
}

func (d *domain) Credentials(_ context.Context, _ security.Identity, namespace, service string, allNodes bool) (security.Credentials, error) {
	if service == "late" {
		return security.Credentials{}, context.DeadlineExceeded
	}
	c := security.Credentials{
		Account:    namespace + "/" + service,
		NodeName:   "node0",
		Tokens:     twoTokens(namespace + "/" + service),
		FileTokens: []security.FileToken{{Name: "my-token", Nodes: []string{"node0"}}},
	}
	if allNodes {
		c.FileTokens = []security.FileToken{{Name: "my-token", Nodes: []string{"node0", "node1"}}}
		c.Nodes = security.NodesHeader{Total: 3, Successful: 2, Failed: 1, Failures: []security.NodeFailure{
			{NodeID: "id2", Name: "node2", Reason: "did not answer in time"},
		}}
	}
	return c, checkTLS(service, "get service account credentials")
}

// UnusedCredentials has some for up to a year.
func (d *domain) UnusedCredentials(_ context.Context, who security.Identity, unusedFor time.Duration) ([]security.TokenInfo, error) {
	if err := may(who, "cluster:admin/xpack/security/service_account/credential/unused", "manage_service_account", "read_security", "manage_security", "all"); err != nil {
		return nil, err
	}
	switch {
	case unusedFor < time.Hour:
		return nil, &security.ArgumentError{Reason: "[unused_for] must be at least 1h: uses are kept to the hour"}
	case unusedFor > 365*24*time.Hour:
		return nil, nil
	}
	return twoTokens("apps/worker"), nil
}

// PutServiceAccount knows apps/worker and replaces it.
func (d *domain) PutServiceAccount(_ context.Context, who security.Identity, namespace, service string, roles []string, enabled bool) (bool, error) {
	const action = "cluster:admin/xpack/security/user_managed_service_account/put"
	if err := may(who, action, "manage_security", "all"); err != nil {
		return false, err
	}
	principal := namespace + "/" + service
	d.putAccount = security.ServiceAccount{Principal: principal, Type: security.UserManaged, Roles: roles, Enabled: enabled}
	switch {
	case strings.EqualFold(namespace, "elastic"):
		return false, &security.ArgumentError{Reason: "service account namespace [" + namespace + "] is reserved for built-in service accounts, choose another one"}
	case service == "leftover":
		return false, &security.ArgumentError{Reason: "cannot create service account [" + principal + "] because it has leftover service tokens; delete the tokens first"}
	case roles == nil:
		return false, &security.ValidationError{Reasons: []string{"roles are missing"}}
	case slices.Contains(roles, "superuser"):
		return false, &security.PermissionError{Action: action, Caller: who,
			Beyond: "putting service account [" + principal + "] hands on the privileges of its roles [superuser], which the caller does not hold"}
	}
	return service != "worker", failingNames[service]
}

// DeleteServiceAccount knows apps/worker, and apps/busy, which has tokens.
func (d *domain) DeleteServiceAccount(_ context.Context, who security.Identity, namespace, service string, force bool) (bool, error) {
	if err := may(who, "cluster:admin/xpack/security/user_managed_service_account/delete", "manage_security", "all"); err != nil {
		return false, err
	}
	principal := namespace + "/" + service
	if service == "busy" && !force {
		return false, &security.ArgumentError{Reason: "cannot delete service account [" + principal + "] because it has service tokens; " +
			"delete the tokens first, or use force=true to leave them behind, good for nothing"}
	}
	return service == "worker" || service == "busy", failingNames[service]
}

func everyAccount() []security.ServiceAccount {
	return []security.ServiceAccount{
		{Principal: "apps/paused", Type: security.UserManaged},
		{Principal: "apps/worker", Type: security.UserManaged, Roles: []string{"viewer", "editor"}, Enabled: true},
		{Principal: "elastic/auto-ops", Type: security.BuiltIn, Role: &account.Descriptor{Cluster: []string{"monitor"}}, Enabled: true},
		{Principal: "elastic/fleet-server", Type: security.BuiltIn, Role: &account.Descriptor{Cluster: []string{"monitor", "manage_own_api_key"}}, Enabled: true},
	}
}

func (d *domain) ServiceAccounts(_ context.Context, _ security.Identity, namespace, service string, types []string) ([]security.ServiceAccount, error) {
	if types == nil {
		types = []string{security.BuiltIn}
	}
	if slices.Contains(types, "other") {
		return nil, &security.ArgumentError{Reason: "unknown service account type [other]; the types are [built_in] and [user_managed]"}
	}
	chosen := slices.DeleteFunc(everyAccount(), func(a security.ServiceAccount) bool {
		owner, name, _ := strings.Cut(a.Principal, "/")
		return !slices.Contains(types, a.Type) || namespace != "" && namespace != owner || service != "" && service != name
	})
	return chosen, checkTLS(namespace, "get service accounts")
}

func (d *domain) QueryServiceAccounts(ctx context.Context, who security.Identity, body []byte) (query.Page[security.ServiceAccount], error) {
	if err := may(who, "cluster:admin/xpack/security/service_account/query", "manage_service_account", "read_security", "manage_security", "all"); err != nil {
		return query.Page[security.ServiceAccount]{}, err
	}
	fields := query.Fields{"username": query.Keyword, "roles": query.Keyword, "enabled": query.Boolean}
	search, err := query.Parse(body, fields)
	if err != nil {
		return query.Page[security.ServiceAccount]{}, err
	}
	return query.Run(ctx, search, everyAccount()[:2], func(a security.ServiceAccount) query.Record {
		return query.Record{"username": a.Principal, "roles": a.Roles, "enabled": a.Enabled}
	})
}

func (d *domain) ClearTokenCache(_ context.Context, _ security.Identity, _, _ string, names []string) (security.ClearedCache, error) {
	for _, name := range names {
		if name != "*" && name != "_all" && !goodName.MatchString(name) {
			return security.ClearedCache{}, &security.TokenNameError{Name: name}
		}
	}
	return security.ClearedCache{
		Nodes:       security.NodesHeader{Total: 2, Successful: 2},
		ClusterName: "cleared " + strings.Join(names, " and "),
		Names:       map[string]string{"id1": "node1", "id0": "node0"},
	}, nil
}
