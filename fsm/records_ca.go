package fsm

import (
	"fmt"
	"log/slog"
)

// CARotation is how far the latest change of the cluster's CA has come. Before the
// first there is none; after a rotation has ended, its version and fingerprint
// stay.
type CARotation struct {
	// Version is the log index of the latest step. What nodes trust changes with
	// it and with nothing else, so it tells an old list of CAs from a newer one.
	Version uint64 `json:"version"`
	// Fingerprint is that of the CA which takes over: hex SHA-256 of its DER.
	Fingerprint string `json:"fingerprint"`
	// Next is that CA until it signs.
	Next *CA `json:"next,omitempty"`
	// Held: every node learns to trust the next CA, and nothing more happens until
	// the rotation is released.
	Held bool `json:"held,omitempty"`
	// Former is the certificate of the CA before, from then on until it is not
	// trusted any more; PEM. Its key is gone.
	Former string `json:"former,omitempty"`
}

// Format implements fmt.Formatter for every verb: a rotation holds the CA by a
// pointer, behind which fmt would not ask the key.
func (r CARotation) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "rotation %d to CA %s", r.Version, r.Fingerprint)
}

// LogValue implements slog.LogValuer.
func (r CARotation) LogValue() slog.Value { return printed(r) }

// UnderWay reports whether two CAs are trusted.
func (r CARotation) UnderWay() bool { return r.Next != nil || r.Former != "" }
