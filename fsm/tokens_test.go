package fsm

import (
	"reflect"
	"testing"
)

const fleet = "elastic/fleet-server"

func TestAServiceTokenIsFoundFromItsCreateToItsDelete(t *testing.T) {
	s := newStory(t)
	want(t, "create", s.do(&CreateServiceToken{Token: token(fleet, "t1")}), OK)
	found, _ := s.Current().ServiceToken(fleet, "t1")
	if found == nil || !reflect.DeepEqual(*found, token(fleet, "t1")) {
		t.Errorf("the record is %+v", found)
	}
	want(t, "delete", s.do(&DeleteServiceToken{Account: fleet, Name: "t1"}), OK)
	if _, found := s.Current().ServiceToken(fleet, "t1"); found {
		t.Error("the deleted token is still there")
	}
}

func TestATakenNameIsRefusedAndItsTokenKept(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	second := token(fleet, "t1")
	second.Hash = "another"
	want(t, "second create", s.do(&CreateServiceToken{Token: second}), Exists)
	if kept, _ := s.Current().ServiceToken(fleet, "t1"); kept.Hash.Reveal() != token(fleet, "t1").Hash.Reveal() {
		t.Error("the second create replaced the first one's hash")
	}
}

func TestDeletingAnAbsentTokenFindsNothing(t *testing.T) {
	s := newStory(t)
	want(t, "never created", s.do(&DeleteServiceToken{Account: fleet, Name: "t1"}), NotFound)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")}, &DeleteServiceToken{Account: fleet, Name: "t1"})
	want(t, "deleted already", s.do(&DeleteServiceToken{Account: fleet, Name: "t1"}), NotFound)
}

func TestADeletedNameMayBeTakenAgain(t *testing.T) {
	s := newStory(t)
	s.mustDo(
		&CreateServiceToken{Token: token(fleet, "t1")},
		&DeleteServiceToken{Account: fleet, Name: "t1"},
		&CreateServiceToken{Token: token(fleet, "t1")},
	)
	wantNames(t, s.Current(), fleet, "t1")
}

func TestAnAccountListsItsOwnTokensInOrder(t *testing.T) {
	s := newStory(t)
	const remote = fleet + "-remote" // fleet's name is a prefix of it
	s.mustDo(
		&CreateServiceToken{Token: token(fleet, "b")},
		&CreateServiceToken{Token: token(remote, "r")},
		&CreateServiceToken{Token: token(fleet, "a")},
		&CreateServiceToken{Token: token(fleet, "ab")},
		&CreateServiceToken{Token: token("elastic/kibana", "a")},
	)
	wantNames(t, s.Current(), fleet, "a", "ab", "b")
	wantNames(t, s.Current(), remote, "r")
	wantNames(t, s.Current(), "elastic/nobody")
	for first := range s.Current().ServiceTokens(fleet) {
		want(t, "first token of a listing that is cut short", first.Name, "a")
		break
	}
}

func TestEveryAppliedEntryMovesTheIndexEvenWhenNothingChanges(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "t1")})
	s.do(&CreateServiceToken{Token: token(fleet, "t1")})
	s.do(&DeleteServiceToken{Account: fleet, Name: "none"})
	want(t, "index", s.Index(), 3)
	want(t, "index of the state", s.Current().Index(), 3)
}

func TestAStateTakenEarlierNeverChanges(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding(), &CreateServiceToken{Token: token(fleet, "t1")})
	before := s.Current()
	s.mustDo(
		&DeleteServiceToken{Account: fleet, Name: "t1"},
		&CreateServiceToken{Token: token(fleet, "t2")},
		&RemoveMember{ID: "id0"},
	)
	wantNames(t, before, fleet, "t1")
	want(t, "index", before.Index(), 2)
	if _, there := before.Member("id0"); !there || before.Removed("id0") {
		t.Error("the member that was removed later is gone from the earlier state")
	}
}
