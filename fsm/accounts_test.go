package fsm

import (
	"reflect"
	"testing"
)

const worker = "apps/worker"

func account(roles ...string) ServiceAccount { return ServiceAccount{Name: worker, Roles: roles} }

// employed has a service account of the users' own, with the token t1.
func employed(t *testing.T) *story {
	s := newStory(t)
	s.mustDo(&PutServiceAccount{Account: account("viewer")},
		&CreateServiceToken{Token: token(worker, "t1"), UserManaged: true, Roles: []string{"viewer"}})
	return s
}

func wantAccount(t *testing.T, s *story, want ServiceAccount) {
	t.Helper()
	if got, there := s.Current().ServiceAccount(want.Name); !there || !reflect.DeepEqual(*got, want) {
		t.Errorf("account %s: got %+v, want %+v", want.Name, got, want)
	}
}

func TestAServiceAccountIsFoundFromItsPutToItsDelete(t *testing.T) {
	s := newStory(t)
	want(t, "put", s.do(&PutServiceAccount{Account: account("viewer")}), OK)
	wantAccount(t, s, account("viewer"))
	want(t, "delete", s.do(&DeleteServiceAccount{Name: worker}), OK)
	wantFound(t, "account", func() (*ServiceAccount, bool) { return s.Current().ServiceAccount(worker) }, false)
	want(t, "delete again", s.do(&DeleteServiceAccount{Name: worker, Force: true}), NotFound)
}

func TestAPutOfAServiceAccountTellsWhetherItChangedIt(t *testing.T) {
	s := employed(t)
	want(t, "the same", s.do(&PutServiceAccount{Account: account("viewer")}), Unchanged)
	want(t, "other roles", s.do(&PutServiceAccount{Account: account("viewer", "editor")}), Replaced)
	wantAccount(t, s, account("viewer", "editor"))
	disabled := account("viewer", "editor")
	disabled.Disabled = true
	want(t, "disabled", s.do(&PutServiceAccount{Account: disabled}), Replaced)
	wantAccount(t, s, disabled)
}

func TestAServiceAccountWithTokensIsDeletedByForceOnly(t *testing.T) {
	s := employed(t)
	want(t, "delete", s.do(&DeleteServiceAccount{Name: worker}), HasTokens)
	wantAccount(t, s, account("viewer"))
	want(t, "forced delete", s.do(&DeleteServiceAccount{Name: worker, Force: true}), OK)
	wantFound(t, "account", func() (*ServiceAccount, bool) { return s.Current().ServiceAccount(worker) }, false)
	wantNames(t, s.Current(), worker, "t1")
}

func TestANewServiceAccountDoesNotComeIntoTheTokensOfAFormerOne(t *testing.T) {
	s := employed(t)
	s.mustDo(&DeleteServiceAccount{Name: worker, Force: true})
	want(t, "put with leftovers", s.do(&PutServiceAccount{Account: account("admin")}), HasTokens)
	wantFound(t, "account", func() (*ServiceAccount, bool) { return s.Current().ServiceAccount(worker) }, false)
	s.mustDo(&DeleteServiceToken{Account: worker, Name: "t1"})
	want(t, "put without", s.do(&PutServiceAccount{Account: account("admin")}), OK)
}

func TestTokensOfAnAccountWithALongerNameDoNotStandInTheWay(t *testing.T) {
	s := newStory(t)
	s.mustDo(&CreateServiceToken{Token: token(worker+"-2", "t1")})
	want(t, "put", s.do(&PutServiceAccount{Account: account()}), OK)
	want(t, "delete", s.do(&DeleteServiceAccount{Name: worker}), OK)
}

func TestATokenIsNotMadeForAnAccountThatIsGone(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutServiceAccount{Account: account()}, &DeleteServiceAccount{Name: worker})
	want(t, "create", s.do(&CreateServiceToken{Token: token(worker, "t1"), UserManaged: true}), NotFound)
	wantNames(t, s.Current(), worker)
	want(t, "create for a built-in account", s.do(&CreateServiceToken{Token: token(fleet, "t1")}), OK)
}

func TestATokenIsMadeForTheRolesThatItsMakerWasJudgedBy(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutServiceAccount{Account: account("viewer", "editor")})
	create := CreateServiceToken{Token: token(worker, "t1"), UserManaged: true}
	for _, roles := range [][]string{nil, {"viewer"}, {"editor", "viewer"}} {
		create.Roles = roles
		want(t, "create", s.do(&create), NotFound)
	}
	create.Roles = []string{"viewer", "editor"}
	want(t, "create", s.do(&create), OK)

	rotate := RotateServiceToken{Account: worker, Name: "t1", ID: create.Token.ID, Hash: "{SSHA256}new", UserManaged: true}
	want(t, "rotate", s.do(&rotate), NotFound)
	rotate.Roles = create.Roles
	want(t, "rotate", s.do(&rotate), OK)
	rotate.Roles = nil
	want(t, "the same, forgotten", s.do(&rotate), OK)
}

func TestServiceAccountsAreListedByName(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutServiceAccount{Account: ServiceAccount{Name: "b/a"}}, &PutServiceAccount{Account: ServiceAccount{Name: "a/b"}})
	var list string
	for a := range s.Current().ServiceAccounts() {
		list += a.Name + " "
	}
	want(t, "names", list, "a/b b/a ")
}
