package security

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"jeton/fsm"
)

func TestTheNodesAreListedByNameWithWhatTheyAnswer(t *testing.T) {
	w := newWorld(t)
	first, second, third := w.node(), w.node(), w.node()
	first.found()
	first.member.Name = "zebra"
	second.dead = true
	third.garbled, third.member.Voter = true, false

	got, err := third.Nodes(t.Context(), elastic)
	if err != nil {
		t.Fatal(err)
	}
	silent := Node{CPUPercent: -1, RAMPercent: -1, HeapPercent: -1, State: StateSilent, Lag: -1, Silence: -1}
	node1, node2 := silent, silent
	node1.ID, node1.Name, node1.Voter = "id-1", "node-1", true
	node1.TransportAddress, node1.HTTPAddress = "127.0.0.1:9301", "127.0.0.1:9201"
	node2.ID, node2.Name = "id-2", "node-2"
	node2.TransportAddress, node2.HTTPAddress = "127.0.0.1:9302", "127.0.0.1:9202"
	want := NodesInfo{
		ClusterName: "", // the third node has not heard of the founding
		Consistency: ConsistencyLease,
		Level:       1, // nor of what came after it
		Header: NodesHeader{Total: 3, Successful: 1, Failed: 2, Failures: []NodeFailure{
			{NodeID: "id-1", Name: "node-1", Reason: "connection refused"},
			{NodeID: "id-2", Name: "node-2", Reason: "invalid character '<' looking for beginning of value"},
		}},
		Nodes: []Node{node1, node2, {
			ID: "id-0", Name: "zebra", TransportAddress: "127.0.0.1:9300", HTTPAddress: "127.0.0.1:9200",
			Version: "1.2.3", Leader: true, Voter: true, Answers: true, Index: 2, CPUPercent: 7, Lease: 4900 * time.Millisecond, Level: fsm.Level,
			State: StateLeader, Silence: -1,
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("nodes\n%+v, want\n%+v", got, want)
	}
}

func TestHealth(t *testing.T) {
	// One letter a node: L leads and votes, v votes, n does not vote yet;
	// a small x behind it: it does not answer.
	for members, want := range map[string]Health{
		"":             {Status: "red"},
		"L":            {Status: "green", NumberOfNodes: 1},
		"v":            {Status: "red", NumberOfNodes: 1},
		"L v v":        {Status: "green", NumberOfNodes: 3},
		"L v vx":       {Status: "yellow", NumberOfNodes: 2},
		"L v n":        {Status: "yellow", NumberOfNodes: 3},
		"L v nx":       {Status: "yellow", NumberOfNodes: 2},
		"L vx vx":      {Status: "red", NumberOfNodes: 1},
		"L vx":         {Status: "red", NumberOfNodes: 1},
		"L vx n n":     {Status: "red", NumberOfNodes: 3},
		"v v v":        {Status: "red", NumberOfNodes: 3},
		"Lx v v":       {Status: "red", NumberOfNodes: 2},
		"L v v vx":     {Status: "yellow", NumberOfNodes: 3},
		"L v vx vx":    {Status: "red", NumberOfNodes: 2},
		"L v v vx vx":  {Status: "yellow", NumberOfNodes: 3},
		"n L v v":      {Status: "yellow", NumberOfNodes: 4},
		"nx nx nx L v": {Status: "yellow", NumberOfNodes: 2},
	} {
		t.Run(members, func(t *testing.T) {
			w := newWorld(t)
			observer := w.node()
			w.nodes = nil // it asks, and is no member
			for _, letter := range members {
				switch letter {
				case 'L', 'v', 'n':
					n := w.node()
					n.member.Leader, n.member.Voter = letter == 'L', letter != 'n'
				case 'x':
					w.nodes[len(w.nodes)-1].dead = true
				}
			}
			want.Consistency = ConsistencyLease
			got, err := observer.Health(t.Context(), elastic)
			if err != nil || got != want {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestANodeTellsWhatItIsPartOf(t *testing.T) {
	n := newWorld(t).node()
	expectInfo := func(want Info) {
		t.Helper()
		if got, err := n.Info(t.Context(), elastic); got != want || err != nil {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	expectInfo(Info{NodeName: "node-0", ClusterUUID: "_na_"})
	n.found()
	expectInfo(Info{NodeName: "node-0", ClusterName: "the-cluster", ClusterUUID: "the-uuid"})
}

func TestTheCAsCertificateIsToldAndItsKeyIsNot(t *testing.T) {
	n := newWorld(t).node()
	if _, err := n.CAStatus(t.Context(), elastic); !errors.Is(err, ErrNoLeader) {
		t.Errorf("before the founding: %v", err)
	}
	n.found()
	if got, err := n.CAStatus(t.Context(), elastic); string(got.Certificates) != "the certificate" || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestANodeIsReadyWhenItHasCaughtUp(t *testing.T) {
	n := oneNode(t)
	if err := n.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	n.leader.expectTrips(0, 1)
	n.leader.failure = ErrNotMember
	if err := n.Ready(t.Context()); !errors.Is(err, ErrNotMember) {
		t.Errorf("%v", err)
	}
}

func TestANodeTellsFromWhatItDecides(t *testing.T) {
	n := oneNode(t)
	expect := func(consistency string, age time.Duration) {
		t.Helper()
		want := Freshness{Consistency: consistency, MaxAge: age, Lease: 4900 * time.Millisecond}
		if got := n.Freshness(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		health, err := n.Health(t.Context(), elastic)
		if health.Consistency != consistency || err != nil {
			t.Errorf("%+v, %v", health, err)
		}
	}
	expect(ConsistencyLease, 10*time.Minute)
	err := n.PutClusterSettings(t.Context(), elastic, SettingsChange{
		Consistency: &Change[string]{To: ConsistencyAvailable}, MaxAge: &Change[time.Duration]{To: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(ConsistencyAvailable, time.Hour)
}

// A node of a release without leases has none.
func TestANodeThatSaysNothingOfALeaseHasNone(t *testing.T) {
	var n nodeInfo
	if err := json.Unmarshal([]byte(`{"version":"0.9","index":3}`), &n); err != nil || n.lease() != 0 {
		t.Errorf("%v, %v", n.lease(), err)
	}
}

func TestANodeIsRemovedByItsNameOrItsID(t *testing.T) {
	w := newWorld(t)
	n := w.node()
	w.node()
	for _, name := range []string{"node-1", "id-1"} {
		if err := n.RemoveNode(t.Context(), elastic, name); err != nil {
			t.Error(err)
		}
	}
	expectNodeError(t, n.RemoveNode(t.Context(), elastic, "node-2"), NodeUnknown, "no node [node-2]")
	expectNodeError(t, n.RemoveNode(t.Context(), elastic, ""), NodeUnknown, "no node []")
	if want := []string{"id-1", "id-1"}; !slices.Equal(n.others.removed, want) {
		t.Errorf("removed were %v, want %v", n.others.removed, want)
	}
}

func TestTheNodeThatIsAskedToLeaveLeaves(t *testing.T) {
	w := newWorld(t)
	w.node()
	n := w.node()
	if err := n.Leave(t.Context(), elastic); err != nil || !slices.Equal(n.others.removed, []string{"id-1"}) {
		t.Errorf("removed were %v, %v", n.others.removed, err)
	}
}

func TestLeadershipGoesToTheNamedNodeOrToTheBestOne(t *testing.T) {
	w := newWorld(t)
	n := w.node()
	w.node()
	for _, name := range []string{"node-1", ""} {
		if err := n.TransferLeadership(t.Context(), elastic, name); err != nil {
			t.Error(err)
		}
	}
	expectNodeError(t, n.TransferLeadership(t.Context(), elastic, "node-2"), NodeUnknown, "no node [node-2]")
	if want := []string{"id-1", ""}; !slices.Equal(n.others.leadership, want) {
		t.Errorf("handed to %v, want %v", n.others.leadership, want)
	}
}
