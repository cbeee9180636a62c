package httpapi

import (
	"context"
	"net/http"
	"time"
)

// handler calls the domain for a request that has been authenticated and
// checked against its route.
type handler func(*server, context.Context, *request) (answer, error)

// route is one row of the table of routes.
type route struct {
	method  string
	path    string
	handler handler
	params  params // the query parameters it takes besides the common ones
	body    bodyRule

	open    bool          // needs no credentials
	timeout time.Duration // default deadline; 0 means the server's

	// findOut completes the error of a change whose outcome is unknown: it
	// tells the caller how to learn it.
	findOut string
	// bareNameError: a bad token name is an illegal argument here and not a
	// failed validation, as in Elasticsearch.
	bareNameError bool
}

// bodyRule says whether a route takes a request body.
type bodyRule int

const (
	noBody bodyRule = iota
	optionalBody
)

const (
	servicePath    = "/_security/service"
	accountPath    = servicePath + "/:namespace/:service"
	credentialPath = accountPath + "/credential"
	tokensPath     = credentialPath + "/token"
	tokenPath      = tokensPath + "/:name"

	findToken      = "list the account's credentials with GET " + servicePath + "/{namespace}/{service}/credential"
	findCreated    = findToken + "; where the token is listed, delete it and create it again, since its secret cannot be shown any more"
	findMembers    = "list the members with GET /_jeton/nodes"
	findJoinTokens = "nothing needs to be undone: an unused join token expires by itself. Create another one"

	probeTimeout = 2 * time.Second
)

// routes is every path that the node answers.
var routes = []route{
	{method: http.MethodPost, path: tokenPath, handler: (*server).createToken, params: writeParams, findOut: findCreated},
	{method: http.MethodPut, path: tokenPath, handler: (*server).createToken, params: writeParams, findOut: findCreated},
	{method: http.MethodPost, path: tokensPath, handler: (*server).createToken, params: writeParams, findOut: findCreated},
	{method: http.MethodDelete, path: tokenPath, handler: (*server).deleteToken, params: writeParams, findOut: findToken},
	{method: http.MethodPost, path: tokenPath + "/_clear_cache", handler: (*server).clearTokenCache, bareNameError: true},
	{method: http.MethodGet, path: credentialPath, handler: (*server).credentials},
	{method: http.MethodGet, path: servicePath, handler: (*server).serviceAccounts},
	{method: http.MethodGet, path: servicePath + "/:namespace", handler: (*server).serviceAccounts},
	{method: http.MethodGet, path: accountPath, handler: (*server).serviceAccounts},
	{method: http.MethodGet, path: "/_security/_authenticate", handler: (*server).authenticate},

	{method: http.MethodGet, path: "/", handler: (*server).info},
	{method: http.MethodHead, path: "/", handler: (*server).info},
	{method: http.MethodGet, path: "/_cluster/health", handler: (*server).health, params: healthParams},
	{method: http.MethodGet, path: "/_cat/nodes", handler: (*server).catNodes, params: catParams},
	{method: http.MethodGet, path: "/_nodes", handler: (*server).nodesInfo},
	{method: http.MethodGet, path: "/_nodes/:select", handler: (*server).nodesInfo},
	{method: http.MethodGet, path: "/_nodes/:select/:metrics", handler: (*server).nodesInfo},

	{method: http.MethodGet, path: "/livez", handler: (*server).live, params: probeParams, open: true},
	{method: http.MethodHead, path: "/livez", handler: (*server).live, params: probeParams, open: true},
	{method: http.MethodGet, path: "/readyz", handler: (*server).ready, params: probeParams, open: true, timeout: probeTimeout},
	{method: http.MethodHead, path: "/readyz", handler: (*server).ready, params: probeParams, open: true, timeout: probeTimeout},

	{method: http.MethodGet, path: "/_jeton/nodes", handler: (*server).members},
	{method: http.MethodDelete, path: "/_jeton/nodes/:name", handler: (*server).removeNode, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/nodes/_local/_leave", handler: (*server).leave, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/leadership/_transfer", handler: (*server).transferLeadership, body: optionalBody, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/join_token", handler: (*server).createJoinToken, body: optionalBody, findOut: findJoinTokens},
	{method: http.MethodGet, path: "/_jeton/ca", handler: (*server).caCertificate},
}
