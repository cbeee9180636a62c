package node

import (
	"fmt"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security"
)

// What cannot be waited for is said, and goes on to count.
func TestARecoveryKnowsWhatItDoesNotWaitFor(t *testing.T) {
	const day = 24 * time.Hour
	for what, c := range map[string]struct {
		settings    fsm.Settings
		rest        time.Duration // at least
		outstanding time.Duration
	}{
		"the usual lease":              {fsm.Settings{Lease: 5000}, 0, 0},
		"the longest lease":            {fsm.Settings{Lease: 60000}, 0, 0},
		"a lease after a longer one":   {fsm.Settings{Lease: 1000, Former: 60000}, 0, 0},
		"a round for each answer":      {fsm.Settings{Consistency: security.ConsistencyQuorum}, 0, 0},
		"stale answers, for a day":     {fsm.Settings{Consistency: security.ConsistencyAvailable, MaxAge: day.Milliseconds()}, day - maxLeaseWait, 0},
		"stale answers, as they come":  {fsm.Settings{Consistency: security.ConsistencyAvailable}, 8 * time.Minute, 0},
		"stale answers, until lately":  {fsm.Settings{Lease: 1000, Former: day.Milliseconds()}, day - maxLeaseWait, day},
		"stale answers, lately longer": {fsm.Settings{Consistency: security.ConsistencyAvailable, MaxAge: 60000, Former: day.Milliseconds()}, day - maxLeaseWait, day},
	} {
		a := afterlifeOf(withSettings(t, c.settings))
		if a.wait > maxLeaseWait || a.rest < c.rest || c.rest == 0 && a.rest != 0 || a.outstanding != c.outstanding {
			t.Errorf("%s: %+v, want a rest of %s and %s outstanding", what, a, c.rest, c.outstanding)
		}
	}
}

func withSettings(t *testing.T, s fsm.Settings) *fsm.State {
	t.Helper()
	m := fsm.New()
	for i, c := range []fsm.Command{
		&fsm.FoundCluster{
			Cluster: fsm.Cluster{UUID: "u", Name: "jeton"}, CA: fsm.CA{Certificate: "c", Key: "k"},
			User: fsm.User{Name: "elastic", Password: "x"}, Member: fsm.Member{ID: "a", Name: "a"},
		},
		&fsm.PutSettings{Consistency: &s.Consistency, Lease: &s.Lease, MaxAge: &s.MaxAge, Outstanding: s.Former},
	} {
		entry, err := fsm.Encode(fsm.Proposal{ID: fmt.Sprint("p", i), Command: c})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Apply(uint64(i+1), entry); err != nil {
			t.Fatal(err)
		}
	}
	return m.Current()
}
