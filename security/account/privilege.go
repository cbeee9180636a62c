package account

import "slices"

// privilege is a named privilege: the actions that match a pattern of allow and
// none of except.
type privilege struct {
	name   string
	allow  []string
	except []string
}

// clusterPrivileges holds the named cluster privileges. The order is that of a
// 403's text, narrowest first: by the number of others whose actions a
// privilege includes, then by name.
var clusterPrivileges = [...]privilege{
	{name: "none"},
	{name: "cancel_task", allow: []string{"cluster:admin/tasks/cancel*"}},
	{name: "cross_cluster_replication", allow: []string{
		"cluster:internal/remote_cluster/handshake",
		"cluster:internal/remote_cluster/nodes",
		"cluster:internal/admin/tasks/ban",
		"cluster:internal/admin/tasks/cancel_child",
		"cluster:monitor/xpack/info",
		"cluster:monitor/state",
	}},
	{name: "cross_cluster_search", allow: []string{
		"cluster:internal/remote_cluster/handshake",
		"cluster:internal/remote_cluster/nodes",
		"cluster:internal/admin/tasks/ban",
		"cluster:internal/admin/tasks/cancel_child",
		"cluster:monitor/xpack/info",
		"cluster:monitor/xpack/enrich/esql/resolve_policy",
		"cluster:internal:data/read/esql/open_exchange",
		"cluster:internal:data/read/esql/exchange",
	}},
	{name: "delegate_pki", allow: []string{
		"cluster:admin/xpack/security/delegate_pki",
		"cluster:admin/xpack/security/token/invalidate",
	}},
	{name: "grant_api_key", allow: []string{"cluster:admin/xpack/security/api_key/grant*"}},
	{name: "manage_autoscaling", allow: []string{"cluster:admin/autoscaling/*"}},
	{name: "manage_index_templates", allow: []string{
		"indices:admin/template/*",
		"indices:admin/index_template/*",
		"cluster:admin/component_template/*",
	}},
	{name: "manage_logstash_pipelines", allow: []string{"cluster:admin/logstash/pipeline/*"}},
	{name: "manage_oidc", allow: []string{"cluster:admin/xpack/security/oidc/*"}},
	// Its pattern would be api_key/*, but only for keys of the caller's own, and
	// an action's name does not tell whose key is meant. So it has an action that
	// nothing asks for, which those who may manage every key have as well.
	{name: "manage_own_api_key", allow: []string{"cluster:admin/xpack/security/api_key/own"}},
	{name: "manage_saml", allow: []string{
		"cluster:admin/xpack/security/saml/*",
		"cluster:admin/xpack/security/token/invalidate",
		"cluster:admin/xpack/security/token/refresh",
		"cluster:monitor/xpack/security/saml/metadata",
	}},
	{name: "manage_search_application", allow: []string{"cluster:admin/xpack/application/search_application/*"}},
	{name: "manage_search_query_rules", allow: []string{"cluster:admin/xpack/query_rules/*"}},
	{name: "manage_search_synonyms", allow: []string{
		"cluster:admin/synonyms/*",
		"cluster:admin/synonyms_sets/*",
		"cluster:admin/synonym_rules/*",
	}},
	{name: "manage_service_account", allow: []string{"cluster:admin/xpack/security/service_account/*"}},
	{name: "manage_token", allow: []string{"cluster:admin/xpack/security/token/*"}},
	{name: "manage_user_profile", allow: []string{"cluster:admin/xpack/security/profile/*"}},
	{name: "monitor_connector", allow: []string{
		"cluster:admin/xpack/connector/get",
		"cluster:admin/xpack/connector/list",
		"cluster:admin/xpack/connector/sync_job/get",
		"cluster:admin/xpack/connector/sync_job/list",
	}},
	{name: "monitor_data_stream_global_retention", allow: []string{"cluster:monitor/data_stream/global_retention/*"}},
	{name: "monitor_enrich", allow: []string{
		"cluster:monitor/xpack/enrich/*",
		"cluster:admin/xpack/enrich/get",
	}},
	{name: "monitor_esql", allow: []string{"cluster:monitor/xpack/esql/*"}},
	{name: "monitor_inference", allow: []string{
		"cluster:monitor/xpack/inference*",
		"cluster:monitor/xpack/ml/trained_models/deployment/infer",
	}},
	{name: "monitor_ml", allow: []string{"cluster:monitor/xpack/ml/*"}},
	{name: "monitor_rollup", allow: []string{"cluster:monitor/xpack/rollup/*"}},
	{name: "monitor_snapshot", allow: []string{
		"cluster:admin/snapshot/status*",
		"cluster:admin/snapshot/get",
		"cluster:admin/repository/get",
	}},
	{name: "monitor_stats", allow: []string{"cluster:monitor/stats*"}},
	{name: "monitor_text_structure", allow: []string{"cluster:monitor/text_structure/*"}},
	{name: "monitor_watcher", allow: []string{"cluster:monitor/xpack/watcher/*"}},
	{name: "post_behavioral_analytics_event", allow: []string{"cluster:admin/xpack/application/analytics/post_event"}},
	{name: "read_ccr", allow: []string{
		"cluster:monitor/state",
		"cluster:admin/xpack/security/user/has_privileges",
	}},
	{name: "read_connector_secrets", allow: []string{"cluster:admin/xpack/connector/secret/get"}},
	{name: "read_fleet_secrets", allow: []string{"cluster:admin/fleet/secrets/get"}},
	{name: "read_ilm", allow: []string{
		"cluster:admin/ilm/get",
		"cluster:admin/ilm/operation_mode/get",
	}},
	{name: "read_pipeline", allow: []string{
		"cluster:admin/ingest/pipeline/get",
		"cluster:admin/ingest/pipeline/simulate",
	}},
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
		"cluster:admin/xpack/security/service_account/credential/unused",
		"cluster:admin/xpack/security/settings/get",
		"cluster:admin/xpack/security/user/get",
		"cluster:admin/xpack/security/user/query",
		"cluster:admin/xpack/security/user/list_privileges",
		"cluster:admin/xpack/security/user/has_privileges",
		"cluster:admin/xpack/security/service_account/query",
	}},
	{name: "read_slm", allow: []string{
		"cluster:admin/slm/status",
		"cluster:admin/slm/get",
		"cluster:admin/ilm/operation_mode/get",
	}},
	{name: "transport_client", allow: []string{"cluster:monitor/nodes/liveness", "cluster:monitor/state"}},
	{name: "write_connector_secrets", allow: []string{
		"cluster:admin/xpack/connector/secret/delete",
		"cluster:admin/xpack/connector/secret/post",
		"cluster:admin/xpack/connector/secret/put",
	}},
	{name: "write_fleet_secrets", allow: []string{
		"cluster:admin/fleet/secrets/post",
		"cluster:admin/fleet/secrets/delete",
	}},
	{name: "create_snapshot", allow: []string{
		"cluster:admin/snapshot/create",
		"cluster:admin/snapshot/status*",
		"cluster:admin/snapshot/get",
		"cluster:admin/repository/get",
	}},
	{name: "manage_behavioral_analytics", allow: []string{"cluster:admin/xpack/application/analytics/*"}},
	{name: "manage_ccr", allow: []string{
		"cluster:admin/xpack/ccr/*",
		"cluster:monitor/state",
		"cluster:admin/xpack/security/user/has_privileges",
	}},
	{
		name:  "manage_connector",
		allow: []string{"cluster:admin/xpack/connector/*"},
		except: []string{
			"cluster:admin/xpack/connector/secret/get",
			"cluster:admin/xpack/connector/secret/delete",
			"cluster:admin/xpack/connector/secret/post",
			"cluster:admin/xpack/connector/secret/put",
		},
	},
	{name: "manage_data_stream_global_retention", allow: []string{
		"cluster:admin/data_stream/global_retention/*",
		"cluster:monitor/data_stream/global_retention/*",
	}},
	{name: "manage_enrich", allow: []string{
		"cluster:admin/xpack/enrich/*",
		"cluster:monitor/xpack/enrich/*",
	}},
	{name: "manage_esql", allow: []string{
		"cluster:admin/xpack/esql/*",
		"cluster:monitor/xpack/esql/*",
	}},
	{name: "manage_ilm", allow: []string{"cluster:admin/ilm/*"}},
	{name: "manage_inference", allow: []string{
		"cluster:admin/xpack/inference/*",
		"cluster:monitor/xpack/inference*",
		"cluster:admin/xpack/ml/trained_models/deployment/start",
		"cluster:admin/xpack/ml/trained_models/deployment/stop",
		"cluster:monitor/xpack/ml/trained_models/deployment/infer",
	}},
	{name: "manage_ml", allow: []string{"cluster:admin/xpack/ml/*", "cluster:monitor/xpack/ml/*"}},
	{name: "manage_rollup", allow: []string{
		"cluster:admin/xpack/rollup/*",
		"cluster:monitor/xpack/rollup/*",
	}},
	{name: "manage_slm", allow: []string{
		"cluster:admin/slm/*",
		"cluster:admin/ilm/start",
		"cluster:admin/ilm/stop",
		"cluster:admin/ilm/operation_mode/get",
	}},
	{name: "manage_watcher", allow: []string{
		"cluster:admin/xpack/watcher/*",
		"cluster:monitor/xpack/watcher/*",
	}},
	{name: "monitor_data_frame_transforms", allow: []string{
		"cluster:monitor/data_frame/*",
		"cluster:monitor/transform/*",
	}},
	{name: "monitor_transform", allow: []string{
		"cluster:monitor/data_frame/*",
		"cluster:monitor/transform/*",
	}},
	{name: "manage_api_key", allow: []string{"cluster:admin/xpack/security/api_key/*"}},
	{name: "manage_ingest_pipelines", allow: []string{"cluster:admin/ingest/pipeline/*"}},
	{name: "manage_pipeline", allow: []string{"cluster:admin/ingest/pipeline/*"}},
	{name: "manage_data_frame_transforms", allow: []string{
		"cluster:admin/data_frame/*",
		"cluster:monitor/data_frame/*",
		"cluster:monitor/transform/*",
		"cluster:admin/transform/*",
	}},
	{name: "manage_transform", allow: []string{
		"cluster:admin/data_frame/*",
		"cluster:monitor/data_frame/*",
		"cluster:monitor/transform/*",
		"cluster:admin/transform/*",
	}},
	{
		name:   "manage_security",
		allow:  []string{"cluster:admin/xpack/security/*"},
		except: []string{"cluster:admin/xpack/security/delegate_pki"},
	},
	{name: "monitor", allow: []string{
		"cluster:monitor/*",
		"indices:admin/template/get",
		"indices:admin/index_template/get",
		"cluster:admin/component_template/get",
	}},
	{
		name:   "manage",
		allow:  clusterActions[:],
		except: []string{"cluster:admin/xpack/security/*"},
	},
	{name: "all", allow: clusterActions[:]},
}

// clusterActions are the actions that cluster privileges are about.
var clusterActions = [...]string{"cluster:*", "indices:admin/template/*", "indices:admin/index_template/*"}

func (p *privilege) grants(action string) bool {
	return anyMatches(p.allow, action) && !anyMatches(p.except, action)
}

// ClusterPrivileges returns the names of all cluster privileges, sorted.
func ClusterPrivileges() []string { return slices.Sorted(slices.Values(namesOf(clusterPrivileges[:]))) }

// RemoteClusterPrivilegeNames returns the names of the cluster privileges that can
// be granted on other clusters, sorted.
func RemoteClusterPrivilegeNames() []string { return []string{"monitor_enrich", "monitor_stats"} }

func namesOf(list []privilege) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.name
	}
	return names
}

// tableOf finds privileges by their names; it is never written again.
func tableOf(list []privilege) map[string]*privilege {
	m := make(map[string]*privilege, len(list))
	for i := range list {
		m[list[i].name] = &list[i]
	}
	return m
}

var clusterByName = tableOf(clusterPrivileges[:])
