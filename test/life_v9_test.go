package clients

import (
	"testing"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v9"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/gettoken"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/hasprivileges"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/invalidatetoken"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/putrole"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/putuser"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/queryrole"
	"github.com/elastic/go-elasticsearch/v9/typedapi/security/queryuser"
	"github.com/elastic/go-elasticsearch/v9/typedapi/types"

	"jeton/node/nodetest"
)

// clientV9 is the typed client of version 9.
type clientV9 struct {
	*elasticsearch.TypedClient
	t *testing.T
}

func connectV9(t *testing.T, c *nodetest.Cluster, node int, who login) client {
	t.Helper()
	credential := elasticsearch.WithBasicAuth(who.user, who.password)
	if who.token != "" {
		credential = elasticsearch.WithServiceToken(who.token)
	}
	typed, err := elasticsearch.NewTyped(
		elasticsearch.WithAddresses(c.Nodes[node].URL()),
		elasticsearch.WithCACert(c.CACert()),
		elasticsearch.WithTransportOptions(elastictransport.WithDisableRetry()),
		credential,
	)
	if err != nil {
		t.Fatal(err)
	}
	return clientV9{typed, t}
}

func (c clientV9) authenticate() outcome[caller] {
	return as[caller](c.Security.Authenticate().Do(c.t.Context()))
}

func (c clientV9) hasPrivileges(p privileges) outcome[held] {
	return as[held](c.Security.HasPrivileges().Request(like[hasprivileges.Request](c.t, p)).Do(c.t.Context()))
}

func (c clientV9) putRole(name string, r role) outcome[roleAnswer] {
	return as[roleAnswer](c.Security.PutRole(name).Request(like[putrole.Request](c.t, r)).Do(c.t.Context()))
}

func (c clientV9) getRole(name string) outcome[map[string]role] {
	return as[map[string]role](c.Security.GetRole().Name(name).Do(c.t.Context()))
}

func (c clientV9) queryRoles(prefix string) outcome[hits] {
	query := types.RoleQueryContainer{Prefix: map[string]types.PrefixQuery{"name": {Value: prefix}}}
	return as[hits](c.Security.QueryRole().Request(&queryrole.Request{Query: &query}).Do(c.t.Context()))
}

func (c clientV9) deleteRole(name string) outcome[found] {
	return as[found](c.Security.DeleteRole(name).Do(c.t.Context()))
}

func (c clientV9) putUser(name string, u user) outcome[created] {
	return as[created](c.Security.PutUser(name).Request(like[putuser.Request](c.t, u)).Do(c.t.Context()))
}

func (c clientV9) getUser(name string) outcome[map[string]user] {
	return as[map[string]user](c.Security.GetUser().Username(name).Do(c.t.Context()))
}

func (c clientV9) queryUsers(prefix string) outcome[hits] {
	query := types.UserQueryContainer{Prefix: map[string]types.PrefixQuery{"username": {Value: prefix}}}
	return as[hits](c.Security.QueryUser().Request(&queryuser.Request{Query: &query}).Do(c.t.Context()))
}

func (c clientV9) changePassword(password string) outcome[struct{}] {
	return as[struct{}](c.Security.ChangePassword().Password(password).Do(c.t.Context()))
}

func (c clientV9) enableUser(name string) outcome[struct{}] {
	return as[struct{}](c.Security.EnableUser(name).Do(c.t.Context()))
}

func (c clientV9) disableUser(name string) outcome[struct{}] {
	return as[struct{}](c.Security.DisableUser(name).Do(c.t.Context()))
}

func (c clientV9) deleteUser(name string) outcome[found] {
	return as[found](c.Security.DeleteUser(name).Do(c.t.Context()))
}

func (c clientV9) getToken(g grant) outcome[granted] {
	return as[granted](c.Security.GetToken().Request(like[gettoken.Request](c.t, g)).Do(c.t.Context()))
}

func (c clientV9) invalidate(i invalidation) outcome[invalidated] {
	return as[invalidated](c.Security.InvalidateToken().Request(like[invalidatetoken.Request](c.t, i)).Do(c.t.Context()))
}

func (c clientV9) createServiceToken(namespace, service, name string) outcome[tokenAnswer] {
	return as[tokenAnswer](c.Security.CreateServiceToken(namespace, service).Name(name).Do(c.t.Context()))
}

func (c clientV9) credentials(namespace, service string) outcome[credentials] {
	return as[credentials](c.Security.GetServiceCredentials(namespace, service).Do(c.t.Context()))
}

func (c clientV9) deleteServiceToken(namespace, service, name string) outcome[found] {
	return as[found](c.Security.DeleteServiceToken(namespace, service, name).Do(c.t.Context()))
}
