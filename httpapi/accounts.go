package httpapi

import (
	"context"

	"jeton/security"
)

// builtInAccount is a built-in account as Elasticsearch shows it; Type only for
// who asks for types.
type builtInAccount struct {
	Type           string `json:"type,omitempty"`
	RoleDescriptor any    `json:"role_descriptor"` // has the wire's form by itself
}

type userManagedAccount struct {
	Type    string   `json:"type"`
	Roles   []string `json:"roles"`
	Enabled bool     `json:"enabled"`
}

func (s *server) serviceAccounts(ctx context.Context, r *request) (answer, error) {
	types := namesOf(r.params["type"])
	accounts, err := s.security.ServiceAccounts(ctx, r.who, r.segment("namespace"), r.segment("service"), types)
	body := make(object, 0, len(accounts))
	for _, a := range accounts {
		body = append(body, member{a.Principal, accountOf(a, len(types) > 0)})
	}
	return ok(body), err
}

func accountOf(a security.ServiceAccount, withType bool) any {
	if a.Type == security.UserManaged {
		return userManagedOf(a)
	}
	shown := builtInAccount{RoleDescriptor: a.Role}
	if withType {
		shown.Type = a.Type
	}
	return shown
}

func userManagedOf(a security.ServiceAccount) userManagedAccount {
	return userManagedAccount{Type: a.Type, Roles: orEmpty(a.Roles), Enabled: a.Enabled}
}

func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

type created struct {
	Created bool `json:"created"`
}

// putServiceAccount takes the whole account: what is left out has its default.
func (s *server) putServiceAccount(ctx context.Context, r *request) (answer, error) {
	var roles []string
	enabled := true
	err := r.decodeBody("put_user_managed_service_account_request", map[string]any{
		"roles":   &texts{into: &roles},
		"enabled": &notNull{&enabled},
	})
	if err != nil {
		return answer{}, err
	}
	isNew, err := s.security.PutServiceAccount(ctx, r.who, r.segment("namespace"), r.segment("service"), roles, enabled)
	return ok(created{isNew}), err
}

func (s *server) deleteServiceAccount(ctx context.Context, r *request) (answer, error) {
	existed, err := s.security.DeleteServiceAccount(ctx, r.who, r.segment("namespace"), r.segment("service"), r.flag("force"))
	return foundOne(existed), err
}

type queriedAccounts struct {
	Total    int              `json:"total"`
	Count    int              `json:"count"`
	Accounts []queriedAccount `json:"service_accounts"`
}

type queriedAccount struct {
	Username string `json:"username"`
	userManagedAccount
	Sort []any `json:"_sort,omitempty"`
}

func (s *server) queryServiceAccounts(ctx context.Context, r *request) (answer, error) {
	page, err := s.security.QueryServiceAccounts(ctx, r.who, r.body)
	body := queriedAccounts{Total: page.Total, Count: len(page.Hits), Accounts: make([]queriedAccount, 0, len(page.Hits))}
	for _, hit := range page.Hits {
		body.Accounts = append(body.Accounts, queriedAccount{hit.Value.Principal, userManagedOf(hit.Value), hit.Sort})
	}
	return ok(body), err
}
