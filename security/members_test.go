package security

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"jeton/fsm"
)

func TestANewClusterBeginsWithWhatItsFounderSays(t *testing.T) {
	t.Parallel()
	n := newWorld(t).node()
	n.foundWith(n.world.secret("a password of the founder's"))
	s := n.state.Current()
	if !reflect.DeepEqual(*s.Cluster(), fsm.Cluster{UUID: "the-uuid", Name: "the-cluster"}) || s.CA().Certificate != "the certificate" {
		t.Errorf("%+v, %+v", s.Cluster(), s.CA())
	}
	if m, ok := s.Member("id-0"); !ok || *m != record(n.member) {
		t.Errorf("the founder is %+v", m)
	}
	n.expectAccepted(basic(ReservedUser, "a password of the founder's"))
}

func TestAClusterFoundedTwiceStaysAsItWas(t *testing.T) {
	t.Parallel()
	n := newWorld(t).node()
	n.foundWith(n.world.secret("a password of the founder's"))
	n.foundWith(n.world.secret("another password"))
	n.expectAccepted(basic(ReservedUser, "a password of the founder's"))
	n.expectRefused(basic(ReservedUser, "another password"), badUser(ReservedUser))
}

func TestAClusterIsNotFoundedWithoutALeader(t *testing.T) {
	t.Parallel()
	n := newWorld(t).node()
	n.leader.failure = ErrNoLeader
	if _, err := n.FoundCluster(t.Context(), Founding{Founder: n.member}); !errors.Is(err, ErrNoLeader) {
		t.Errorf("%v", err)
	}
}

func TestAMemberThatHasNotChangedCostsNothing(t *testing.T) {
	n := oneNode(t)
	if err := n.UpdateNode(t.Context(), n.member); err != nil {
		t.Fatal(err)
	}
	n.leader.expectTrips(0, 0)
}

func TestAMembersNewNameAndAddressesAreRecorded(t *testing.T) {
	n := oneNode(t)
	m := n.member
	m.Name, m.TransportAddress, m.HTTPAddress = "renamed", "[::1]:9301", "node.example:443"
	if err := n.UpdateNode(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got, _ := n.state.Current().Member(m.ID); *got != record(m) {
		t.Errorf("the state has %+v, want %+v", got, record(m))
	}
}

func TestAMemberDoesNotTakeTheNameOfAnother(t *testing.T) {
	n := oneNode(t)
	m := newcomer("id-9", "node-9")
	n.mustAdmit(n.joinToken(0), m)
	expectNodeError(t, n.UpdateNode(t.Context(), renamed(m, "node-0")), NodeConflict, "named [node-0]")
}

func TestANodeWithoutARecordIsToldToJoin(t *testing.T) {
	n := oneNode(t)
	expectNodeError(t, n.UpdateNode(t.Context(), newcomer("id-9", "node-9")), NodeUnknown, "empty path.data")
}

func TestWhatANodeSaysOfItselfIsChecked(t *testing.T) {
	n := oneNode(t)
	j := n.joinToken(0)
	n.leader.expectTrips(1, 0)
	for name, c := range map[string]struct {
		about  string
		change func(*Member)
	}{
		"no id":                      {"id", func(m *Member) { m.ID = "" }},
		"a long id":                  {"id", func(m *Member) { m.ID = strings.Repeat("x", 65) }},
		"no name":                    {"name", func(m *Member) { m.Name = "" }},
		"a long name":                {"name", func(m *Member) { m.Name = strings.Repeat("x", 256) }},
		"a name with a blank":        {"name", func(m *Member) { m.Name = "node 9" }},
		"a name with a line end":     {"name", func(m *Member) { m.Name = "node\n9" }},
		"a name with an escape":      {"name", func(m *Member) { m.Name = "node\x1b[2J" }},
		"a name that shows nothing":  {"name", func(m *Member) { m.Name = "node\u200b9" }},
		"a name that is not UTF-8":   {"name", func(m *Member) { m.Name = "node\xff9" }},
		"no transport address":       {"address", func(m *Member) { m.TransportAddress = "" }},
		"no HTTP address":            {"address", func(m *Member) { m.HTTPAddress = "" }},
		"an address without a port":  {"address", func(m *Member) { m.HTTPAddress = "127.0.0.1" }},
		"an address, an empty port":  {"address", func(m *Member) { m.HTTPAddress = "127.0.0.1:" }},
		"an address without a host":  {"address", func(m *Member) { m.TransportAddress = ":9300" }},
		"IPv6 without brackets":      {"address", func(m *Member) { m.TransportAddress = "::1:9300" }},
		"an address of 300 and more": {"address", func(m *Member) { m.HTTPAddress = strings.Repeat("x", 300) + ":1" }},
	} {
		t.Run(name, func(t *testing.T) {
			m := newcomer("id-9", "node-9")
			c.change(&m)
			expectNodeError(t, n.admit(j, m), NodeInvalid, "the node's "+c.about)
			expectNodeError(t, n.UpdateNode(t.Context(), m), NodeInvalid, "the node's "+c.about)
			n.leader.expectTrips(0, 0)
		})
	}
	n.mustAdmit(j, newcomer(strings.Repeat("x", 64), strings.Repeat("ü", 127)))
}
