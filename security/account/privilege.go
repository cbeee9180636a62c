package account

// privilege is a named cluster privilege: the actions that match a pattern of
// allow and none of except.
type privilege struct {
	name   string
	allow  []string
	except []string
}

// privileges holds the named cluster privileges that reach an action of Jeton
// or stand in a descriptor of it. The order is that of a 403's text, narrowest
// first: by the number of others whose actions a privilege includes, then by
// name.
var privileges = [...]privilege{
	// Its pattern would be api_key/*, but only for keys of the caller's own, and
	// an action's name does not tell whose key is meant.
	{name: "manage_own_api_key"},
	{name: "none"},
	{name: "cancel_task", allow: []string{"cluster:admin/tasks/cancel*"}},
	{name: "cross_cluster_replication", allow: []string{
		"cluster:internal/remote_cluster/handshake",
		"cluster:internal/remote_cluster/nodes",
		"cluster:monitor/xpack/info",
		"cluster:monitor/state",
	}},
	{name: "delegate_pki", allow: []string{
		"cluster:admin/xpack/security/delegate_pki",
		"cluster:admin/xpack/security/token/invalidate",
	}},
	{name: "grant_api_key", allow: []string{"cluster:admin/xpack/security/api_key/grant*"}},
	{name: "manage_enrich", allow: []string{"cluster:admin/xpack/enrich/*", "cluster:monitor/xpack/enrich/*"}},
	{name: "manage_index_templates", allow: []string{
		"indices:admin/template/*",
		"indices:admin/index_template/*",
		"cluster:admin/component_template/*",
	}},
	{name: "manage_inference", allow: []string{
		"cluster:admin/xpack/inference/*",
		"cluster:monitor/xpack/inference*",
		"cluster:admin/xpack/ml/trained_models/deployment/start",
		"cluster:admin/xpack/ml/trained_models/deployment/stop",
		"cluster:monitor/xpack/ml/trained_models/deployment/infer",
	}},
	{name: "manage_ml", allow: []string{"cluster:admin/xpack/ml/*", "cluster:monitor/xpack/ml/*"}},
	{name: "manage_oidc", allow: []string{"cluster:admin/xpack/security/oidc/*"}},
	{name: "manage_pipeline", allow: []string{"cluster:admin/ingest/pipeline/*"}},
	{name: "manage_saml", allow: []string{
		"cluster:admin/xpack/security/saml/*",
		"cluster:admin/xpack/security/token/invalidate",
		"cluster:admin/xpack/security/token/refresh",
		"cluster:monitor/xpack/security/saml/metadata",
	}},
	{name: "manage_service_account", allow: []string{"cluster:admin/xpack/security/service_account/*"}},
	{name: "manage_token", allow: []string{"cluster:admin/xpack/security/token/*"}},
	{name: "manage_transform", allow: []string{
		"cluster:admin/data_frame/*",
		"cluster:monitor/data_frame/*",
		"cluster:monitor/transform/*",
		"cluster:admin/transform/*",
	}},
	{name: "monitor_connector", allow: []string{
		"cluster:admin/xpack/connector/get",
		"cluster:admin/xpack/connector/list",
		"cluster:admin/xpack/connector/sync_job/get",
		"cluster:admin/xpack/connector/sync_job/list",
	}},
	{name: "monitor_text_structure", allow: []string{"cluster:monitor/text_structure/*"}},
	{name: "read_ccr", allow: []string{"cluster:monitor/state", "cluster:admin/xpack/security/user/has_privileges"}},
	{name: "read_fleet_secrets", allow: []string{"cluster:admin/fleet/secrets/get"}},
	{name: "read_ilm", allow: []string{"cluster:admin/ilm/get", "cluster:admin/ilm/operation_mode/get"}},
	{name: "read_security", allow: []string{
		"cluster:admin/xpack/security/api_key/get",
		"cluster:admin/xpack/security/api_key/query",
		"cluster:admin/xpack/security/privilege/builtin/get",
		"cluster:admin/xpack/security/privilege/get",
		"cluster:admin/xpack/security/profile/get",
		"cluster:admin/xpack/security/profile/has_privileges",
		"cluster:admin/xpack/security/profile/suggest",
		"cluster:admin/xpack/security/role/get",
		"cluster:admin/xpack/security/role/query",
		"cluster:admin/xpack/security/role_mapping/get",
		"cluster:admin/xpack/security/service_account/get",
		"cluster:admin/xpack/security/service_account/credential/get*",
		"cluster:admin/xpack/security/user/get",
		"cluster:admin/xpack/security/user/query",
		"cluster:admin/xpack/security/user/list_privileges",
		"cluster:admin/xpack/security/user/has_privileges",
	}},
	{name: "read_slm", allow: []string{
		"cluster:admin/slm/status",
		"cluster:admin/slm/get",
		"cluster:admin/ilm/operation_mode/get",
	}},
	{name: "transport_client", allow: []string{"cluster:monitor/nodes/liveness", "cluster:monitor/state"}},
	{name: "write_fleet_secrets", allow: []string{"cluster:admin/fleet/secrets/post", "cluster:admin/fleet/secrets/delete"}},
	{name: "manage_api_key", allow: []string{"cluster:admin/xpack/security/api_key/*"}},
	{name: "manage_ccr", allow: []string{
		"cluster:admin/xpack/ccr/*",
		"cluster:monitor/state",
		"cluster:admin/xpack/security/user/has_privileges",
	}},
	{name: "manage_ilm", allow: []string{"cluster:admin/ilm/*"}},
	{name: "monitor", allow: []string{
		"cluster:monitor/*",
		"indices:admin/template/get",
		"indices:admin/index_template/get",
		"cluster:admin/component_template/get",
	}},
	{
		name:   "manage_security",
		allow:  []string{"cluster:admin/xpack/security/*"},
		except: []string{"cluster:admin/xpack/security/delegate_pki"},
	},
	{name: "manage", allow: clusterActions[:], except: []string{"cluster:admin/xpack/security/*"}},
	{name: "all", allow: clusterActions[:]},
}

// clusterActions are the actions that cluster privileges are about.
var clusterActions = [...]string{"cluster:*", "indices:admin/template/*", "indices:admin/index_template/*"}

func (p *privilege) grants(action string) bool {
	return anyMatches(p.allow, action) && !anyMatches(p.except, action)
}
