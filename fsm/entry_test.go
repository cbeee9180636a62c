package fsm

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAnUnreadableEntryStopsAndChangesNothing(t *testing.T) {
	good := encode(t, Proposal{ID: "p", Seen: 1, Command: &CreateServiceToken{Token: token(fleet, "t1")}})
	entries := map[string][]byte{
		"empty":                       {},
		"only a version":              {EntryVersion},
		"a later version":             append([]byte{EntryVersion + 1}, good[1:]...),
		"no version":                  good[1:],
		"cut short":                   good[:len(good)-1],
		"data after its end":          append(bytes.Clone(good), "{}"...),
		"a brace too many":            append(bytes.Clone(good), '}'),
		"an unknown command type":     entryText(`{"id":"p","seen":1,"type":"drop_everything","command":{}}`),
		"no command type":             entryText(`{"id":"p","seen":1,"command":{}}`),
		"no command":                  entryText(`{"id":"p","seen":1,"type":"remove_member"}`),
		"an empty proposal id":        entryText(`{"id":"","seen":1,"type":"remove_member","command":{"id":"x"}}`),
		"no proposal at all":          entryText(`null`),
		"an unknown field":            entryText(`{"id":"p","seen":1,"type":"remove_member","command":{"id":"x"},"ttl":5}`),
		"an unknown field of command": entryText(`{"id":"p","seen":1,"type":"remove_member","command":{"id":"x","force":true}}`),
		"an unknown field of record":  entryText(`{"id":"p","seen":1,"type":"create_service_token","command":{"token":{"ttl":1}}}`),
		"a field of another kind":     entryText(`{"id":"p","seen":"1","type":"remove_member","command":{"id":"x"}}`),
		"a fraction":                  entryText(`{"id":"p","seen":1.5,"type":"remove_member","command":{"id":"x"}}`),
		"a negative index":            entryText(`{"id":"p","seen":-1,"type":"remove_member","command":{"id":"x"}}`),
		"more than the limit":         append(bytes.Clone(good), bytes.Repeat([]byte(" "), MaxEntry)...),
	}
	for name, entry := range entries {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.mustDo(founding())
			state, before := s.Current(), saved(t, s.Machine)
			if err := s.Check(entry); !errors.Is(err, ErrUnreadable) {
				t.Errorf("check: got %v, want ErrUnreadable", err)
			}
			if err := s.Apply(2, entry); !errors.Is(err, ErrUnreadable) {
				t.Errorf("apply: got %v, want ErrUnreadable", err)
			} else if !strings.Contains(err.Error(), "log index 2") {
				t.Errorf("apply: %q does not name the log index", err)
			}
			if s.Current() != state || !bytes.Equal(saved(t, s.Machine), before) {
				t.Error("the state has changed")
			}
		})
	}
}

func entryText(json string) []byte { return append([]byte{EntryVersion}, json...) }

func TestACommandThatDoesNotFitAnEntryIsRefusedByItsMaker(t *testing.T) {
	frame := len(encode(t, Proposal{ID: "p", Command: &RemoveMember{}}))
	largest := &RemoveMember{ID: strings.Repeat("x", MaxEntry-frame)}
	entry := encode(t, Proposal{ID: "p", Command: largest})
	want(t, "bytes of the largest entry", len(entry), MaxEntry)
	if err := New().Check(entry); err != nil {
		t.Errorf("check of the largest entry: %v", err)
	}
	largest.ID += "x"
	if _, err := Encode(Proposal{ID: "p", Command: largest}); !errors.Is(err, ErrTooLarge) || strings.Contains(err.Error(), "xx") {
		t.Errorf("one byte more: %v, want ErrTooLarge", err)
	}
}

func TestCheckAcceptsWhatApplyAccepts(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding())
	s.mustDo(s.everybody())
	for name, p := range goldenProposals {
		if err := s.Check(encode(t, p)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANewerReleaseIsAskedForByName(t *testing.T) {
	_, err := Decode(entryText(`{"id":"p","seen":1,"type":"drop_everything","command":{}}`))
	if err == nil || !strings.Contains(err.Error(), `"drop_everything"`) || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("error %v", err)
	}
}

func TestWhatAMakerKeepsOfItsCommandIsNotInTheState(t *testing.T) {
	s := newStory(t)
	create := &CreateServiceToken{Token: token(fleet, "t1")}
	s.mustDo(create)
	create.Token.Name = "changed"
	wantNames(t, s.Current(), fleet, "t1")
}
