package fsm

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestTheMachineDoesWhatTheModelDoes(t *testing.T) {
	for name, commands := range map[string]*rapid.Generator[Command]{
		"anything": anyCommand(), "OAuth tokens": anyOAuthCommand(), "service tokens": anyTokenCommand(), "settings": anySettingsCommand(), "restores": anyRestoreCommand(),
	} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			machine, model := &story{Machine: New(), t: t}, newModel()
			machine.mustDo(founding())
			model.apply(founding())
			for i, c := range someOf(commands).Draw(t, "commands") {
				machine.maybeRestart(t)
				c = machine.aimed(c)
				want(t, fmt.Sprintf("command %d, %s", i, c.Type()), machine.do(c), model.apply(c))
				wantIndexed(t, machine.Current())
			}
			wantContents(t, contentsOf(machine.Current()), model.contents())
		}))
	}
}

// maybeRestart is, one time in ten, the end of a process and the start of another
// from its snapshot.
func (s *story) maybeRestart(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
		snapshot := saved(t, s.Machine)
		s.Machine = New()
		s.restore(snapshot)
	}
}

// Ids come again here after a purge, and mean another token then: each token is
// known by the number of its making.
func TestATokenIsRefreshedAtMostOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{Machine: New(), t: t}
		making, spent := map[string]int{}, map[int]bool{}
		for i, c := range someOf(anyOAuthCommand()).Draw(t, "commands") {
			s.maybeRestart(t)
			if s.do(c) != OK {
				continue
			}
			switch c := c.(type) {
			case *CreateOAuthToken:
				making[c.Token.ID] = i
			case *RefreshOAuthToken:
				if spent[making[c.ID]] {
					t.Fatalf("command %d refreshed %q a second time", i, c.ID)
				}
				spent[making[c.ID]] = true
				making[c.New.ID] = i
			}
		}
	})
}

// anyProposal is one of a few ids, so that some come again, and with them
// another command: the second is then the one that must not count.
func anyProposal() *rapid.Generator[Proposal] {
	return rapid.Custom(func(t *rapid.T) Proposal {
		return Proposal{
			ID:      fmt.Sprint("p", rapid.IntRange(0, 200).Draw(t, "id")),
			Seen:    rapid.Uint64().Draw(t, "seen"),
			Command: anyCommand().Draw(t, "command"),
		}
	})
}

func TestAMachineThatIsRestartedEqualsOneThatIsNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steady, restarted := &story{Machine: New(), t: t}, &story{Machine: New(), t: t}
		for _, p := range someOf(anyProposal()).Draw(t, "proposals") {
			restarted.maybeRestart(t)
			want(t, "outcome", restarted.propose(p), steady.propose(p))
		}
		wantSame(t, steady.Machine, restarted.Machine)
	})
}

func TestAStateIsUnchangedByWhatComesAfterIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type taken struct {
			state *State
			then  contents
		}
		s := &story{Machine: New(), t: t}
		var history []taken
		for _, p := range someOf(anyProposal()).Draw(t, "proposals") {
			history = append(history, taken{s.Current(), contentsOf(s.Current())})
			s.propose(p)
		}
		s.restore(saved(t, New()))
		for index, h := range history {
			want(t, "index", h.state.Index(), uint64(index))
			wantContents(t, contentsOf(h.state), h.then)
		}
	})
}
