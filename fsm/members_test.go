package fsm

import "testing"

const hour = 3_600_000 // Unix milliseconds

// founded is a cluster of one, node0, with the join token "jt" that admits
// until one hour.
func founded(t *testing.T) *story {
	s := newStory(t)
	s.mustDo(founding(), &CreateJoinToken{Token: JoinToken{ID: "jt", Hash: "hash", Expires: hour}})
	return s
}

func TestAClusterIsFoundedOnce(t *testing.T) {
	s := newStory(t)
	if s.Current().Cluster() != nil || s.Current().CA() != nil {
		t.Error("a new machine has a cluster already")
	}
	want(t, "found", s.do(founding()), OK)
	another := founding()
	another.Cluster.UUID, another.Member = "another", member("id9", "node9")
	want(t, "found again", s.do(another), Exists)

	now := s.Current()
	want(t, "cluster", now.Cluster().UUID, founding().Cluster.UUID)
	want(t, "certificate", now.CA().Certificate, "certificate")
	if user, there := now.User("elastic"); !there || user.Password.Reveal() != "{bcrypt}hash" {
		t.Errorf("the founder's user: %+v, found is %v", user, there)
	}
	if _, there := now.Member("id0"); !there {
		t.Error("the founder is no member")
	}
	if _, there := now.Member("id9"); there {
		t.Error("the second founding left a member")
	}
}

func TestAJoinTokenAdmitsOneNode(t *testing.T) {
	s := founded(t)
	want(t, "admit", s.do(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")}), OK)
	if m, there := s.Current().MemberByName("node1"); !there || *m != member("id1", "node1") {
		t.Errorf("the new member: %+v", m)
	}
	if used, _ := s.Current().JoinToken("jt"); used.UsedBy != "id1" {
		t.Errorf("the token is used by %q, want id1", used.UsedBy)
	}
	want(t, "another node", s.do(&AdmitMember{TokenID: "jt", Member: member("id2", "node2")}), TokenUsed)
	if _, there := s.Current().Member("id2"); there {
		t.Error("a used token admitted another node")
	}
}

func TestAJoinThatWasCutOffIsRepeatedByTheSameNode(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")})
	moved := member("id1", "node1")
	moved.HTTPAddress = "elsewhere:9200"
	want(t, "repeat", s.do(&AdmitMember{TokenID: "jt", Member: moved}), OK)
	if m, _ := s.Current().Member("id1"); *m != moved {
		t.Errorf("the member is %+v, want the repeat's addresses", m)
	}
}

func TestAnUnknownJoinTokenAdmitsNobody(t *testing.T) {
	s := founded(t)
	want(t, "admit", s.do(&AdmitMember{TokenID: "none", Member: member("id1", "node1")}), NotFound)
}

func TestAJoinTokenExpiresAtItsTime(t *testing.T) {
	s := founded(t)
	admit := func(now int64) Code {
		return s.do(&AdmitMember{TokenID: "jt", Now: now, Member: member("id1", "node1")})
	}
	want(t, "at its time", admit(hour), TokenExpired)
	want(t, "just before its time", admit(hour-1), OK)
	want(t, "repeat after its time", admit(hour+1), TokenExpired)
	if _, there := s.Current().Member("id1"); !there {
		t.Error("the expired repeat cost the member its place")
	}
}

func TestTheNextJoinTokenPurgesTheExpiredOnes(t *testing.T) {
	s := founded(t)
	s.mustDo(&CreateJoinToken{Token: JoinToken{ID: "later", Expires: 2 * hour}, Now: hour - 1})
	wantFound(t, "a millisecond before its time", func() (*JoinToken, bool) { return s.Current().JoinToken("jt") }, true)
	s.mustDo(&CreateJoinToken{Token: JoinToken{ID: "last", Expires: 3 * hour}, Now: hour})
	wantFound(t, "at its time", func() (*JoinToken, bool) { return s.Current().JoinToken("jt") }, false)
	wantFound(t, "the one still good", func() (*JoinToken, bool) { return s.Current().JoinToken("later") }, true)
}

func TestAJoinTokenIdIsTakenOnce(t *testing.T) {
	s := founded(t)
	want(t, "create", s.do(&CreateJoinToken{Token: JoinToken{ID: "jt", Expires: 9 * hour}}), Exists)
	if kept, _ := s.Current().JoinToken("jt"); kept.Expires != hour {
		t.Error("the second create prolonged the first token")
	}
}

func TestANameIsHeldByOneLiveMember(t *testing.T) {
	s := founded(t)
	want(t, "admit under a taken name", s.do(&AdmitMember{TokenID: "jt", Member: member("id1", "node0")}), NameTaken)
	if unused, _ := s.Current().JoinToken("jt"); unused.UsedBy != "" {
		t.Error("the refusal spent the join token")
	}
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")})
	want(t, "rename to a taken name", s.do(&UpdateMember{Member: member("id1", "node0")}), NameTaken)
	want(t, "rename to a free name", s.do(&UpdateMember{Member: member("id1", "node2")}), OK)
	s.mustDo(&RemoveMember{ID: "id0"})
	want(t, "rename to the name of a removed member", s.do(&UpdateMember{Member: member("id1", "node0")}), OK)
}

func TestAnAdmissionReplacesAHolderThatNeverJoined(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")},
		&CreateJoinToken{Token: JoinToken{ID: "jt2", Expires: hour}})
	admit := func(replaces string) Code {
		return s.do(&AdmitMember{TokenID: "jt2", Member: member("id2", "node1"), Replaces: replaces})
	}
	want(t, "replacing somebody else than the holder", admit("id0"), NameTaken)
	want(t, "replacing the holder", admit("id1"), OK)
	if m, _ := s.Current().MemberByName("node1"); m.ID != "id2" {
		t.Errorf("node1 is %s, want id2", m.ID)
	}
	if _, there := s.Current().Member("id1"); there {
		t.Error("the replaced member is still there")
	}
	if _, there := s.Current().Member("id0"); !there {
		t.Error("a member of another name was replaced")
	}
}

func TestOnlyMembersAreUpdated(t *testing.T) {
	s := founded(t)
	want(t, "update", s.do(&UpdateMember{Member: member("id1", "node1")}), NotFound)
	moved := member("id0", "node0")
	moved.TransportAddress = "elsewhere:9300"
	want(t, "update under its own name", s.do(&UpdateMember{Member: moved}), OK)
	if m, _ := s.Current().Member("id0"); *m != moved {
		t.Errorf("the member is %+v", m)
	}
}

func TestARemovedIdIsNeverUsedAgain(t *testing.T) {
	s := founded(t)
	s.mustDo(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")})
	want(t, "remove", s.do(&RemoveMember{ID: "id1"}), OK)
	if _, there := s.Current().Member("id1"); there || !s.Current().Removed("id1") {
		t.Error("the member was not removed")
	}
	want(t, "remove again", s.do(&RemoveMember{ID: "id1"}), NotFound)
	want(t, "admit", s.do(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")}), Removed)
	want(t, "update", s.do(&UpdateMember{Member: member("id1", "node1")}), Removed)
}

func TestAnIdCanBeRetiredBeforeItWasAdmitted(t *testing.T) {
	s := founded(t)
	want(t, "remove", s.do(&RemoveMember{ID: "id1"}), OK)
	want(t, "admit", s.do(&AdmitMember{TokenID: "jt", Member: member("id1", "node1")}), Removed)
}

func TestMembersAreListedByTheirIds(t *testing.T) {
	s := founded(t)
	s.mustDo(&CreateJoinToken{Token: JoinToken{ID: "jt2", Expires: hour}},
		&AdmitMember{TokenID: "jt", Member: member("id2", "a")},
		&AdmitMember{TokenID: "jt2", Member: member("id1", "b")})
	var ids string
	for m := range s.Current().Members() {
		ids += m.ID + " "
	}
	want(t, "ids", ids, "id0 id1 id2 ")
}
