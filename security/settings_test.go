package security

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func to[T any](value T) *Change[T] { return &Change[T]{To: value} }

func (n *node) putSettings(c SettingsChange) {
	n.world.t.Helper()
	if err := n.PutClusterSettings(n.world.t.Context(), elastic, c); err != nil {
		n.world.t.Fatal(err)
	}
}

func (n *node) clusterSettings() ClusterSettings {
	n.world.t.Helper()
	s, err := n.ClusterSettings(n.world.t.Context(), elastic)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return s
}

func (n *node) expectSettings(want ClusterSettings) {
	n.world.t.Helper()
	got := n.clusterSettings()
	got.Version, got.Autopilot = 0, AutopilotSettings{}
	if got != want {
		n.world.t.Errorf("settings %+v, want %+v", got, want)
	}
}

func TestAClusterBeginsWithTheDefaults(t *testing.T) {
	oneNode(t).expectSettings(ClusterSettings{
		Settings: Settings{Consistency: "lease", Lease: 5 * time.Second, MaxAge: 10 * time.Minute},
	})
}

func TestASettingIsInForceOnEveryNodeUntilItIsReset(t *testing.T) {
	n := oneNode(t)
	other := n.world.node()
	n.putSettings(SettingsChange{Lease: to(3 * time.Second), MaxAge: to(time.Hour)})
	n.leader.expectTrips(1, 0)
	other.expectSettings(ClusterSettings{
		Settings: Settings{Consistency: "lease", Lease: 3 * time.Second, MaxAge: time.Hour, Former: 5 * time.Second},
		LeaseSet: true, MaxAgeSet: true,
	})
	other.leader.expectTrips(0, 1)
	other.putSettings(SettingsChange{Consistency: to("quorum"), Lease: &Change[time.Duration]{Reset: true}})
	n.expectSettings(ClusterSettings{
		Settings:       Settings{Consistency: "quorum", Lease: 5 * time.Second, MaxAge: time.Hour, Former: 5 * time.Second},
		ConsistencySet: true, MaxAgeSet: true,
	})
}

func TestAValueOutsideItsBoundsIsRefusedAndNothingChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change SettingsChange
		want   error
	}{
		"a short lease":   {SettingsChange{Lease: to(time.Second - 1)}, &SettingError{SettingLease, time.Second - 1, time.Second}},
		"a long lease":    {SettingsChange{Lease: to(time.Minute + 1)}, &SettingError{SettingLease, time.Minute + 1, time.Minute}},
		"a negative age":  {SettingsChange{MaxAge: to(-1 * time.Nanosecond)}, &SettingError{SettingMaxAge, -1, time.Second}},
		"no age":          {SettingsChange{MaxAge: to(time.Duration(0))}, &SettingError{SettingMaxAge, 0, time.Second}},
		"an age of days":  {SettingsChange{MaxAge: to(25 * time.Hour)}, &SettingError{SettingMaxAge, 25 * time.Hour, 24 * time.Hour}},
		"a finer lease":   {SettingsChange{Lease: to(time.Second + time.Microsecond)}, &ArgumentError{"failed to parse value [1.000001s] for setting [auth.lease], must be whole milliseconds"}},
		"a word":          {SettingsChange{Consistency: to("strict")}, &ArgumentError{"failed to parse value [strict] for setting [auth.consistency], must be one of [lease, quorum, available]"}},
		"an empty word":   {SettingsChange{Consistency: to("")}, &ArgumentError{"failed to parse value [] for setting [auth.consistency], must be one of [lease, quorum, available]"}},
		"one of two":      {SettingsChange{Consistency: to("quorum"), Lease: to(time.Hour)}, &SettingError{SettingLease, time.Hour, time.Minute}},
		"the second time": {SettingsChange{Lease: to(time.Minute), MaxAge: to(time.Millisecond)}, &SettingError{SettingMaxAge, time.Millisecond, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			err := n.PutClusterSettings(t.Context(), elastic, c.change)
			if err == nil || err.Error() != c.want.Error() {
				t.Errorf("error %v, want %v", err, c.want)
			}
			n.leader.expectTrips(0, 0)
		})
	}
}

func TestTheBoundsThemselvesAreTaken(t *testing.T) {
	n := oneNode(t)
	for _, c := range []SettingsChange{
		{Lease: to(time.Second), MaxAge: to(time.Second)}, {Lease: to(time.Minute), MaxAge: to(24 * time.Hour)},
	} {
		n.putSettings(c)
	}
}

// What was answered under the former settings may be good for as long as those
// said, whatever the new ones say.
func TestAChangeKeepsHowLongFormerAnswersMayOutliveIt(t *testing.T) {
	for name, c := range map[string]struct {
		former, change SettingsChange
		want           time.Duration
	}{
		"of leases":                {SettingsChange{}, SettingsChange{Lease: to(time.Second)}, 5 * time.Second},
		"of leases, for a longer":  {SettingsChange{}, SettingsChange{Lease: to(time.Minute)}, 5 * time.Second},
		"of leases, for rounds":    {SettingsChange{}, SettingsChange{Consistency: to("quorum")}, 5 * time.Second},
		"of rounds":                {SettingsChange{Consistency: to("quorum")}, SettingsChange{Consistency: to("lease")}, 0},
		"of an old state":          {SettingsChange{Consistency: to("available")}, SettingsChange{Consistency: to("lease")}, 10 * time.Minute},
		"of a state not so old":    {SettingsChange{Consistency: to("available"), MaxAge: to(time.Second)}, SettingsChange{Consistency: to("lease")}, 5 * time.Second},
		"of an age nobody may use": {SettingsChange{MaxAge: to(time.Hour)}, SettingsChange{MaxAge: to(time.Minute)}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			n.putSettings(c.former)
			n.settle()
			n.putSettings(c.change)
			if got := n.clusterSettings().Former; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func (n *node) settle() {
	n.world.t.Helper()
	if err := n.SettleSettings(n.world.t.Context(), n.clusterSettings().Version); err != nil {
		n.world.t.Fatal(err)
	}
}

func TestOnlyTheSettingsThatWereWaitedForAreSettled(t *testing.T) {
	n := oneNode(t)
	n.putSettings(SettingsChange{Lease: to(time.Minute)})
	first := n.clusterSettings().Version
	n.putSettings(SettingsChange{Lease: to(2 * time.Second)})
	if err := n.SettleSettings(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got := n.clusterSettings().Former; got != time.Minute {
		t.Errorf("former answers count for %s, want 1m", got)
	}
	n.settle()
	if got := n.clusterSettings().Former; got != 0 {
		t.Errorf("former answers count for %s, want not at all", got)
	}
}

func TestSettingsAreNotToldOrChangedWithoutALeader(t *testing.T) {
	n := oneNode(t)
	n.leader.failure = ErrNoLeader
	if _, err := n.ClusterSettings(t.Context(), elastic); !errors.Is(err, ErrNoLeader) {
		t.Errorf("told: %v", err)
	}
	if err := n.PutClusterSettings(t.Context(), elastic, SettingsChange{Lease: to(time.Second)}); !errors.Is(err, ErrNoLeader) {
		t.Errorf("changed: %v", err)
	}
	if err := n.SettleSettings(t.Context(), 0); !errors.Is(err, ErrNoLeader) {
		t.Errorf("settled: %v", err)
	}
}

func TestWhoChangedTheSettingsIsInTheLog(t *testing.T) {
	n := oneNode(t)
	n.putSettings(SettingsChange{Lease: to(3 * time.Second)})
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	if line := n.world.logged.String(); !strings.Contains(line, `"auth.lease":"3s"`) || !strings.Contains(line, `"by":"elastic"`) {
		t.Error(line)
	}
}
