package fsm

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// anyCommand draws from few names, so that commands meet each other.
func anyCommand() *rapid.Generator[Command] {
	account := rapid.SampledFrom([]string{fleet, fleet + "-remote", "elastic/kibana"})
	name := rapid.SampledFrom([]string{"", "a", "ab", "b", "ü<&>\u2028"})
	id := rapid.SampledFrom([]string{"", "id0", "id1", "id2"})
	joinToken := rapid.SampledFrom([]string{"jt0", "jt1", "jt2"})
	now := rapid.Int64Range(0, 10)
	secret := rapid.Map(rapid.String(), func(s string) Sensitive { return Sensitive(s) })
	creator := rapid.Map(rapid.String(), func(s string) Creator { return Creator{Principal: s, Realm: "reserved"} })
	member := rapid.Custom(func(t *rapid.T) Member {
		return Member{
			ID: id.Draw(t, "member"), Name: "node" + name.Draw(t, "node name"),
			TransportAddress: rapid.String().Draw(t, "transport address"), HTTPAddress: "127.0.0.1:9200",
		}
	})
	return rapid.Custom(func(t *rapid.T) Command {
		switch rapid.IntRange(0, 9).Draw(t, "command") {
		case 0, 1, 2:
			return &CreateServiceToken{ServiceToken{
				Account: account.Draw(t, "account"), Name: name.Draw(t, "name"), Hash: secret.Draw(t, "hash"),
				Created: now.Draw(t, "now"), Creator: creator.Draw(t, "creator"),
			}}
		case 3:
			return &DeleteServiceToken{Account: account.Draw(t, "account"), Name: name.Draw(t, "name")}
		case 4, 5:
			token := JoinToken{ID: joinToken.Draw(t, "join token"), Hash: secret.Draw(t, "hash"), Expires: now.Draw(t, "expires")}
			return &CreateJoinToken{Token: token, Now: now.Draw(t, "now")}
		case 6, 7:
			return &AdmitMember{
				TokenID: joinToken.Draw(t, "join token"), Now: now.Draw(t, "now"),
				Member: member.Draw(t, "member"), Replaces: id.Draw(t, "replaces"),
			}
		case 8:
			return &UpdateMember{member.Draw(t, "member")}
		default:
			return rapid.SampledFrom([]Command{founding(), &RemoveMember{"id0"}, &RemoveMember{"id1"}, &RemoveMember{""}}).Draw(t, "rare")
		}
	})
}

func TestTheMachineDoesWhatTheModelDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machine, model := &story{Machine: New(), t: t}, newModel()
		machine.mustDo(founding())
		model.apply(founding())
		for i, c := range rapid.SliceOfN(anyCommand(), 0, 100).Draw(t, "commands") {
			want(t, fmt.Sprintf("command %d, %s", i, c.Type()), machine.do(c), model.apply(c))
		}
		wantContents(t, contentsOf(machine.Current()), model.contents())
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
		for _, p := range rapid.SliceOfN(anyProposal(), 0, 60).Draw(t, "proposals") {
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				snapshot := saved(t, restarted.Machine)
				restarted.Machine = New()
				restarted.restore(snapshot)
			}
			want(t, "outcome", restarted.propose(p), steady.propose(p))
			wantSame(t, steady.Machine, restarted.Machine)
		}
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
		for _, p := range rapid.SliceOfN(anyProposal(), 0, 60).Draw(t, "proposals") {
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
