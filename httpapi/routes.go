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

	streams bool // the handler reads the body while it arrives

	reads bool // changes nothing, whatever its method

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
	requiredBody
)

const (
	servicePath    = "/_security/service"
	accountPath    = servicePath + "/:namespace/:service"
	credentialPath = accountPath + "/credential"
	tokensPath     = credentialPath + "/token"
	tokenPath      = tokensPath + "/:name"

	findToken        = "list the account's credentials with GET " + servicePath + "/{namespace}/{service}/credential"
	findCreated      = findToken + "; where the token is listed, delete it and create it again, since its secret cannot be shown any more"
	tokenServicePath = "/_security/oauth2/token"

	findRotated     = "look at previous_secret_valid_until in GET " + servicePath + "/{namespace}/{service}/credential?detail=true, and try the old secret; where the token was rotated, rotate it once more, which makes the old secret stop at once"
	findAccount     = "look at GET " + servicePath + "/{namespace}/{service}?type=user_managed"
	findGranted     = "nothing needs to be undone: a token that was not received expires by itself. Ask again; a refresh token that was spent gives the same new pair for 30s"
	findInvalidated = "send the same request again: it is safe, and invalidates what is still good"

	usersPath      = "/_security/user"
	userPath       = usersPath + "/:username"
	rolesPath      = "/_security/role"
	rolePath       = rolesPath + "/:name"
	privilegesPath = "/_security/privilege"
	privilegePath  = privilegesPath + "/:application/:name"
	queryPath      = "/_security/_query"

	findUser      = "look at GET " + usersPath + "/{username}; sending the same request again is safe"
	findPassword  = "try the new password with GET /_security/_authenticate; sending the same request again is safe"
	findRole      = "look at GET " + rolesPath + "/{name}; sending the same request again is safe"
	findPrivilege = "look at GET " + privilegesPath + "/{application}; sending the same request again is safe"

	settingsPath   = "/_cluster/settings"
	findSettings   = "look at GET " + settingsPath + "; sending the same request again is safe"
	findMembers    = "list the members with GET /_jeton/nodes"
	findCA         = "look at GET /_jeton/ca; sending the same request again is safe"
	findJoinTokens = "nothing needs to be undone: an unused join token expires by itself. Create another one"

	backupPath  = "/_jeton/backup"
	restorePath = backupPath + "/_restore"
	findRestore = "look at GET " + restorePath

	probeTimeout = 2 * time.Second
)

// routes is every path that the node answers.
var routes = []route{
	{method: http.MethodPost, path: tokenPath, handler: (*server).createToken, params: writeParams, body: optionalBody, findOut: findCreated},
	{method: http.MethodPut, path: tokenPath, handler: (*server).createToken, params: writeParams, body: optionalBody, findOut: findCreated},
	{method: http.MethodPost, path: tokensPath, handler: (*server).createToken, params: writeParams, body: optionalBody, findOut: findCreated},
	{method: http.MethodPost, path: tokenPath + "/_rotate", handler: (*server).rotateToken, params: writeParams, body: optionalBody, findOut: findRotated},
	{method: http.MethodDelete, path: tokenPath, handler: (*server).deleteToken, params: writeParams, findOut: findToken},
	{method: http.MethodPost, path: tokenPath + "/_clear_cache", handler: (*server).clearTokenCache, reads: true, bareNameError: true},
	{method: http.MethodGet, path: credentialPath, handler: (*server).credentials, params: detailParams},
	{method: http.MethodGet, path: servicePath + "/_credentials", handler: (*server).unusedCredentials, params: unusedParams},
	{method: http.MethodGet, path: servicePath, handler: (*server).serviceAccounts, params: accountParams},
	{method: http.MethodGet, path: servicePath + "/:namespace", handler: (*server).serviceAccounts, params: accountParams},
	{method: http.MethodGet, path: accountPath, handler: (*server).serviceAccounts, params: accountParams},
	{method: http.MethodPut, path: accountPath, handler: (*server).putServiceAccount, params: writeParams, body: requiredBody, findOut: findAccount},
	{method: http.MethodDelete, path: accountPath, handler: (*server).deleteServiceAccount, params: forceParams, findOut: findAccount},
	{method: http.MethodGet, path: queryPath + "/service", handler: (*server).queryServiceAccounts, body: optionalBody},
	{method: http.MethodPost, path: queryPath + "/service", handler: (*server).queryServiceAccounts, body: optionalBody, reads: true},

	{method: http.MethodPost, path: tokenServicePath, handler: (*server).createOAuthToken, body: requiredBody, findOut: findGranted},
	{method: http.MethodPost, path: oldTokenPath, handler: (*server).createOAuthToken, body: requiredBody, findOut: findGranted},
	{method: http.MethodDelete, path: tokenServicePath, handler: (*server).invalidateOAuthTokens, body: requiredBody, findOut: findInvalidated},
	{method: http.MethodDelete, path: oldTokenPath, handler: (*server).invalidateOAuthTokens, body: requiredBody, findOut: findInvalidated},

	{method: http.MethodGet, path: "/_security/_authenticate", handler: (*server).authenticate},

	{method: http.MethodGet, path: usersPath, handler: (*server).users, params: userParams},
	{method: http.MethodGet, path: userPath, handler: (*server).users, params: userParams},
	{method: http.MethodPut, path: userPath, handler: (*server).putUser, params: writeParams, body: requiredBody, findOut: findUser},
	{method: http.MethodPost, path: userPath, handler: (*server).putUser, params: writeParams, body: requiredBody, findOut: findUser},
	{method: http.MethodDelete, path: userPath, handler: (*server).deleteUser, params: writeParams, findOut: findUser},
	{method: http.MethodPut, path: usersPath + "/_password", handler: (*server).changePassword, params: writeParams, body: requiredBody, findOut: findPassword},
	{method: http.MethodPost, path: usersPath + "/_password", handler: (*server).changePassword, params: writeParams, body: requiredBody, findOut: findPassword},
	{method: http.MethodPut, path: userPath + "/_password", handler: (*server).changePassword, params: writeParams, body: requiredBody, findOut: findPassword},
	{method: http.MethodPost, path: userPath + "/_password", handler: (*server).changePassword, params: writeParams, body: requiredBody, findOut: findPassword},
	{method: http.MethodPut, path: userPath + "/_enable", handler: (*server).enableUser, params: writeParams, findOut: findUser},
	{method: http.MethodPost, path: userPath + "/_enable", handler: (*server).enableUser, params: writeParams, findOut: findUser},
	{method: http.MethodPut, path: userPath + "/_disable", handler: (*server).disableUser, params: writeParams, findOut: findUser},
	{method: http.MethodPost, path: userPath + "/_disable", handler: (*server).disableUser, params: writeParams, findOut: findUser},
	{method: http.MethodGet, path: usersPath + "/_has_privileges", handler: (*server).hasPrivileges, body: requiredBody},
	{method: http.MethodPost, path: usersPath + "/_has_privileges", handler: (*server).hasPrivileges, body: requiredBody, reads: true},
	{method: http.MethodGet, path: userPath + "/_has_privileges", handler: (*server).hasPrivileges, body: requiredBody},
	{method: http.MethodPost, path: userPath + "/_has_privileges", handler: (*server).hasPrivileges, body: requiredBody, reads: true},
	{method: http.MethodGet, path: usersPath + "/_privileges", handler: (*server).userPrivileges},
	{method: http.MethodGet, path: queryPath + "/user", handler: (*server).queryUsers, params: userQueryParams, body: optionalBody},
	{method: http.MethodPost, path: queryPath + "/user", handler: (*server).queryUsers, params: userQueryParams, body: optionalBody, reads: true},

	{method: http.MethodGet, path: rolesPath, handler: (*server).roles},
	{method: http.MethodPost, path: rolesPath, handler: (*server).putRoles, params: writeParams, body: requiredBody, findOut: findRole},
	{method: http.MethodDelete, path: rolesPath, handler: (*server).deleteRoles, params: writeParams, body: requiredBody, findOut: findRole},
	{method: http.MethodGet, path: rolePath, handler: (*server).roles},
	{method: http.MethodPut, path: rolePath, handler: (*server).putRole, params: writeParams, body: requiredBody, findOut: findRole},
	{method: http.MethodPost, path: rolePath, handler: (*server).putRole, params: writeParams, body: requiredBody, findOut: findRole},
	{method: http.MethodDelete, path: rolePath, handler: (*server).deleteRole, params: writeParams, findOut: findRole},
	{method: http.MethodPost, path: rolePath + "/_clear_cache", handler: (*server).clearRoleCache, reads: true},
	{method: http.MethodGet, path: queryPath + "/role", handler: (*server).queryRoles, body: optionalBody},
	{method: http.MethodPost, path: queryPath + "/role", handler: (*server).queryRoles, body: optionalBody, reads: true},

	{method: http.MethodGet, path: privilegesPath, handler: (*server).privileges},
	{method: http.MethodPut, path: privilegesPath, handler: (*server).putPrivileges, params: writeParams, body: requiredBody, findOut: findPrivilege},
	{method: http.MethodPost, path: privilegesPath, handler: (*server).putPrivileges, params: writeParams, body: requiredBody, findOut: findPrivilege},
	{method: http.MethodGet, path: privilegesPath + "/_builtin", handler: (*server).builtinPrivileges},
	{method: http.MethodGet, path: privilegesPath + "/:application", handler: (*server).privileges},
	{method: http.MethodGet, path: privilegePath, handler: (*server).privileges},
	{method: http.MethodDelete, path: privilegePath, handler: (*server).deletePrivileges, params: writeParams, findOut: findPrivilege},
	{method: http.MethodPost, path: privilegesPath + "/:application/_clear_cache", handler: (*server).clearPrivilegeCache, reads: true},
	{method: http.MethodPost, path: "/_security/realm/:realms/_clear_cache", handler: (*server).clearRealmCache, params: clearRealmParams, reads: true},

	{method: http.MethodGet, path: "/", handler: (*server).info},
	{method: http.MethodHead, path: "/", handler: (*server).info},
	{method: http.MethodGet, path: "/_cluster/health", handler: (*server).health, params: healthParams},
	{method: http.MethodGet, path: settingsPath, handler: (*server).clusterSettings, params: settingsParams},
	{method: http.MethodPut, path: settingsPath, handler: (*server).putClusterSettings, params: putSettingsParams, body: requiredBody, findOut: findSettings},
	{method: http.MethodGet, path: "/_cat/nodes", handler: (*server).catNodes, params: catParams},
	{method: http.MethodGet, path: "/_nodes", handler: (*server).nodesInfo},
	{method: http.MethodGet, path: "/_nodes/:select", handler: (*server).nodesInfo},
	{method: http.MethodGet, path: "/_nodes/:select/:metrics", handler: (*server).nodesInfo},

	{method: http.MethodGet, path: "/metrics", handler: (*server).metrics},
	{method: http.MethodGet, path: "/livez", handler: (*server).live, params: probeParams, open: true},
	{method: http.MethodHead, path: "/livez", handler: (*server).live, params: probeParams, open: true},
	{method: http.MethodGet, path: "/readyz", handler: (*server).ready, params: probeParams, open: true, timeout: probeTimeout},
	{method: http.MethodHead, path: "/readyz", handler: (*server).ready, params: probeParams, open: true, timeout: probeTimeout},

	{method: http.MethodGet, path: "/_jeton/nodes", handler: (*server).members},
	{method: http.MethodDelete, path: "/_jeton/nodes/:name", handler: (*server).removeNode, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/nodes/:name/_promote", handler: (*server).promoteNode, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/nodes/:name/_demote", handler: (*server).demoteNode, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/nodes/_local/_leave", handler: (*server).leave, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/leadership/_transfer", handler: (*server).transferLeadership, body: optionalBody, findOut: findMembers},
	{method: http.MethodPost, path: "/_jeton/join_token", handler: (*server).createJoinToken, body: optionalBody, findOut: findJoinTokens},
	{method: http.MethodGet, path: "/_jeton/ca", handler: (*server).caStatus},
	{method: http.MethodPost, path: "/_jeton/ca/_rotate", handler: (*server).rotateCA, body: optionalBody, findOut: findCA},
	{method: http.MethodGet, path: backupPath, handler: (*server).saveBackup, body: optionalBody, timeout: MaxTimeout},
	{method: http.MethodPost, path: backupPath, handler: (*server).saveBackup, body: optionalBody, timeout: MaxTimeout, reads: true},
	{method: http.MethodPost, path: restorePath, handler: (*server).restoreBackup, params: restoreParams, body: requiredBody, streams: true, timeout: MaxTimeout, findOut: findRestore},
	{method: http.MethodGet, path: restorePath, handler: (*server).lastRestore},
	{method: http.MethodGet, path: restorePath + "/:id", handler: (*server).lastRestore},
}
