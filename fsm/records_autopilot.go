package fsm

// AutopilotSettings say how members are looked after. What is zero was never set,
// or was reset: its default is the makers' and readers' to know.
type AutopilotSettings struct {
	CleanupDeadServers  string `json:"cleanup_dead_servers,omitempty"`               // "true", "false" or ""
	DeadServerThreshold int64  `json:"dead_server_last_contact_threshold,omitempty"` // milliseconds
	LastContact         int64  `json:"last_contact_threshold,omitempty"`             // milliseconds
	MaxTrailingLogs     uint64 `json:"max_trailing_logs,omitempty"`                  // entries
	MinQuorum           uint64 `json:"min_quorum,omitempty"`                         // members
	Stabilization       int64  `json:"server_stabilization_time,omitempty"`          // milliseconds
}
