package fsm

import "log/slog"

// The cluster's CA is replaced in three steps, each of which only the leader knows
// when to take: all nodes trust the next CA; it signs; the former is not trusted
// any more. The latter two name the step that they follow, so one that comes twice, or
// too late, changes nothing, though a CA may take over more than once.

// BeginCARotation adds the CA that is to take over.
type BeginCARotation struct {
	CA          CA     `json:"ca"`
	Fingerprint string `json:"fingerprint"` // of its certificate
	Held        bool   `json:"held,omitempty"`
}

// Type implements Command.
func (*BeginCARotation) Type() string { return "begin_ca_rotation" }

// LogValue implements slog.LogValuer.
func (c BeginCARotation) LogValue() slog.Value { return printed(c) }

func (c *BeginCARotation) apply(next *State) Code {
	r := next.CARotation()
	switch {
	case next.ca == nil:
		return NotFound
	case r.UnderWay() && r.Fingerprint == c.Fingerprint, next.ca.Certificate == c.CA.Certificate:
		return Unchanged
	case r.UnderWay():
		return Exists
	}
	next.rotation = &CARotation{Version: next.index, Fingerprint: c.Fingerprint, Next: &c.CA, Held: c.Held}
	return OK
}

// ReleaseCARotation lets a rotation that is held go on.
type ReleaseCARotation struct {
	Fingerprint string `json:"fingerprint"` // of the CA that takes over
}

// Type implements Command.
func (*ReleaseCARotation) Type() string { return "release_ca_rotation" }

func (c *ReleaseCARotation) apply(next *State) Code {
	r := next.CARotation()
	switch {
	case r.Fingerprint != c.Fingerprint:
		return Changed
	case !r.Held:
		return Unchanged
	}
	r.Held = false
	next.rotation = &r
	return OK
}

// SwitchCA makes the next CA the one that signs. The former one's key is dropped,
// and its certificate is trusted on.
type SwitchCA struct {
	Fingerprint string `json:"fingerprint"`       // of the CA that takes over
	Version     uint64 `json:"version,omitempty"` // of the rotation until then; 0: any
}

// Type implements Command.
func (*SwitchCA) Type() string { return "switch_ca" }

func (c *SwitchCA) apply(next *State) Code {
	r := next.CARotation()
	switch {
	case r.Fingerprint != c.Fingerprint || r.Held || c.Version != 0 && c.Version != r.Version:
		return Changed
	case r.Next == nil:
		return Unchanged
	}
	next.rotation = &CARotation{Version: next.index, Fingerprint: r.Fingerprint, Former: next.ca.Certificate}
	next.ca = r.Next
	return OK
}

// FinishCARotation ends the trust in the former CA.
type FinishCARotation struct {
	Fingerprint string `json:"fingerprint"`       // of the CA that has taken over
	Version     uint64 `json:"version,omitempty"` // as SwitchCA's
}

// Type implements Command.
func (*FinishCARotation) Type() string { return "finish_ca_rotation" }

func (c *FinishCARotation) apply(next *State) Code {
	r := next.CARotation()
	switch {
	case r.Fingerprint != c.Fingerprint || r.Next != nil || c.Version != 0 && c.Version != r.Version:
		return Changed
	case r.Former == "":
		return Unchanged
	}
	next.rotation = &CARotation{Version: next.index, Fingerprint: r.Fingerprint}
	return OK
}
