package fsm

// Settings are the settings that all nodes share. What is zero was never set, or
// was reset: its default is the makers' and readers' to know.
type Settings struct {
	Consistency string `json:"consistency,omitempty"`
	Lease       int64  `json:"lease,omitempty"`   // milliseconds
	MaxAge      int64  `json:"max_age,omitempty"` // milliseconds
	// Former is how long answers under settings that were in force before these
	// may outlive them, in milliseconds; 0 once that time is known to be over.
	Former int64 `json:"former,omitempty"`
	// Version is the log index of the last change; 0 before the first.
	Version uint64 `json:"version,omitempty"`
}
