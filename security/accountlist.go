package security

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"jeton/security/account"
	"jeton/security/query"
)

// ServiceAccounts lists the accounts of a namespace and a service ("" is all)
// that are of one of the types, sorted by principal. No types are both of them
// in a namespace, and BuiltIn for all: that list is as long as ever for who
// knows of no others. An unknown namespace or service has none. Errors: *PermissionError,
// *TLSRequiredError, *ArgumentError, ErrNoLeader.
func (s *Service) ServiceAccounts(ctx context.Context, who Identity, namespace, service string, types []string) ([]ServiceAccount, error) {
	if err := s.authorize(ctx, who, account.ActionGetServiceAccounts); err != nil {
		return nil, err
	}
	if err := s.checkTLS(featureServiceAccounts); err != nil {
		return nil, err
	}
	for _, t := range types {
		if t != BuiltIn && t != UserManaged {
			return nil, &ArgumentError{"unknown service account type [" + t + "]; the types are [" + BuiltIn + "] and [" + UserManaged + "]"}
		}
	}
	var accounts []ServiceAccount
	switch {
	case len(types) == 0 && namespace == "":
		types = []string{BuiltIn}
	case len(types) == 0:
		types = []string{BuiltIn, UserManaged}
	}
	if slices.Contains(types, BuiltIn) {
		accounts = builtInAccounts()
	}
	if slices.Contains(types, UserManaged) {
		own, err := s.ownAccounts(ctx)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, own...)
	}
	list := []ServiceAccount{}
	for _, a := range accounts {
		ns, svc, _ := strings.Cut(a.Principal, "/")
		if (namespace == "" || namespace == ns) && (service == "" || service == svc) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b ServiceAccount) int { return cmp.Compare(a.Principal, b.Principal) })
	return list, nil
}

func builtInAccounts() []ServiceAccount {
	var list []ServiceAccount
	for _, a := range account.All() {
		list = append(list, ServiceAccount{Principal: a.Principal(), Type: BuiltIn, Role: &a.Role, Enabled: true})
	}
	return list
}

// ownAccounts are the users' own accounts, with all that was acknowledged a
// moment ago on any node.
func (s *Service) ownAccounts(ctx context.Context) ([]ServiceAccount, error) {
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	var list []ServiceAccount
	for a := range state.ServiceAccounts() {
		list = append(list, ServiceAccount{Principal: a.Name, Type: UserManaged, Roles: a.Roles, Enabled: !a.Disabled})
	}
	return list, nil
}

// accountFields are what a query for service accounts may name; username is
// the principal.
var accountFields = query.Fields{
	"username":  query.Keyword,
	"namespace": query.Keyword,
	"service":   query.Keyword,
	"roles":     query.Keyword,
	"enabled":   query.Boolean,
}

// QueryServiceAccounts searches the service accounts of one's own.
// Errors: *PermissionError, *TLSRequiredError, *query.Error, ErrNoLeader.
func (s *Service) QueryServiceAccounts(ctx context.Context, who Identity, body []byte) (query.Page[ServiceAccount], error) {
	if err := s.authorize(ctx, who, account.ActionQueryServiceAccount); err != nil {
		return query.Page[ServiceAccount]{}, err
	}
	if err := s.checkTLS(featureServiceAccounts); err != nil {
		return query.Page[ServiceAccount]{}, err
	}
	search, err := query.Parse(body, accountFields)
	if err != nil {
		return query.Page[ServiceAccount]{}, err
	}
	own, err := s.ownAccounts(ctx)
	if err != nil {
		return query.Page[ServiceAccount]{}, err
	}
	return query.Run(ctx, search, own, accountRecord)
}

func accountRecord(a ServiceAccount) query.Record {
	namespace, service, _ := strings.Cut(a.Principal, "/")
	return query.Record{
		"_id": a.Principal, "username": a.Principal, "namespace": namespace, "service": service,
		"roles": a.Roles, "enabled": a.Enabled,
	}
}
