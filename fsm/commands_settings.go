package fsm

// PutSettings changes settings, each for itself. A field that is nil stays as it
// is, and one that is zero is reset.
type PutSettings struct {
	// Was is the version that the maker saw. Outstanding follows from it, so the
	// command counts for no other.
	Was         uint64  `json:"was"`
	Consistency *string `json:"consistency,omitempty"`
	Lease       *int64  `json:"lease,omitempty"`   // milliseconds
	MaxAge      *int64  `json:"max_age,omitempty"` // milliseconds
	// Outstanding is how long answers under the settings of that version may
	// outlive them, in milliseconds.
	Outstanding int64 `json:"outstanding"`
}

// Type implements Command.
func (*PutSettings) Type() string { return "put_settings" }

func (c *PutSettings) apply(next *State) Code {
	former := next.Settings()
	if former.Version != c.Was {
		return Changed
	}
	settings := former
	assign(&settings.Consistency, c.Consistency)
	assign(&settings.Lease, c.Lease)
	assign(&settings.MaxAge, c.MaxAge)
	if settings == former {
		return Unchanged
	}
	// A change before this one may have left more behind than this one does.
	settings.Former = max(former.Former, c.Outstanding)
	settings.Version = next.index
	next.settings = &settings
	return OK
}

func assign[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// SettleSettings records that nothing which was answered under former settings is
// good any more.
type SettleSettings struct {
	Version uint64 `json:"version"` // of the settings that were waited for
}

// Type implements Command.
func (*SettleSettings) Type() string { return "settle_settings" }

func (c *SettleSettings) apply(next *State) Code {
	settings := next.Settings()
	switch {
	case settings.Version != c.Version:
		return Changed
	case settings.Former == 0:
		return Unchanged
	}
	settings.Former = 0
	next.settings = &settings
	return OK
}
