package fsm

import (
	"encoding/json"
	"reflect"
	"testing"
)

// lasting is a token with everything that a token can have from its create.
func lasting(id string) ServiceToken {
	t := token(fleet, "t1")
	t.ID, t.Expires, t.Metadata = id, 9*hour, json.RawMessage(`{"for":"ci"}`)
	return t
}

func wantToken(t *testing.T, s *story, want ServiceToken) {
	t.Helper()
	if got, there := s.Current().ServiceToken(want.Account, want.Name); !there || !reflect.DeepEqual(*got, want) {
		t.Errorf("token %s: got %+v, want %+v", want.Name, got, want)
	}
}

func rotation(hash Sensitive, previousUntil int64) *RotateServiceToken {
	return &RotateServiceToken{Account: fleet, Name: "t1", ID: "id1", Hash: hash, PreviousUntil: previousUntil}
}

func TestARotatedTokenKeepsItsFormerSecretForAWhile(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")})
	want(t, "rotate", s.do(rotation("new", 2*hour)), OK)
	rotated := lasting("id1")
	rotated.Previous = &PreviousSecret{Hash: rotated.Hash, Until: 2 * hour}
	rotated.Hash = "new"
	wantToken(t, s, rotated)
}

func TestTheSecondRotationEndsTheFirstSecret(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, rotation("second", 2*hour), rotation("third", 3*hour))
	rotated := lasting("id1")
	rotated.Hash, rotated.Previous = "third", &PreviousSecret{Hash: "second", Until: 3 * hour}
	wantToken(t, s, rotated)
}

func TestARotationMayEndTheFormerSecretAtOnce(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, rotation("second", 2*hour), rotation("third", 0))
	rotated := lasting("id1")
	rotated.Hash = "third"
	wantToken(t, s, rotated)
}

// Its maker was told that it may have been forgotten, and asks once more.
func TestARotationThatIsAskedAgainKeepsTheFormerSecret(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, rotation("new", 2*hour))
	want(t, "rotate again", s.do(rotation("new", 3*hour)), OK)
	rotated := lasting("id1")
	rotated.Hash, rotated.Previous = "new", &PreviousSecret{Hash: rotated.Hash, Until: 2 * hour}
	wantToken(t, s, rotated)
}

func TestARotationIsForTheTokenThatWasMeant(t *testing.T) {
	s := newStory(t)
	want(t, "never created", s.do(rotation("new", hour)), NotFound)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, &DeleteServiceToken{Account: fleet, Name: "t1"},
		&CreateServiceToken{Token: lasting("id2")})
	want(t, "created anew", s.do(rotation("new", hour)), NotFound)
	wantToken(t, s, lasting("id2"))
}

func TestATokenThatDeletesItselfDeletesNoOther(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id2")})
	want(t, "delete of a former one", s.do(&DeleteServiceToken{Account: fleet, Name: "t1", ID: "id1"}), NotFound)
	wantToken(t, s, lasting("id2"))
	want(t, "delete of this one", s.do(&DeleteServiceToken{Account: fleet, Name: "t1", ID: "id2"}), OK)
	wantNames(t, s.Current(), fleet)
}

func use(id string, at int64) *NoteTokenUses {
	return &NoteTokenUses{Uses: []TokenUse{{Account: fleet, Name: "t1", ID: id, At: at}}}
}

func TestALastUseNeverGoesBackwards(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, use("id1", 3*hour), use("id1", 2*hour))
	used := lasting("id1")
	used.LastUsed = 3 * hour
	wantToken(t, s, used)
}

func TestAUseIsNotNotedOfATokenThatWasCreatedAnew(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")}, &DeleteServiceToken{Account: fleet, Name: "t1"},
		&CreateServiceToken{Token: lasting("id2")}, use("id1", 3*hour))
	wantToken(t, s, lasting("id2"))
}

func TestTheUsesOfManyTokensAreNotedAtOnce(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(fleet, "a")}, &CreateServiceToken{Token: token(fleet, "b")},
		&NoteTokenUses{Uses: []TokenUse{
			{Account: fleet, Name: "a", At: hour}, {Account: fleet, Name: "gone", At: hour}, {Account: fleet, Name: "b", At: 2 * hour},
		}})
	for name, at := range map[string]int64{"a": hour, "b": 2 * hour} {
		used := token(fleet, name)
		used.LastUsed = at
		wantToken(t, s, used)
	}
	wantNames(t, s.Current(), fleet, "a", "b")
}

func TestATokenThatWasReadStaysAsItWasRead(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: lasting("id1")})
	read, _ := s.Current().ServiceToken(fleet, "t1")
	s.mustDo(use("id1", hour), rotation("new", hour))
	if !reflect.DeepEqual(*read, lasting("id1")) {
		t.Errorf("the record became %+v", *read)
	}
}
