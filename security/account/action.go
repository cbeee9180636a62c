package account

// The actions that Jeton checks. The names up to ActionClearCache are
// Elasticsearch's and stand in its texts of a 403; the others are Jeton's own,
// placed so that monitor covers those that only read, and manage the rest.
const (
	ActionMain      = "cluster:monitor/main"
	ActionHealth    = "cluster:monitor/health"
	ActionNodesInfo = "cluster:monitor/nodes/info"

	// ActionAuthenticate, learning who one is, is granted to everyone: see
	// GrantedToEveryone.
	ActionAuthenticate = "cluster:admin/xpack/security/user/authenticate"

	ActionGetServiceAccounts    = "cluster:admin/xpack/security/service_account/get"
	ActionCreateServiceToken    = "cluster:admin/xpack/security/service_account/token/create"
	ActionDeleteServiceToken    = "cluster:admin/xpack/security/service_account/token/delete"
	ActionGetServiceCredentials = "cluster:admin/xpack/security/service_account/credential/get"

	// ActionClearCache is one action for every kind of security cache, hence
	// out of reach of manage_service_account.
	ActionClearCache = "cluster:admin/xpack/security/cache/clear"

	ActionGetCA = "cluster:monitor/jeton/ca"

	ActionCreateJoinToken    = "cluster:admin/jeton/join_token/create"
	ActionRemoveNode         = "cluster:admin/jeton/node/remove"
	ActionLeave              = "cluster:admin/jeton/node/leave"
	ActionTransferLeadership = "cluster:admin/jeton/leadership/transfer"
)
