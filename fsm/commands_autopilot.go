package fsm

// PutAutopilotSettings changes how members are looked after, each setting for
// itself. A field that is nil stays as it is, and one that is zero is reset.
type PutAutopilotSettings struct {
	CleanupDeadServers  *string `json:"cleanup_dead_servers,omitempty"`
	DeadServerThreshold *int64  `json:"dead_server_last_contact_threshold,omitempty"` // milliseconds
	LastContact         *int64  `json:"last_contact_threshold,omitempty"`             // milliseconds
	MaxTrailingLogs     *uint64 `json:"max_trailing_logs,omitempty"`
	MinQuorum           *uint64 `json:"min_quorum,omitempty"`
	Stabilization       *int64  `json:"server_stabilization_time,omitempty"` // milliseconds
	// Settings is the rest of the same request: all of it counts, or nothing.
	Settings *PutSettings `json:"settings,omitempty"`
}

// Type implements Command.
func (*PutAutopilotSettings) Type() string { return "put_autopilot_settings" }

func (c *PutAutopilotSettings) apply(next *State) Code {
	rest := Unchanged
	if c.Settings != nil {
		if rest = c.Settings.apply(next); rest == Changed {
			return Changed
		}
	}
	former := next.Autopilot()
	settings := former
	assign(&settings.CleanupDeadServers, c.CleanupDeadServers)
	assign(&settings.DeadServerThreshold, c.DeadServerThreshold)
	assign(&settings.LastContact, c.LastContact)
	assign(&settings.MaxTrailingLogs, c.MaxTrailingLogs)
	assign(&settings.MinQuorum, c.MinQuorum)
	assign(&settings.Stabilization, c.Stabilization)
	if settings == former {
		return rest
	}
	next.autopilot = &settings
	return OK
}
