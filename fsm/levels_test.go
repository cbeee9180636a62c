package fsm

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// ofTheFirstLevel are the command types of the release 0.4, which has no levels.
// The list is closed: a command that is not in it needs a level.
var ofTheFirstLevel = []string{
	"admit_member", "create_join_token", "create_oauth_token", "create_service_token",
	"delete_application_privilege", "delete_role", "delete_service_account", "delete_service_token", "delete_user",
	"found_cluster", "invalidate_oauth_token", "invalidate_oauth_tokens", "note_token_uses", "purge_expired",
	"put_application_privilege", "put_role", "put_service_account", "put_settings", "put_user",
	"refresh_oauth_token", "remove_member", "rotate_service_token", "set_password", "set_user_enabled",
	"settle_settings", "update_member",
}

func TestEveryCommandHasALevel(t *testing.T) {
	for name, newCommand := range commands {
		switch level := LevelOf(newCommand()); {
		case slices.Contains(ofTheFirstLevel, name):
			want(t, "level of "+name, level, 1)
		case level < 2 || level > Level:
			t.Errorf("%s is of level %d: give it a row in levels, from 2 to %d", name, level, Level)
		}
	}
	for _, name := range append(slices.Collect(maps.Keys(levels)), ofTheFirstLevel...) {
		if commands[name] == nil {
			t.Errorf("there is no command %s any more: what is in logs must stay readable", name)
		}
	}
}

func TestEveryLevelHasCommandsWithGoldens(t *testing.T) {
	for level := 1; level <= Level; level++ {
		of := func(p Proposal) bool { return LevelOf(p.Command) == level }
		if !slices.ContainsFunc(slices.Collect(maps.Values(goldenProposals)), of) {
			t.Errorf("no golden proposal is of level %d", level)
		}
	}
}

// everybody raises the level as a leader does that has asked all members.
func (s *story) everybody() *RaiseLevel {
	c := &RaiseLevel{Level: Level}
	for m := range s.Current().Members() {
		c.Members = append(c.Members, m.ID)
	}
	return c
}

func TestALevelIsRaisedAndNeverFalls(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	want(t, "level of a new cluster", s.Current().Level(), 1)
	s.mustDo(s.everybody())
	want(t, "level", s.Current().Level(), Level)
	for _, level := range []int{Level, 1, 0, -1} {
		want(t, "the same or a lower one", s.do(&RaiseLevel{Level: level, Members: s.everybody().Members}), Unchanged)
	}
	want(t, "level after that", s.Current().Level(), Level)
}

// Between the leader's question and the entry another leader may have let somebody
// in, who was not asked.
func TestALevelIsNotRaisedOverTheHeadOfANewMember(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	raise := s.everybody()
	s.mustDo(&CreateJoinToken{Token: JoinToken{ID: "jt", Expires: 9}}, &AdmitMember{TokenID: "jt", Member: Member{ID: "new", Name: "new"}})
	want(t, "raise without the new member", s.do(raise), Changed)
	want(t, "level", s.Current().Level(), 1)
	s.mustDo(s.everybody())
}

func TestACommandAboveTheClustersLevelDoesNotPassTheCheck(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	state := *s.Current()
	later := &laterCommand{RemoveMember{ID: "x"}}
	if err := state.reached(later); !errors.Is(err, ErrAboveLevel) || !strings.Contains(err.Error(), "upgrade") {
		t.Errorf("got %v, want ErrAboveLevel", err)
	}
	state.level = Level
	if err := state.reached(later); err != nil {
		t.Errorf("at its level: %v", err)
	}
	raise := encode(t, Proposal{ID: "raise", Command: s.everybody()})
	if err := s.Check(raise); err != nil {
		t.Errorf("the raise itself: %v", err)
	}
}

// laterCommand borrows the type of a command of the latest level.
type laterCommand struct{ RemoveMember }

func (*laterCommand) Type() string { return "raise_level" }

// A release that does not know a level stops at the entry that raises to it, at the
// commands of it, and at a snapshot behind it. None is skipped.
func TestAMachineOfAFormerLevelStops(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	before := saved(t, s.Machine)
	raise := encode(t, Proposal{ID: "raise", Seen: 1, Command: s.everybody()})

	older := NewOfLevel(Level - 1)
	if err := older.Restore(bytes.NewReader(before)); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"check":   older.Check(raise),
		"apply":   older.Apply(2, raise),
		"restore": older.Restore(bytes.NewReader(saved(t, func() *Machine { s.mustDo(s.everybody()); return s.Machine }()))),
	} {
		if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "run a newer release") {
			t.Errorf("%s: got %v, want ErrUnreadable", what, err)
		}
	}
	want(t, "index of the older machine", older.Index(), 1)

	far := encode(t, Proposal{ID: "far", Seen: 2, Command: &RaiseLevel{Level: Level + 1}})
	if err := s.Apply(3, far); !errors.Is(err, ErrUnreadable) {
		t.Errorf("a level that this release does not know: got %v, want ErrUnreadable", err)
	}
}
