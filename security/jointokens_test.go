package security

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/token"
)

// joinToken is what a newcomer presents.
type joinToken struct {
	id     string
	secret token.Secret
}

func (n *node) joinToken(ttl time.Duration) joinToken {
	n.world.t.Helper()
	created, err := n.CreateJoinToken(n.world.t.Context(), elastic, ttl)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return n.world.joinToken(created)
}

func (w *world) joinToken(created JoinToken) joinToken {
	w.t.Helper()
	id, secret, _ := strings.Cut(created.Value, " ")
	return joinToken{id, w.secret(secret)}
}

// newcomer is a node that wants to join.
func newcomer(id, name string) Member {
	return Member{ID: id, Name: name, TransportAddress: "127.0.0.1:9400", HTTPAddress: "127.0.0.1:9500"}
}

// admit has a newcomer present a token while Raft knows the nodes of the world
// and the ids besides.
func (n *node) admit(j joinToken, m Member, inRaft ...string) error {
	for _, other := range n.world.nodes {
		inRaft = append(inRaft, other.member.ID)
	}
	inCluster := func(id string) bool { return slices.Contains(inRaft, id) }
	return n.AdmitNode(n.world.t.Context(), j.id, j.secret, m, inCluster)
}

func (n *node) mustAdmit(j joinToken, m Member, inRaft ...string) {
	n.world.t.Helper()
	if err := n.admit(j, m, inRaft...); err != nil {
		n.world.t.Fatalf("%s is not admitted: %v", m.Name, err)
	}
	if got, ok := n.state.Current().Member(m.ID); !ok || *got != record(m) {
		n.world.t.Errorf("the state has %+v, want %+v", got, record(m))
	}
}

// expectNodeError checks the kind of a refusal, and what it talks of.
func expectNodeError(t testing.TB, err error, kind NodeErrorKind, about string) {
	t.Helper()
	e, ok := errors.AsType[*NodeError](err)
	if !ok || e.Kind != kind || !strings.Contains(e.Reason, about) {
		t.Errorf("error %v (%T), want one of kind %d about %q", err, err, kind, about)
	}
}

func TestAJoinTokenIsRecordedWithoutItsSecret(t *testing.T) {
	n := oneNode(t)
	created, err := n.CreateJoinToken(t.Context(), elastic, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if in := n.world.now.Add(time.Hour); !created.Expires.Equal(in) {
		t.Errorf("it expires at %v, want %v", created.Expires, in)
	}
	j := n.world.joinToken(created)
	record, ok := n.state.Current().JoinToken(j.id)
	if !ok || strings.Contains(record.Hash.Reveal(), j.secret.Reveal()) || !matchesFast(record.Hash, j.secret) {
		t.Fatal("the record does not have a hash of the secret")
	}
	shown := *record
	shown.Hash = ""
	want := fsm.JoinToken{
		ID: j.id, Expires: created.Expires.UnixMilli(),
		Creator: fsm.Creator{Principal: "elastic", Realm: "reserved"},
	}
	if shown != want {
		t.Errorf("the record is %+v, want %+v", shown, want)
	}
}

func TestAJoinTokenLivesFromASecondToThirtyDays(t *testing.T) {
	n := oneNode(t)
	const day = 24 * time.Hour
	for ttl, want := range map[time.Duration]time.Duration{0: day, time.Second: time.Second, 30 * day: 30 * day} {
		created, err := n.CreateJoinToken(t.Context(), elastic, ttl)
		if err != nil || created.Expires.Sub(n.world.now) != want {
			t.Errorf("asked for %v: lives for %v, %v", ttl, created.Expires.Sub(n.world.now), err)
		}
	}
	n.leader.expectTrips(3, 0)
	for _, ttl := range []time.Duration{-time.Hour, 1, time.Second - 1, 30*day + 1} {
		_, err := n.CreateJoinToken(t.Context(), elastic, ttl)
		expectNodeError(t, err, NodeInvalid, "from 1s to 30d")
	}
	n.leader.expectTrips(0, 0)
}

func TestTheProgramThatRunsTheNodeMakesJoinTokens(t *testing.T) {
	n := oneNode(t)
	created, err := n.CreateLocalJoinToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n.mustAdmit(n.world.joinToken(created), newcomer("id-9", "node-9"))
}

func TestAJoinTokenThatCannotBeToldIsAnError(t *testing.T) {
	n := oneNode(t)
	n.others.withoutText = errors.New("no CA")
	if _, err := n.CreateJoinToken(t.Context(), elastic, 0); !errors.Is(err, n.others.withoutText) {
		t.Errorf("%v", err)
	}
	n.leader.failure = ErrNoLeader
	if created, err := n.CreateJoinToken(t.Context(), elastic, 0); !errors.Is(err, ErrNoLeader) || created != (JoinToken{}) {
		t.Errorf("%+v, %v", created, err)
	}
}

func TestAJoinTokenLetsOneNodeIn(t *testing.T) {
	n := oneNode(t)
	j := n.joinToken(0)
	n.mustAdmit(j, newcomer("id-9", "node-9"))
	expectNodeError(t, n.admit(j, newcomer("id-10", "node-10")), NodeDenied, "each node needs its own")
	if _, ok := n.state.Current().Member("id-10"); ok {
		t.Error("the other node is a member")
	}
}

func TestAJoinThatWasCutOffIsRepeatedByTheSameNode(t *testing.T) {
	n := oneNode(t)
	j := n.joinToken(0)
	m := newcomer("id-9", "node-9")
	n.mustAdmit(j, m)
	n.mustAdmit(j, m)
	m.Name, m.HTTPAddress = "node-90", "127.0.0.1:9999"
	n.mustAdmit(j, m)
}

func TestAJoinTokenEndsInTime(t *testing.T) {
	n := oneNode(t)
	j := n.joinToken(time.Minute)
	n.world.now = n.world.now.Add(time.Minute - 1)
	n.mustAdmit(j, newcomer("id-9", "node-9"))

	j = n.joinToken(time.Minute)
	n.world.now = n.world.now.Add(time.Minute)
	expectNodeError(t, n.admit(j, newcomer("id-10", "node-10")), NodeDenied, "time is over")

	n.joinToken(0) // the state drops what is over
	expectNodeError(t, n.admit(j, newcomer("id-10", "node-10")), NodeDenied, "time is over")
}

func TestAWrongJoinTokenIsDeniedWithoutTheLog(t *testing.T) {
	n := oneNode(t)
	j, other := n.joinToken(0), n.joinToken(0)
	n.leader.expectTrips(2, 0)
	m := newcomer("id-9", "node-9")
	refusals := []error{
		n.admit(joinToken{j.id, other.secret}, m),
		n.admit(joinToken{j.id, token.Secret{}}, m),
		n.admit(joinToken{"unknown", j.secret}, m),
		n.admit(joinToken{}, m),
	}
	for _, err := range refusals {
		expectNodeError(t, err, NodeDenied, "unknown, or its time is over")
	}
	n.leader.expectTrips(0, 0)
}

func TestANodesNameIsUniqueAmongTheMembers(t *testing.T) {
	n := oneNode(t)
	err := n.admit(n.joinToken(0), newcomer("id-9", "node-0"))
	expectNodeError(t, err, NodeConflict, "named [node-0]")

	n.mustAdmit(n.joinToken(0), newcomer("id-10", "node-10"))
	err = n.admit(n.joinToken(0), newcomer("id-11", "node-10"), "id-10")
	expectNodeError(t, err, NodeConflict, "named [node-10]")
}

// What votes twice under one id can lose what was acknowledged.
func TestACopyOfAMembersDirectoryIsNotAdmitted(t *testing.T) {
	n := oneNode(t)
	used := n.joinToken(0)
	n.mustAdmit(used, newcomer("id-9", "node-9"))
	expectNodeError(t, n.admit(n.joinToken(0), newcomer("id-9", "copy"), "id-9"), NodeConflict, "never with a copy")
	n.mustAdmit(used, newcomer("id-9", "node-9"), "id-9") // the same join, repeated
}

// A node that was admitted and never came into Raft's configuration, or was
// taken out of it, has no claim to its name.
func TestTheNameOfANodeThatRaftDoesNotKnowIsFree(t *testing.T) {
	n := oneNode(t)
	n.mustAdmit(n.joinToken(0), newcomer("id-9", "node-9"))
	n.mustAdmit(n.joinToken(0), newcomer("id-10", "node-9"))
	if _, ok := n.state.Current().Member("id-9"); ok {
		t.Error("the former holder of the name is still a member")
	}
}

func TestARemovedNodeDoesNotComeBack(t *testing.T) {
	n := oneNode(t)
	m := newcomer("id-9", "node-9")
	n.mustAdmit(n.joinToken(0), m)
	for range 2 { // to record it again is harmless
		if err := n.RetireNode(t.Context(), "id-9"); err != nil {
			t.Fatal(err)
		}
	}
	expectNodeError(t, n.admit(n.joinToken(0), m), NodeDenied, "empty path.data")
	expectNodeError(t, n.UpdateNode(t.Context(), renamed(m, "node-90")), NodeDenied, "empty path.data")

	m.ID = "id-10"
	n.mustAdmit(n.joinToken(0), m)
}

func renamed(m Member, name string) Member {
	m.Name = name
	return m
}
