package account

import "slices"

// indexPrivileges holds the named index privileges, in the order of
// clusterPrivileges. What is done to a failure store has no actions of its own
// in Elasticsearch, but another target; here it has the actions failures:*,
// which no pattern of index actions reaches.
var indexPrivileges = [...]privilege{
	{name: "none"},
	{name: "auto_configure", allow: []string{
		"indices:admin/mapping/auto_put",
		"indices:admin/auto_create",
	}},
	{name: "create_doc", allow: []string{
		"indices:data/write/index",
		"indices:data/write/index[*",
		"indices:data/write/index:op_type/create",
		"indices:data/write/bulk*",
		"indices:data/write/simulate/bulk*",
	}},
	{name: "create_index", allow: []string{
		"indices:admin/create",
		"indices:admin/auto_create",
		"indices:admin/data_stream/create",
	}},
	{name: "cross_cluster_replication", allow: []string{
		"indices:data/read/xpack/ccr/shard_changes*",
		"indices:monitor/stats*",
		"indices:admin/seq_no/add_retention_lease*",
		"indices:admin/seq_no/remove_retention_lease*",
		"indices:admin/seq_no/renew_retention_lease*",
	}},
	{name: "cross_cluster_replication_internal", allow: []string{
		"indices:internal/admin/ccr/restore/session/clear*",
		"indices:internal/admin/ccr/restore/file_chunk/get*",
		"indices:internal/admin/ccr/restore/session/put*",
		"internal:transport/proxy/indices:internal/admin/ccr/restore/session/clear*",
		"internal:transport/proxy/indices:internal/admin/ccr/restore/file_chunk/get*",
	}},
	{name: "delete", allow: []string{"indices:data/write/delete*", "indices:data/write/bulk*"}},
	{name: "delete_index", allow: []string{"indices:admin/delete", "indices:admin/data_stream/delete"}},
	{name: "maintenance", allow: []string{
		"indices:admin/refresh*",
		"indices:admin/flush*",
		"indices:admin/synced_flush",
		"indices:admin/forcemerge*",
	}},
	{name: "manage_data_stream_lifecycle", allow: []string{"indices:admin/data_stream/lifecycle/*"}},
	{name: "manage_failure_store", allow: []string{"failures:monitor/*", "failures:admin/*"}},
	{name: "manage_follow_index", allow: []string{
		"indices:admin/xpack/ccr/put_follow",
		"indices:admin/xpack/ccr/unfollow",
		"indices:admin/close*",
		"indices:admin/data_stream/promote",
		"indices:admin/rollover",
	}},
	{name: "manage_ilm", allow: []string{"indices:admin/ilm/*"}},
	{name: "manage_leader_index", allow: []string{"indices:admin/xpack/ccr/forget_follower*"}},
	{name: "monitor", allow: []string{"indices:monitor/*"}},
	{name: "read", allow: []string{"indices:data/read/*", "indices:admin/resolve/index"}},
	{name: "read_cross_cluster", allow: []string{
		"internal:transport/proxy/indices:data/read/*",
		"indices:admin/shards/search_shards",
		"indices:admin/search/search_shards",
		"indices:admin/resolve/cluster",
		"indices:data/read/esql",
		"indices:data/read/esql/compute",
	}},
	{name: "read_failure_store", allow: []string{"failures:data/read/*"}},
	{name: "view_index_metadata", allow: []string{
		"indices:admin/aliases/get",
		"indices:admin/get",
		"indices:admin/mappings/fields/get*",
		"indices:admin/mappings/get",
		"indices:admin/shards/search_shards",
		"indices:admin/search/search_shards",
		"indices:admin/validate/query*",
		"indices:monitor/settings/get",
		"indices:admin/ilm/explain",
		"indices:admin/data_stream/lifecycle/get",
		"indices:admin/data_stream/lifecycle/explain",
		"indices:admin/data_stream/get",
		"indices:admin/resolve/index",
		"indices:admin/resolve/cluster",
		"indices:data/read/field_caps*",
		"indices:data/read/xpack/rollup/get/index/caps*",
		"indices:internal/transform/checkpoint*",
	}},
	{name: "create", allow: []string{
		"indices:data/write/index*",
		"indices:data/write/bulk*",
		"indices:data/write/simulate/bulk*",
	}},
	{name: "index", allow: []string{
		"indices:data/write/index*",
		"indices:data/write/bulk*",
		"indices:data/write/update*",
		"indices:data/write/simulate/bulk*",
	}},
	{name: "write", allow: []string{"indices:data/write/*", "indices:admin/mapping/auto_put"}},
	{name: "manage", allow: []string{
		"indices:monitor/*",
		"indices:admin/*",
		"indices:data/read/field_caps*",
		"indices:data/read/xpack/rollup/get/index/caps*",
		"failures:monitor/*",
		"failures:admin/*",
	}},
	{name: "all", allow: []string{
		"indices:*",
		"internal:transport/proxy/indices:*",
		"failures:*",
	}},
}

// indexActions are the actions that a pattern among index privileges may be
// about.
var indexActions = [...]string{"indices:*", "internal:transport/proxy/indices:*"}

var indexByName = tableOf(indexPrivileges[:])

// IndexPrivilegeNames returns the names of all index privileges, sorted.
func IndexPrivilegeNames() []string { return slices.Sorted(slices.Values(namesOf(indexPrivileges[:]))) }

// restrictedNames are the names that an entry covers only when it allows
// restricted indices: those in which Elasticsearch and Kibana keep what is
// theirs, as far as role descriptors of this package name them.
var restrictedNames = [...]string{
	".apm-agent-configuration*",
	".apm-custom-link*",
	".apm-source-map*",
	".async-search*",
	".connector-secrets*",
	".enrich-*",
	".fleet-*",
	".kibana*",
	".logstash*",
	".ml-config*",
	".ml-meta*",
	".reporting-*",
	".security*",
	".tasks*",
	".transform-internal-*",
	".triggered_watches*",
	".watches*",
}
