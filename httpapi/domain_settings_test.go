package httpapi

import (
	"context"
	"time"

	"jeton/security"
)

func (d *domain) ClusterSettings(_ context.Context, who security.Identity) (security.ClusterSettings, error) {
	return security.ClusterSettings{
		Settings: security.Settings{Consistency: "quorum", Lease: 1500 * time.Millisecond, MaxAge: 10 * time.Minute, Former: time.Second, Version: 7},
		LeaseSet: true, ConsistencySet: true,
		Autopilot: security.AutopilotSettings{
			Autopilot: security.Autopilot{
				CleanupDeadServers: true, DeadServerThreshold: 36 * time.Hour, LastContactThreshold: 10 * time.Second,
				MaxTrailingLogs: 1000, MinQuorum: 3, ServerStabilization: 10 * time.Second,
			},
			CleanupDeadServersSet: true, DeadServerThresholdSet: true,
		},
	}, may(who, "cluster:monitor/settings", "monitor", "manage", "all")
}

// PutClusterSettings fails by the name of the consistency, and refuses a lease of
// anything but seconds.
func (d *domain) PutClusterSettings(_ context.Context, who security.Identity, change security.SettingsChange) error {
	if err := may(who, "cluster:admin/settings/update", "manage", "all"); err != nil {
		return err
	}
	d.putSettings = change
	if c := change.Lease; c != nil && !c.Reset {
		switch {
		case c.To < time.Second:
			return &security.SettingError{Name: security.SettingLease, Value: c.To, Limit: time.Second}
		case c.To > time.Minute:
			return &security.SettingError{Name: security.SettingLease, Value: c.To, Limit: time.Minute}
		}
	}
	if c := change.Consistency; c != nil {
		return failingNames[c.To]
	}
	return nil
}
