package fsm

import (
	"encoding/json"
	"reflect"
	"testing"
)

func user(name string) User {
	fullName := "Full Name of " + name
	return User{
		Name: name, ID: "id-of-" + name, Password: "{bcrypt}hash-of-" + Sensitive(name),
		Roles: []string{"viewer"}, FullName: &fullName, Metadata: json.RawMessage(`{"team":"red"}`),
	}
}

func wantUser(t *testing.T, s *story, want User) {
	t.Helper()
	if got, there := s.Current().User(want.Name); !there || !reflect.DeepEqual(*got, want) {
		t.Errorf("user %s: got %+v, want %+v", want.Name, got, want)
	}
}

func wantNoUser(t *testing.T, s *story, name string) {
	t.Helper()
	wantFound(t, "user "+name, func() (*User, bool) { return s.Current().User(name) }, false)
}

func TestAUserIsFoundFromItsPutToItsDelete(t *testing.T) {
	s := newStory(t)
	want(t, "put", s.do(&PutUser{User: user("ann")}), OK)
	wantUser(t, s, user("ann"))
	want(t, "delete", s.do(&DeleteUser{Name: "ann"}), OK)
	wantNoUser(t, s, "ann")
	want(t, "delete again", s.do(&DeleteUser{Name: "ann"}), NotFound)
}

func TestAPutReplacesAllOfAUserButItsID(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")})
	put := User{Name: "ann", ID: "another", Password: "{bcrypt}new", Roles: []string{"editor"}, Disabled: true}
	want(t, "put", s.do(&PutUser{User: put}), Replaced)
	put.ID = "id-of-ann"
	wantUser(t, s, put)
}

func TestAPutWithoutAPasswordKeepsTheOneThereIs(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")})
	put := User{Name: "ann", Roles: []string{"editor"}}
	want(t, "put", s.do(&PutUser{User: put}), Replaced)
	put.ID, put.Password = "id-of-ann", "{bcrypt}hash-of-ann"
	wantUser(t, s, put)
}

func TestANewUserNeedsAPassword(t *testing.T) {
	s := newStory(t)
	want(t, "put", s.do(&PutUser{User: User{Name: "ann", ID: "id", Roles: []string{"viewer"}}}), NotFound)
	wantNoUser(t, s, "ann")
}

func TestADeletedUserThatIsPutAgainIsAnotherOne(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")}, &DeleteUser{Name: "ann"})
	another := user("ann")
	another.ID = "another"
	s.mustDo(&PutUser{User: another})
	wantUser(t, s, another)
}

func TestANewPasswordLeavesTheRestOfAUser(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")})
	want(t, "change", s.do(&SetPassword{Name: "ann", Password: "{bcrypt}new", NewID: "unused"}), OK)
	changed := user("ann")
	changed.Password = "{bcrypt}new"
	wantUser(t, s, changed)
}

func TestAnOwnPasswordIsChangedOnceAndOnlyAsLongAsItIsTheOne(t *testing.T) {
	s := newStory(t)
	ann := user("ann")
	change := SetPassword{Name: "ann", Password: "{bcrypt}new", Former: ann.Password}
	want(t, "of nobody", s.do(&change), NotFound)
	s.mustDo(&PutUser{User: ann})
	want(t, "change", s.do(&change), OK)
	want(t, "the same, forgotten", s.do(&change), OK)
	another := change
	another.Password = "{bcrypt}another"
	want(t, "of the former password", s.do(&another), NotFound)
	ann.Password = change.Password
	wantUser(t, s, ann)
}

func TestAUserIsDisabledAndEnabledAgain(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")})
	want(t, "disable", s.do(&SetUserEnabled{Name: "ann"}), OK)
	disabled := user("ann")
	disabled.Disabled = true
	wantUser(t, s, disabled)
	want(t, "enable", s.do(&SetUserEnabled{Name: "ann", Enabled: true}), OK)
	wantUser(t, s, user("ann"))
}

func TestAChangeOfANativeUserMakesNone(t *testing.T) {
	s := newStory(t)
	want(t, "password", s.do(&SetPassword{Name: "ann", Password: "{bcrypt}new"}), NotFound)
	want(t, "disable", s.do(&SetUserEnabled{Name: "ann"}), NotFound)
	wantNoUser(t, s, "ann")
}

func TestAReservedUsersFirstChangeMakesItsRecord(t *testing.T) {
	s := newStory(t)
	want(t, "password", s.do(&SetPassword{Name: "kibana", Password: "{bcrypt}new", NewID: "k1"}), OK)
	wantUser(t, s, User{Name: "kibana", ID: "k1", Password: "{bcrypt}new"})
	want(t, "disable", s.do(&SetUserEnabled{Name: "beats", NewID: "b1"}), OK)
	wantUser(t, s, User{Name: "beats", ID: "b1", Disabled: true})
}

func TestAReservedUsersSecondChangeKeepsItsRecord(t *testing.T) {
	s := newStory(t)
	s.mustDo(&SetUserEnabled{Name: "kibana", NewID: "k1"},
		&SetPassword{Name: "kibana", Password: "{bcrypt}new", NewID: "k2"})
	wantUser(t, s, User{Name: "kibana", ID: "k1", Password: "{bcrypt}new", Disabled: true})
}

func TestAUserThatWasReadStaysAsItWasRead(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutUser{User: user("ann")})
	read, _ := s.Current().User("ann")
	s.mustDo(&SetPassword{Name: "ann", Password: "new"}, &SetUserEnabled{Name: "ann"})
	s.do(&PutUser{User: User{Name: "ann"}})
	if !reflect.DeepEqual(*read, user("ann")) {
		t.Errorf("the record became %+v", *read)
	}
}

func TestUsersAreListedByName(t *testing.T) {
	s := newStory(t)
	s.mustDo(founding(), &PutUser{User: user("zoë")}, &PutUser{User: user("ann")})
	var list string
	for u := range s.Current().Users() {
		list += u.Name + " "
	}
	want(t, "names", list, "ann elastic zoë ")
}
