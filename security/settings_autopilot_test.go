package security

import (
	"testing"
	"time"

	"jeton/fsm"
)

func TestAutopilotBeginsWithTheDefaults(t *testing.T) {
	want := Autopilot{
		DeadServerThreshold: 24 * time.Hour, LastContactThreshold: 10 * time.Second,
		MaxTrailingLogs: 1000, MinQuorum: 3, ServerStabilization: 10 * time.Second,
	}
	if got := oneNode(t).clusterSettings().Autopilot; got != (AutopilotSettings{Autopilot: want}) {
		t.Errorf("%+v", got)
	}
}

func TestASettingOfAutopilotIsInForceUntilItIsReset(t *testing.T) {
	n := oneNode(t)
	n.putSettings(SettingsChange{Autopilot: AutopilotChange{
		CleanupDeadServers: to(true), DeadServerThreshold: to(time.Hour), LastContactThreshold: to(3 * time.Second),
		MaxTrailingLogs: to(uint64(7)), MinQuorum: to(uint64(5)), ServerStabilization: to(time.Minute),
	}})
	got := n.clusterSettings().Autopilot
	want := AutopilotSettings{
		Autopilot{true, time.Hour, 3 * time.Second, 7, 5, time.Minute}, true, true, true, true, true, true,
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	n.putSettings(SettingsChange{Autopilot: AutopilotChange{CleanupDeadServers: &Change[bool]{Reset: true}, MinQuorum: &Change[uint64]{Reset: true}}})
	got = n.clusterSettings().Autopilot
	if got.CleanupDeadServers || got.CleanupDeadServersSet || got.MinQuorum != 3 || got.MinQuorumSet || !got.MaxTrailingLogsSet {
		t.Errorf("after the reset %+v", got)
	}
}

// The lease is changed in the same step, and who may go on by the former one is
// waited for.
func TestSettingsOfBothKindsAreOneChange(t *testing.T) {
	n := oneNode(t)
	n.putSettings(SettingsChange{Lease: to(3 * time.Second), Autopilot: AutopilotChange{MinQuorum: to(uint64(5))}})
	n.leader.expectTrips(1, 0)
	if got := n.clusterSettings(); got.Lease != 3*time.Second || got.Former != 5*time.Second || got.Autopilot.MinQuorum != 5 {
		t.Errorf("%+v", got)
	}
}

func TestAValueOfAutopilotOutsideItsBoundsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change AutopilotChange
		want   error
	}{
		"a quorum that can lose nobody": {AutopilotChange{MinQuorum: to(uint64(2))}, &ArgumentError{"failed to parse value [2] for setting [autopilot.min_quorum], must be >= [3]"}},
		"no trailing logs":              {AutopilotChange{MaxTrailingLogs: to(uint64(0))}, &ArgumentError{"failed to parse value [0] for setting [autopilot.max_trailing_logs], must be >= [1]"}},
		"too many":                      {AutopilotChange{MaxTrailingLogs: to(uint64(1_000_001))}, &ArgumentError{"failed to parse value [1000001] for setting [autopilot.max_trailing_logs], must be <= [1000000]"}},
		"a death within a minute":       {AutopilotChange{DeadServerThreshold: to(59 * time.Second)}, &SettingError{SettingDeadServerThreshold, 59 * time.Second, time.Minute}},
		"a contact that is always lost": {AutopilotChange{LastContactThreshold: to(time.Millisecond)}, &SettingError{SettingLastContactThreshold, time.Millisecond, time.Second}},
		"a newcomer that never settles": {AutopilotChange{ServerStabilization: to(2 * time.Hour)}, &SettingError{SettingServerStabilization, 2 * time.Hour, time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			n := oneNode(t)
			err := n.PutClusterSettings(t.Context(), elastic, SettingsChange{Autopilot: c.change})
			if err == nil || err.Error() != c.want.Error() {
				t.Errorf("error %v, want %v", err, c.want)
			}
			n.leader.expectTrips(0, 0)
		})
	}
}

func TestANodeIsPromotedAndDemotedByItsName(t *testing.T) {
	n := oneNode(t)
	if err := n.DemoteNode(t.Context(), elastic, "node-0"); err != nil {
		t.Fatal(err)
	}
	if err := n.PromoteNode(t.Context(), elastic, "id-0"); err != nil {
		t.Fatal(err)
	}
	if got := n.peers.(auditedPeers).peers.(*neighbours).votes; len(got) != 2 || got[0] != "-id-0" || got[1] != "id-0" {
		t.Errorf("asked for %q", got)
	}
	expectNodeError(t, n.DemoteNode(t.Context(), elastic, "nobody"), NodeUnknown, "no node [nobody]")
}

func TestWhetherAMemberVotesIsRecordedOnceAndForMembersOnly(t *testing.T) {
	n := oneNode(t)
	for range 2 {
		if err := n.RecordVoting(t.Context(), "id-0", false); err != nil {
			t.Fatal(err)
		}
	}
	if !n.state.Current().Replica("id-0") {
		t.Error("no replica")
	}
	expectNodeError(t, n.RecordVoting(t.Context(), "nobody", false), NodeUnknown, "no member any more")
}

func TestTheStateOfANodeIsOneWord(t *testing.T) {
	well := Node{Answers: true, Voter: true, Healthy: true}
	for want, change := range map[string]func(*Node){
		StateOK:         func(*Node) {},
		StateLeader:     func(n *Node) { n.Leader = true },
		StateLeaving:    func(n *Node) { n.Leaving, n.Leader = true, true },
		StateSilent:     func(n *Node) { n.Answers = false },
		StateCatchingUp: func(n *Node) { n.Lag, n.Voter = behind+1, false },
		StateSettling:   func(n *Node) { n.Voter = false },
		StateUnwell:     func(n *Node) { n.Healthy = false },
	} {
		n := well
		change(&n)
		if got := n.state(true); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := (Node{Answers: true, Replica: true}).state(false); got != StateOK {
		t.Errorf("a replica of which no leader tells is %s", got)
	}
}

// A replica that is down leaves the cluster green, and one that answers and that the
// leader does not find well does not.
func TestGreenIsUpToThoseThatAreMeantToVote(t *testing.T) {
	n := oneNode(t)
	n.member.Leader, n.member.Voter = true, true
	other := n.world.node()
	other.dead, other.member.Voter = true, false
	expect := func(status string, tolerance int) {
		t.Helper()
		h, err := n.Health(t.Context(), elastic)
		if err != nil || h.Status != status || h.FailureTolerance != tolerance {
			t.Errorf("%+v, %v, want %s and %d", h, err, status, tolerance)
		}
	}
	expect("yellow", 0)
	n.propose(&fsm.CreateJoinToken{Token: fsm.JoinToken{ID: "jt", Expires: 1}})
	n.propose(&fsm.AdmitMember{TokenID: "jt", Member: fsm.Member{ID: "id-1", Name: "node-1"}})
	n.propose(&fsm.SetMemberVoting{ID: "id-1"})
	expect("green", 0)
	told := &Overview{FailureTolerance: 1, Members: map[string]MemberHealth{"id-0": {Healthy: true}, "id-1": {Silent: true}}}
	n.peers.(auditedPeers).peers.(*neighbours).overview = told
	expect("green", 1)
	if r := n.Resilience(); r != (Resilience{Known: true, FailureTolerance: 1, MeantToVote: 1}) {
		t.Errorf("%+v", r)
	}
	other.dead, other.member.Voter = false, true
	n.propose(&fsm.SetMemberVoting{ID: "id-1", Voting: true})
	expect("yellow", 1)
}
