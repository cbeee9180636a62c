package fsm

import "testing"

func TestAReplicaIsOneUntilItIsSaidOtherwise(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")})
	want(t, "demote", s.do(&SetMemberVoting{ID: "id1"}), OK)
	want(t, "demote again", s.do(&SetMemberVoting{ID: "id1"}), Unchanged)
	moved := member("id1", "node1")
	moved.TransportAddress = "elsewhere:9300"
	s.mustDo(&UpdateMember{Member: moved}, &AdmitMember{TokenID: "jt", Member: moved})
	want(t, "a replica after it has moved", s.Current().Replica("id1"), true)
	want(t, "the founder is a replica", s.Current().Replica("id0"), false)
	want(t, "promote", s.do(&SetMemberVoting{ID: "id1", Voting: true}), OK)
	want(t, "promote again", s.do(&SetMemberVoting{ID: "id1", Voting: true}), Unchanged)
	want(t, "a replica", s.Current().Replica("id1"), false)
}

func TestOnlyAMemberCanBeAReplica(t *testing.T) {
	s := founded(t)
	want(t, "nobody", s.do(&SetMemberVoting{ID: "id1"}), NotFound)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")}, &SetMemberVoting{ID: "id1"}, &RemoveMember{ID: "id1"})
	want(t, "one that is gone", s.do(&SetMemberVoting{ID: "id1"}), Removed)
	want(t, "still a replica", s.Current().Replica("id1"), false)
}

func TestAReplicaThatIsReplacedLeavesNothingBehind(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")}, &SetMemberVoting{ID: "id1"},
		&CreateJoinToken{Token: JoinToken{ID: "jt2", Expires: hour}},
		&AdmitMember{TokenID: "jt2", Member: member("id2", "node1"), Replaces: "id1"})
	want(t, "the one that is gone is a replica", s.Current().Replica("id1"), false)
	want(t, "its successor is a replica", s.Current().Replica("id2"), false)
}

func TestSettingsOfOneRequestCountTogetherOrNotAtAll(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutSettings{Lease: new(int64(3000))})
	late := &PutAutopilotSettings{MinQuorum: new(uint64(5)), Settings: &PutSettings{Lease: new(int64(1000))}}
	want(t, "of other settings than the maker saw", s.do(late), Changed)
	want(t, "autopilot", s.Current().Autopilot(), AutopilotSettings{})
	late.Settings.Was = 1
	want(t, "once it has looked", s.do(late), OK)
	want(t, "autopilot", s.Current().Autopilot(), AutopilotSettings{MinQuorum: 5})
	wantSettings(t, s, Settings{Lease: 1000, Version: 3})
	want(t, "the same", s.do(&PutAutopilotSettings{MinQuorum: new(uint64(5))}), Unchanged)
	want(t, "a reset", s.do(&PutAutopilotSettings{MinQuorum: new(uint64(0))}), OK)
	want(t, "autopilot", s.Current().Autopilot(), AutopilotSettings{})
	wantSettings(t, s, Settings{Lease: 1000, Version: 3})
}
