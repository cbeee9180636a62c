package fsm

func (m *model) setVoting(c *SetMemberVoting) Code {
	_, there := m.members[c.ID]
	switch {
	case m.removed[c.ID]:
		return Removed
	case !there:
		return NotFound
	case m.replicas[c.ID] != c.Voting:
		return Unchanged
	case c.Voting:
		delete(m.replicas, c.ID)
	default:
		m.replicas[c.ID] = true
	}
	return OK
}

func (m *model) putAutopilot(c *PutAutopilotSettings) Code {
	code := Unchanged
	if c.Settings != nil {
		if code = m.applySettings(c.Settings); code == Changed {
			return Changed
		}
	}
	former := m.autopilot
	a := &m.autopilot
	if c.CleanupDeadServers != nil {
		a.CleanupDeadServers = *c.CleanupDeadServers
	}
	for field, value := range map[*int64]*int64{
		&a.DeadServerThreshold: c.DeadServerThreshold, &a.LastContact: c.LastContact, &a.Stabilization: c.Stabilization,
	} {
		if value != nil {
			*field = *value
		}
	}
	for field, value := range map[*uint64]*uint64{&a.MaxTrailingLogs: c.MaxTrailingLogs, &a.MinQuorum: c.MinQuorum} {
		if value != nil {
			*field = *value
		}
	}
	if m.autopilot != former {
		return OK
	}
	return code
}
