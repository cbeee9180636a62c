package fsm

import "pgregory.net/rapid"

func (m *model) applyCA(c Command) Code {
	r := &m.rotation
	switch c := c.(type) {
	case *BeginCARotation:
		if m.ca == nil {
			return NotFound
		}
		if c.CA.Certificate == m.ca.Certificate {
			return Unchanged
		}
		if r.Next != nil || r.Former != "" {
			if r.Fingerprint == c.Fingerprint {
				return Unchanged
			}
			return Exists
		}
		m.rotation = CARotation{m.index, c.Fingerprint, &c.CA, c.Held, ""}
	case *ReleaseCARotation:
		if c.Fingerprint != r.Fingerprint {
			return Changed
		}
		if !r.Held {
			return Unchanged
		}
		r.Held = false
	case *SwitchCA:
		if c.Fingerprint != r.Fingerprint || r.Held {
			return Changed
		}
		if r.Next == nil {
			return Unchanged
		}
		former := m.ca.Certificate
		m.ca = r.Next
		m.rotation = CARotation{m.index, c.Fingerprint, nil, false, former}
	case *FinishCARotation:
		if c.Fingerprint != r.Fingerprint || r.Next != nil {
			return Changed
		}
		if r.Former == "" {
			return Unchanged
		}
		m.rotation = CARotation{m.index, c.Fingerprint, nil, false, ""}
	}
	return OK
}

// anyCACommand draws from two CAs, so that steps meet the rotation that they mean.
func anyCACommand() *rapid.Generator[Command] {
	return rapid.Custom(func(t *rapid.T) Command {
		name := rapid.SampledFrom([]string{"b", "c"}).Draw(t, "ca")
		switch rapid.IntRange(0, 4).Draw(t, "command") {
		case 0, 1:
			return &BeginCARotation{CA: nextCA(name), Fingerprint: name, Held: rapid.Bool().Draw(t, "held")}
		case 2:
			return &ReleaseCARotation{Fingerprint: name}
		case 3:
			return &SwitchCA{Fingerprint: name}
		default:
			return &FinishCARotation{Fingerprint: name}
		}
	})
}
