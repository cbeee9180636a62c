package fsm

import "slices"

func (m *model) raise(c *RaiseLevel) Code {
	if c.Level <= max(1, m.level) {
		return Unchanged
	}
	for id := range m.members {
		if !slices.Contains(c.Members, id) {
			return Changed
		}
	}
	m.level = c.Level
	return OK
}

func (m *model) recover(c *RecoverCluster) Code {
	if m.cluster == nil || m.cluster.UUID == c.UUID {
		return NotFound
	}
	m.cluster = &Cluster{UUID: c.UUID, Name: m.cluster.Name, Former: append(slices.Clone(m.cluster.Former), m.cluster.UUID)}
	for _, id := range c.Retired {
		m.removed[id] = true
		delete(m.replicas, id)
		delete(m.members, id)
	}
	for id := range m.members {
		m.removed[id] = true
		delete(m.replicas, id)
	}
	m.members = map[string]Member{c.Member.ID: c.Member}
	for id := range m.removed {
		delete(m.replicas, id)
	}
	m.joinTokens = map[string]JoinToken{}
	if c.Outstanding < m.settings.Former {
		m.settings.Former = c.Outstanding
	}
	m.level = max(1, m.level, c.Level)
	return OK
}
