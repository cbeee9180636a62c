package security

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jeton/fsm"
)

// Change is what becomes of one setting.
type Change[T any] struct {
	Reset bool // to its default
	To    T    // unless it is reset
}

// SettingsChange is what becomes of each setting; nil leaves it alone.
type SettingsChange struct {
	Consistency *Change[string]
	Lease       *Change[time.Duration]
	MaxAge      *Change[time.Duration]
	Autopilot   AutopilotChange
}

// Bounds of the settings. A shorter lease would be over before it is renewed on a
// slow network, and a take-away may have to wait for as long as a lease is.
const (
	minLease  = time.Second
	maxLease  = time.Minute
	minMaxAge = time.Second
	maxMaxAge = 24 * time.Hour
)

// check refuses values that a setting cannot have. Errors: *ArgumentError,
// *SettingError.
func (c SettingsChange) check() error {
	if err := checkConsistency(c.Consistency); err != nil {
		return err
	}
	if err := checkTime(SettingLease, c.Lease, minLease, maxLease); err != nil {
		return err
	}
	if err := checkTime(SettingMaxAge, c.MaxAge, minMaxAge, maxMaxAge); err != nil {
		return err
	}
	return c.Autopilot.check()
}

func checkConsistency(c *Change[string]) error {
	known := []string{ConsistencyLease, ConsistencyQuorum, ConsistencyAvailable}
	if c == nil || c.Reset || slices.Contains(known, c.To) {
		return nil
	}
	return &ArgumentError{fmt.Sprintf("failed to parse value [%s] for setting [%s], must be one of [%s]",
		c.To, SettingConsistency, strings.Join(known, ", "))}
}

func checkTime(name string, c *Change[time.Duration], least, most time.Duration) error {
	switch {
	case c == nil || c.Reset:
		return nil
	case c.To < least:
		return &SettingError{Name: name, Value: c.To, Limit: least}
	case c.To > most:
		return &SettingError{Name: name, Value: c.To, Limit: most}
	case c.To%time.Millisecond != 0:
		return &ArgumentError{fmt.Sprintf("failed to parse value [%s] for setting [%s], must be whole milliseconds", c.To, name)}
	}
	return nil
}

// command is the change as it follows the settings that are kept: one, so that all
// of it counts or nothing.
func (c SettingsChange) command(kept fsm.Settings) fsm.Command {
	switch {
	case c.Autopilot == AutopilotChange{}:
		return c.freshness(kept)
	case c.Consistency == nil && c.Lease == nil && c.MaxAge == nil:
		return c.Autopilot.command(nil)
	default:
		return c.Autopilot.command(c.freshness(kept))
	}
}

// freshness is the part of the change that is not autopilot's.
func (c SettingsChange) freshness(kept fsm.Settings) *fsm.PutSettings {
	return &fsm.PutSettings{
		Was:         kept.Version,
		Consistency: recorded(c.Consistency, func(text string) string { return text }),
		Lease:       recorded(c.Lease, time.Duration.Milliseconds),
		MaxAge:      recorded(c.MaxAge, time.Duration.Milliseconds),
		Outstanding: settingsOf(kept).outstanding().Milliseconds(),
	}
}

// recorded is a change in the form of a record: nil leaves a setting alone, and
// zero resets it.
func recorded[T, K any](c *Change[T], form func(T) K) *K {
	switch {
	case c == nil:
		return nil
	case c.Reset:
		return new(K)
	}
	return new(form(c.To))
}
