package fsm

import (
	"slices"
	"testing"
)

func recovery() *RecoverCluster {
	return &RecoverCluster{UUID: "new", Member: member("id9", "node1"), Retired: []string{"id2"}, Level: Level}
}

func TestARecoveredClusterIsAnotherOneOfTheSurvivorAlone(t *testing.T) {
	s := newStory(t)
	founder := founding()
	s.mustDo(founder, &CreateJoinToken{Token: JoinToken{ID: "jt", Expires: 9}},
		&AdmitMember{TokenID: "jt", Member: member("id1", "node1")},
		&CreateServiceToken{Token: token(fleet, "t1")},
		&SetMemberVoting{ID: "id1"},
		&PutSettings{Lease: new(int64(3000)), Outstanding: 5000})
	s.mustDo(recovery())
	now := s.Current()
	want(t, "uuid", now.Cluster().UUID, "new")
	if former := []string{founder.Cluster.UUID}; !slices.Equal(now.Cluster().Former, former) {
		t.Errorf("former clusters %q, want %q", now.Cluster().Former, former)
	}
	want(t, "name", now.Cluster().Name, founder.Cluster.Name)
	for _, id := range []string{founder.Member.ID, "id1", "id2"} {
		if _, there := now.Member(id); there || !now.Removed(id) {
			t.Errorf("%s may come back", id)
		}
	}
	want(t, "members that are not to vote", now.replicas.Len(), 0)
	if m, there := now.MemberByName("node1"); !there || m.ID != "id9" {
		t.Errorf("the survivor is %+v", m)
	}
	if _, there := now.JoinToken("jt"); there {
		t.Error("a join token of the former cluster is good")
	}
	wantNames(t, now, fleet, "t1")
	want(t, "what is outstanding", now.Settings().Former, 0)
	want(t, "lease", now.Settings().Lease, 3000)
	want(t, "level", now.Level(), Level)
}

func TestARecoveredClusterIsRecoveredAgainByAnotherId(t *testing.T) {
	s := newStory(t)
	want(t, "before there is a cluster", s.do(recovery()), NotFound)
	s.mustDo(founding(), recovery())
	want(t, "the same again", s.do(recovery()), NotFound)
	again := recovery()
	again.UUID, again.Member.ID = "newer", "id10"
	s.mustDo(again)
	if former := s.Current().Cluster().Former; !slices.Equal(former, []string{founding().Cluster.UUID, "new"}) {
		t.Errorf("former clusters %q", former)
	}
}

func TestWhatARecoveryDidNotWaitForGoesOnToCount(t *testing.T) {
	for outstanding, left := range map[int64]int64{0: 0, 5000: 5000, 9000: 5000} {
		s := newStory(t)
		s.mustDo(founding(), &PutSettings{Lease: new(int64(3000)), Outstanding: 5000})
		c := recovery()
		c.Outstanding = outstanding
		s.mustDo(c)
		want(t, "what is outstanding", s.Current().Settings().Former, left)
	}
}
