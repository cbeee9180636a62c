package security

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jeton/fsm"
)

// beforeNext runs f once, when the next entry is about to be carried.
func (w *world) beforeNext(f func()) {
	w.beforeCommit = func([]byte) {
		w.beforeCommit = nil
		f()
	}
}

func TestOfTwoChangesAtOnceTheSecondReckonsWithTheFirst(t *testing.T) {
	n := oneNode(t)
	other := n.world.node()
	n.world.beforeNext(func() { other.putSettings(SettingsChange{Lease: to(time.Minute), MaxAge: to(time.Hour)}) })
	n.putSettings(SettingsChange{Lease: to(time.Second)})
	n.leader.expectTrips(2, 0)
	n.expectSettings(ClusterSettings{
		Settings: Settings{Consistency: "lease", Lease: time.Second, MaxAge: time.Hour, Former: time.Minute},
		LeaseSet: true, MaxAgeSet: true,
	})
}

// A change that is there already may not have reached every node: whoever asks
// for it again is answered after the log has been asked.
func TestAChangeThatIsThereAlreadyIsCommittedAllTheSame(t *testing.T) {
	n := oneNode(t)
	n.putSettings(SettingsChange{Lease: to(3 * time.Second)})
	before := n.clusterSettings()
	n.leader.expectTrips(1, 1)
	n.putSettings(SettingsChange{Lease: to(3 * time.Second)})
	n.leader.expectTrips(1, 0)
	if after := n.clusterSettings(); after != before {
		t.Errorf("%+v became %+v", before, after)
	}
}

func TestAForgottenChangeOfSettingsIsMadeOnce(t *testing.T) {
	for name, before := range map[string]func([]byte) [][]byte{"not yet carried": notYetCarried, "carried already": carriedAlready} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			n.world.forgetNext(before)
			n.putSettings(SettingsChange{Lease: to(3 * time.Second)})
			n.expectSettings(ClusterSettings{
				Settings: Settings{Consistency: "lease", Lease: 3 * time.Second, MaxAge: 10 * time.Minute, Former: 5 * time.Second}, LeaseSet: true,
			})
		})
	}
}

// The first proposal may have been carried out and its outcome forgotten. That
// there is no leader for a later one does not make it certain that nothing happened.
func TestAForgottenChangeOfSettingsThatLosesItsLeaderIsUnknown(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(func(entry []byte) [][]byte {
		n.world.beforeCommit = func([]byte) {
			n.world.beforeCommit = func([]byte) { n.leader.failure = ErrNoLeader }
		}
		return carriedAlready(entry)
	})
	err := n.PutClusterSettings(t.Context(), elastic, SettingsChange{Lease: to(3 * time.Second)})
	if !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
}

// The time for which former answers count is never below what any settings since
// the last settling allowed.
func TestFormerAnswersCountForTheLongestOfAllSettingsSince(t *testing.T) {
	times := rapid.Map(rapid.IntRange(1, 60), func(n int) time.Duration { return time.Duration(n) * time.Second })
	change := rapid.Custom(func(t *rapid.T) SettingsChange {
		c := SettingsChange{}
		if rapid.Bool().Draw(t, "consistency changes") {
			c.Consistency = to(rapid.SampledFrom([]string{"lease", "quorum", "available"}).Draw(t, "consistency"))
		}
		if rapid.Bool().Draw(t, "lease changes") {
			c.Lease = &Change[time.Duration]{Reset: rapid.Bool().Draw(t, "reset"), To: times.Draw(t, "lease")}
		}
		if rapid.Bool().Draw(t, "age changes") {
			c.MaxAge = to(times.Draw(t, "age"))
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		machine, longest := fsm.New(), time.Duration(0)
		for i, c := range rapid.SliceOfN(change, 1, 20).Draw(t, "changes") {
			before := SettingsOf(machine.Current())
			entry, err := fsm.Encode(fsm.Proposal{ID: string(rune('a' + i)), Command: c.command(machine.Current().Settings())})
			if err != nil {
				t.Fatal(err)
			}
			if err := machine.Apply(uint64(i)+1, entry); err != nil {
				t.Fatal(err)
			}
			after := SettingsOf(machine.Current())
			if after.Version != before.Version {
				longest = max(longest, before.outstanding())
			}
			if after.Former != longest {
				t.Fatalf("former answers count for %s, want %s", after.Former, longest)
			}
		}
	})
}
