package account

// The actions that Jeton checks. Most names are Elasticsearch's and stand in its
// texts of a 403. Those with jeton behind monitor or admin are Jeton's own,
// placed so that monitor covers those that only read, and manage the rest; and
// so are token/rotate, credential/unused and user_managed_service_account,
// placed so that the privileges around them cover them or do not.
const (
	ActionMain      = "cluster:monitor/main"
	ActionHealth    = "cluster:monitor/health"
	ActionNodesInfo = "cluster:monitor/nodes/info"

	ActionGetClusterSettings = "cluster:monitor/settings"
	ActionPutClusterSettings = "cluster:admin/settings/update"

	// ActionAuthenticate, learning who one is, is granted to everyone: see
	// GrantedToEveryone.
	ActionAuthenticate = "cluster:admin/xpack/security/user/authenticate"

	ActionPutUser    = "cluster:admin/xpack/security/user/put"
	ActionGetUser    = "cluster:admin/xpack/security/user/get"
	ActionDeleteUser = "cluster:admin/xpack/security/user/delete"
	ActionQueryUser  = "cluster:admin/xpack/security/user/query"
	ActionSetEnabled = "cluster:admin/xpack/security/user/set_enabled"

	// The next three are granted to everyone about the own user: see
	// GrantedToSelf.
	ActionChangePassword = "cluster:admin/xpack/security/user/change_password"
	ActionHasPrivileges  = "cluster:admin/xpack/security/user/has_privileges"
	ActionUserPrivileges = "cluster:admin/xpack/security/user/list_privileges"

	ActionPutRole        = "cluster:admin/xpack/security/role/put"
	ActionGetRole        = "cluster:admin/xpack/security/role/get"
	ActionDeleteRole     = "cluster:admin/xpack/security/role/delete"
	ActionBulkPutRole    = "cluster:admin/xpack/security/role/bulk_put"
	ActionBulkDeleteRole = "cluster:admin/xpack/security/role/bulk_delete"
	ActionQueryRole      = "cluster:admin/xpack/security/role/query"

	ActionBuiltinPrivileges = "cluster:admin/xpack/security/privilege/builtin/get"
	ActionPutPrivileges     = "cluster:admin/xpack/security/privilege/put"
	ActionGetPrivileges     = "cluster:admin/xpack/security/privilege/get"
	ActionDeletePrivileges  = "cluster:admin/xpack/security/privilege/delete"

	ActionCreateToken     = "cluster:admin/xpack/security/token/create"
	ActionRefreshToken    = "cluster:admin/xpack/security/token/refresh"
	ActionInvalidateToken = "cluster:admin/xpack/security/token/invalidate"

	ActionGetServiceAccounts    = "cluster:admin/xpack/security/service_account/get"
	ActionCreateServiceToken    = "cluster:admin/xpack/security/service_account/token/create"
	ActionDeleteServiceToken    = "cluster:admin/xpack/security/service_account/token/delete"
	ActionRotateServiceToken    = "cluster:admin/xpack/security/service_account/token/rotate"
	ActionGetServiceCredentials = "cluster:admin/xpack/security/service_account/credential/get"
	ActionUnusedCredentials     = "cluster:admin/xpack/security/service_account/credential/unused"

	// The service accounts of one's own stand beside service_account/*, out of
	// reach of manage_service_account: who makes one also says what it may do.
	ActionPutServiceAccount    = "cluster:admin/xpack/security/user_managed_service_account/put"
	ActionDeleteServiceAccount = "cluster:admin/xpack/security/user_managed_service_account/delete"
	ActionQueryServiceAccount  = "cluster:admin/xpack/security/service_account/query"

	// ActionClearCache is one action for every kind of security cache, hence
	// out of reach of manage_service_account.
	ActionClearCache = "cluster:admin/xpack/security/cache/clear"

	ActionGetCA   = "cluster:monitor/jeton/ca"
	ActionMetrics = "cluster:monitor/jeton/metrics"

	ActionSaveBackup    = "cluster:admin/jeton/backup/save"
	ActionRestoreBackup = "cluster:admin/jeton/backup/restore"

	ActionCreateJoinToken    = "cluster:admin/jeton/join_token/create"
	ActionRemoveNode         = "cluster:admin/jeton/node/remove"
	ActionLeave              = "cluster:admin/jeton/node/leave"
	ActionPromoteNode        = "cluster:admin/jeton/node/promote"
	ActionDemoteNode         = "cluster:admin/jeton/node/demote"
	ActionTransferLeadership = "cluster:admin/jeton/leadership/transfer"
	ActionRotateCA           = "cluster:admin/jeton/ca/rotate"
)
