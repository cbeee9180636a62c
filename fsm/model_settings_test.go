package fsm

func (m *model) applySettings(c Command) Code {
	s := m.settings
	switch c := c.(type) {
	case *PutSettings:
		if c.Was != s.Version {
			return Changed
		}
		differs := c.Consistency != nil && *c.Consistency != s.Consistency ||
			c.Lease != nil && *c.Lease != s.Lease || c.MaxAge != nil && *c.MaxAge != s.MaxAge
		if !differs {
			return Unchanged
		}
		if c.Consistency != nil {
			m.settings.Consistency = *c.Consistency
		}
		if c.Lease != nil {
			m.settings.Lease = *c.Lease
		}
		if c.MaxAge != nil {
			m.settings.MaxAge = *c.MaxAge
		}
		if c.Outstanding > s.Former {
			m.settings.Former = c.Outstanding
		}
		m.settings.Version = m.index
	case *SettleSettings:
		if c.Version != s.Version {
			return Changed
		}
		if s.Former == 0 {
			return Unchanged
		}
		m.settings.Former = 0
	}
	return OK
}
