package security

import (
	"context"
	"log/slog"
	"time"

	"jeton/fsm"
	"jeton/security/account"
)

// The cluster's settings. They are one value for all nodes: a single node with a
// longer lease, or one that answers from an old state, would break what all the
// others promise.
const (
	SettingConsistency = "auth.consistency"
	SettingLease       = "auth.lease"
	SettingMaxAge      = "auth.available.max_age"
)

// The values of auth.consistency; docs/consistency.md says what each promises.
const (
	ConsistencyLease     = "lease"
	ConsistencyQuorum    = "quorum"
	ConsistencyAvailable = "available"
)

const (
	defaultLease  = 5 * time.Second
	defaultMaxAge = 10 * time.Minute
)

// Settings are the cluster's settings as they are in force.
type Settings struct {
	Consistency string        // ConsistencyLease, ConsistencyQuorum, ConsistencyAvailable
	Lease       time.Duration // how long a lease is good
	MaxAge      time.Duration // of a state that answers under ConsistencyAvailable
	// Former is how long answers under settings before these may outlive them; 0
	// once that time is known to be over.
	Former  time.Duration
	Version uint64 // changes with every change
}

// SettingsOf are the settings of a state.
func SettingsOf(state *fsm.State) Settings { return settingsOf(state.Settings()) }

func settingsOf(kept fsm.Settings) Settings {
	s := Settings{
		Consistency: kept.Consistency,
		Lease:       milliseconds(kept.Lease),
		MaxAge:      milliseconds(kept.MaxAge),
		Former:      milliseconds(kept.Former),
		Version:     kept.Version,
	}
	if s.Consistency == "" {
		s.Consistency = ConsistencyLease
	}
	if s.Lease == 0 {
		s.Lease = defaultLease
	}
	if s.MaxAge == 0 {
		s.MaxAge = defaultMaxAge
	}
	return s
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// outstanding is how long a node that has not heard of the next settings may
// still answer under these without asking anybody.
func (s Settings) outstanding() time.Duration {
	switch s.Consistency {
	case ConsistencyQuorum:
		return 0 // it asks each time
	case ConsistencyAvailable:
		return max(s.Lease, s.MaxAge)
	default:
		return s.Lease
	}
}

// ClusterSettings are the settings in force, and which of them somebody has set;
// the others have their defaults.
type ClusterSettings struct {
	Settings
	ConsistencySet, LeaseSet, MaxAgeSet bool
	Autopilot                           AutopilotSettings
}

// ClusterSettings tells the cluster's settings. Errors: *PermissionError,
// ErrNoLeader.
func (s *Service) ClusterSettings(ctx context.Context, who Identity) (ClusterSettings, error) {
	if err := s.authorize(ctx, who, account.ActionGetClusterSettings); err != nil {
		return ClusterSettings{}, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return ClusterSettings{}, err
	}
	kept := state.Settings()
	return ClusterSettings{
		Settings:       settingsOf(kept),
		ConsistencySet: kept.Consistency != "",
		LeaseSet:       kept.Lease != 0,
		MaxAgeSet:      kept.MaxAge != 0,
		Autopilot:      autopilotSettings(state.Autopilot()),
	}, nil
}

// PutClusterSettings changes the cluster's settings, all that are named or none.
// Errors: *PermissionError, *ArgumentError, *SettingError, ErrNoLeader,
// ErrOutcomeUnknown.
func (s *Service) PutClusterSettings(ctx context.Context, who Identity, change SettingsChange) error {
	if err := s.authorize(ctx, who, account.ActionPutClusterSettings); err != nil {
		return err
	}
	if err := change.check(); err != nil {
		return err
	}
	// What does not differ is proposed too: a change before this one, by the same
	// words, may not have reached every node yet.
	for unsure := false; ; {
		code, again, err := s.propose(ctx, change.command(s.state.Current().Settings()))
		unsure = unsure || again
		switch {
		case err != nil && unsure:
			return ErrOutcomeUnknown
		case err != nil:
			return err
		case code == fsm.OK:
			s.logChange(ctx, who)
			return nil
		case code == fsm.Unchanged:
			return nil
		case code != fsm.Changed:
			return ErrOutcomeUnknown
		}
		// Somebody else's change came first, or this one by an earlier proposal. This
		// node has it by now.
	}
}

func (s *Service) logChange(ctx context.Context, who Identity) {
	now := SettingsOf(s.state.Current())
	s.logger.LogAttrs(context.WithoutCancel(ctx), slog.LevelInfo, "the cluster's settings were changed",
		slog.String(SettingConsistency, now.Consistency),
		slog.String(SettingLease, now.Lease.String()),
		slog.String(SettingMaxAge, now.MaxAge.String()),
		slog.Any("autopilot", AutopilotOf(s.state.Current())),
		slog.String("by", who.Username))
}

// SettleSettings records that nothing is left of what former settings allowed.
// The leader calls it when it has waited for as long as Settings.Former says of
// this version. Of another version there may be something left: then nothing
// changes. Errors: ErrNoLeader, ErrOutcomeUnknown, ErrNotMember.
func (s *Service) SettleSettings(ctx context.Context, version uint64) error {
	_, _, err := s.propose(ctx, &fsm.SettleSettings{Version: version})
	return err
}
