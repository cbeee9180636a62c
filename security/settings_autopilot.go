package security

import (
	"fmt"
	"strconv"
	"time"

	"jeton/fsm"
)

// The settings of how members are looked after.
const (
	SettingCleanupDeadServers   = "autopilot.cleanup_dead_servers"
	SettingDeadServerThreshold  = "autopilot.dead_server_last_contact_threshold"
	SettingLastContactThreshold = "autopilot.last_contact_threshold"
	SettingMaxTrailingLogs      = "autopilot.max_trailing_logs"
	SettingMinQuorum            = "autopilot.min_quorum"
	SettingServerStabilization  = "autopilot.server_stabilization_time"
)

const (
	defaultDeadServerThreshold  = 24 * time.Hour
	defaultLastContactThreshold = 10 * time.Second
	defaultMaxTrailingLogs      = 1000
	defaultServerStabilization  = 10 * time.Second
	// leastQuorum is what a cluster needs to lose one voter and go on.
	leastQuorum = 3
)

// Bounds of the settings.
const (
	minDeadServerThreshold, maxDeadServerThreshold   = time.Minute, 365 * 24 * time.Hour
	minLastContactThreshold, maxLastContactThreshold = time.Second, time.Hour
	minServerStabilization, maxServerStabilization   = time.Second, time.Hour
	maxMaxTrailingLogs                               = 1_000_000
	maxMinQuorum                                     = 1000
)

// Autopilot is how members are looked after, as it is in force; the package cluster
// says what each field does.
type Autopilot struct {
	CleanupDeadServers   bool
	DeadServerThreshold  time.Duration
	LastContactThreshold time.Duration
	MaxTrailingLogs      uint64
	MinQuorum            uint64
	ServerStabilization  time.Duration
}

// AutopilotOf are the settings of a state.
func AutopilotOf(state *fsm.State) Autopilot { return autopilotOf(state.Autopilot()) }

func autopilotOf(kept fsm.AutopilotSettings) Autopilot {
	a := Autopilot{
		CleanupDeadServers:   kept.CleanupDeadServers == "true",
		DeadServerThreshold:  milliseconds(kept.DeadServerThreshold),
		LastContactThreshold: milliseconds(kept.LastContact),
		MaxTrailingLogs:      kept.MaxTrailingLogs,
		MinQuorum:            kept.MinQuorum,
		ServerStabilization:  milliseconds(kept.Stabilization),
	}
	orDefault(&a.DeadServerThreshold, defaultDeadServerThreshold)
	orDefault(&a.LastContactThreshold, defaultLastContactThreshold)
	orDefault(&a.MaxTrailingLogs, defaultMaxTrailingLogs)
	orDefault(&a.MinQuorum, leastQuorum)
	orDefault(&a.ServerStabilization, defaultServerStabilization)
	return a
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// AutopilotSettings are the settings in force, and which of them somebody has set.
type AutopilotSettings struct {
	Autopilot
	CleanupDeadServersSet, DeadServerThresholdSet, LastContactThresholdSet bool
	MaxTrailingLogsSet, MinQuorumSet, ServerStabilizationSet               bool
}

func autopilotSettings(kept fsm.AutopilotSettings) AutopilotSettings {
	return AutopilotSettings{
		Autopilot:               autopilotOf(kept),
		CleanupDeadServersSet:   kept.CleanupDeadServers != "",
		DeadServerThresholdSet:  kept.DeadServerThreshold != 0,
		LastContactThresholdSet: kept.LastContact != 0,
		MaxTrailingLogsSet:      kept.MaxTrailingLogs != 0,
		MinQuorumSet:            kept.MinQuorum != 0,
		ServerStabilizationSet:  kept.Stabilization != 0,
	}
}

// AutopilotChange is what becomes of each of them; nil leaves it alone.
type AutopilotChange struct {
	CleanupDeadServers   *Change[bool]
	DeadServerThreshold  *Change[time.Duration]
	LastContactThreshold *Change[time.Duration]
	MaxTrailingLogs      *Change[uint64]
	MinQuorum            *Change[uint64]
	ServerStabilization  *Change[time.Duration]
}

func (c AutopilotChange) check() error {
	for _, t := range []struct {
		name        string
		change      *Change[time.Duration]
		least, most time.Duration
	}{
		{SettingDeadServerThreshold, c.DeadServerThreshold, minDeadServerThreshold, maxDeadServerThreshold},
		{SettingLastContactThreshold, c.LastContactThreshold, minLastContactThreshold, maxLastContactThreshold},
		{SettingServerStabilization, c.ServerStabilization, minServerStabilization, maxServerStabilization},
	} {
		if err := checkTime(t.name, t.change, t.least, t.most); err != nil {
			return err
		}
	}
	if err := checkCount(SettingMaxTrailingLogs, c.MaxTrailingLogs, 1, maxMaxTrailingLogs); err != nil {
		return err
	}
	return checkCount(SettingMinQuorum, c.MinQuorum, leastQuorum, maxMinQuorum)
}

func checkCount(name string, c *Change[uint64], least, most uint64) error {
	switch {
	case c == nil || c.Reset:
		return nil
	case c.To < least:
		return &ArgumentError{fmt.Sprintf("failed to parse value [%d] for setting [%s], must be >= [%d]", c.To, name, least)}
	case c.To > most:
		return &ArgumentError{fmt.Sprintf("failed to parse value [%d] for setting [%s], must be <= [%d]", c.To, name, most)}
	}
	return nil
}

// command is the change with the rest of its request, if there is any.
func (c AutopilotChange) command(rest *fsm.PutSettings) *fsm.PutAutopilotSettings {
	same := func(n uint64) uint64 { return n }
	return &fsm.PutAutopilotSettings{
		CleanupDeadServers:  recorded(c.CleanupDeadServers, strconv.FormatBool),
		DeadServerThreshold: recorded(c.DeadServerThreshold, time.Duration.Milliseconds),
		LastContact:         recorded(c.LastContactThreshold, time.Duration.Milliseconds),
		MaxTrailingLogs:     recorded(c.MaxTrailingLogs, same),
		MinQuorum:           recorded(c.MinQuorum, same),
		Stabilization:       recorded(c.ServerStabilization, time.Duration.Milliseconds),
		Settings:            rest,
	}
}
