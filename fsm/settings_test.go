package fsm

import "testing"

func wantSettings(t *testing.T, s *story, settings Settings) {
	t.Helper()
	want(t, "settings", s.Current().Settings(), settings)
}

func TestBeforeTheFirstChangeNoSettingIsSet(t *testing.T) { wantSettings(t, newStory(t), Settings{}) }

func TestASettingIsSetUntilItIsReset(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutSettings{Consistency: new("quorum"), Lease: new(int64(3000)), MaxAge: new(int64(60000))})
	wantSettings(t, s, Settings{Consistency: "quorum", Lease: 3000, MaxAge: 60000, Version: 1})
	s.mustDo(&PutSettings{Was: 1, Consistency: new(""), MaxAge: new(int64(0))})
	wantSettings(t, s, Settings{Lease: 3000, Version: 2})
}

// Two makers saw the same settings. The second has worked out what the first one's
// change leaves behind from settings that are gone.
func TestAChangeOfOtherSettingsThanTheMakerSawIsNone(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutSettings{Lease: new(int64(60000)), Outstanding: 5000})
	want(t, "the second", s.do(&PutSettings{Lease: new(int64(1000)), Outstanding: 5000}), Changed)
	wantSettings(t, s, Settings{Lease: 60000, Former: 5000, Version: 1})
	want(t, "the second, once it has looked", s.do(&PutSettings{Was: 1, Lease: new(int64(1000)), Outstanding: 60000}), OK)
	wantSettings(t, s, Settings{Lease: 1000, Former: 60000, Version: 3})
}

func TestAChangeThatChangesNothingLeavesNothingBehind(t *testing.T) {
	s := newStory(t)
	want(t, "a reset of what is not set", s.do(&PutSettings{Lease: new(int64(0)), Outstanding: 5000}), Unchanged)
	wantSettings(t, s, Settings{})
	s.mustDo(&PutSettings{Lease: new(int64(3000))})
	want(t, "the same", s.do(&PutSettings{Was: 2, Lease: new(int64(3000)), Outstanding: 3000}), Unchanged)
	want(t, "nothing", s.do(&PutSettings{Was: 2, Outstanding: 3000}), Unchanged)
	wantSettings(t, s, Settings{Lease: 3000, Version: 2})
}

func TestWhatFormerSettingsLeftBehindCountsUntilItIsSettled(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutSettings{Lease: new(int64(1000)), Outstanding: 60000}, &PutSettings{Was: 1, Lease: new(int64(2000)), Outstanding: 1000})
	wantSettings(t, s, Settings{Lease: 2000, Former: 60000, Version: 2})
	want(t, "settled for the first change", s.do(&SettleSettings{Version: 1}), Changed)
	wantSettings(t, s, Settings{Lease: 2000, Former: 60000, Version: 2})
	want(t, "settled for the second", s.do(&SettleSettings{Version: 2}), OK)
	wantSettings(t, s, Settings{Lease: 2000, Version: 2})
	want(t, "settled again", s.do(&SettleSettings{Version: 2}), Unchanged)
}

// A proposal that comes twice has an index for each time. The version is that of
// the first.
func TestAChangeThatComesTwiceIsOneVersion(t *testing.T) {
	s := newStory(t)
	twice := Proposal{ID: "twice", Command: &PutSettings{Lease: new(int64(3000))}}
	want(t, "first", s.propose(twice), OK)
	want(t, "second", s.propose(twice), OK)
	wantSettings(t, s, Settings{Lease: 3000, Version: 1})
}

func TestSettingsSurviveARestart(t *testing.T) {
	s, other := newStory(t), newStory(t)
	s.mustDo(&PutSettings{Consistency: new("available"), MaxAge: new(int64(60000)), Outstanding: 5000})
	other.restore(saved(t, s.Machine))
	wantSettings(t, other, Settings{Consistency: "available", MaxAge: 60000, Former: 5000, Version: 1})
	wantSame(t, s.Machine, other.Machine)
}
