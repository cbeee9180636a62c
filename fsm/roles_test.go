package fsm

import (
	"encoding/json"
	"reflect"
	"testing"
)

func role(name, descriptor string) Role {
	return Role{Name: name, Descriptor: json.RawMessage(descriptor)}
}

func wantRole(t *testing.T, s *story, want Role) {
	t.Helper()
	if got, there := s.Current().Role(want.Name); !there || !reflect.DeepEqual(*got, want) {
		t.Errorf("role %s: got %+v, want %+v", want.Name, got, want)
	}
}

func TestARoleIsFoundFromItsPutToItsDelete(t *testing.T) {
	s := newStory(t)
	want(t, "put", s.do(&PutRole{Role: role("admin", `{"cluster":["all"]}`)}), OK)
	wantRole(t, s, role("admin", `{"cluster":["all"]}`))
	want(t, "delete", s.do(&DeleteRole{Name: "admin"}), OK)
	wantFound(t, "role", func() (*Role, bool) { return s.Current().Role("admin") }, false)
	want(t, "delete again", s.do(&DeleteRole{Name: "admin"}), NotFound)
}

func TestAPutOfARoleTellsWhetherItChangedIt(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutRole{Role: role("admin", `{"cluster":["all"]}`)})
	want(t, "the same", s.do(&PutRole{Role: role("admin", `{"cluster":["all"]}`)}), Unchanged)
	want(t, "another", s.do(&PutRole{Role: role("admin", `{"cluster":[]}`)}), Replaced)
	wantRole(t, s, role("admin", `{"cluster":[]}`))
}

// The blanks of an entry are not in a snapshot. A node that came to the role by
// the one must decide as one that came to it by the other.
func TestARoleIsTheSameWhetherReadFromTheLogOrFromASnapshot(t *testing.T) {
	for name, descriptor := range map[string]string{
		"blanks": `{ "cluster": [ "all" ] }`, "what JSON escapes": `{"run_as":["<&>"]}`, "null": `null`,
	} {
		t.Run(name, func(t *testing.T) {
			fromLog, fromSnapshot := newStory(t), newStory(t)
			entry := entryText(`{"id":"p","seen":0,"type":"put_role","command":{"role":{"name":"r","descriptor":` + descriptor + `}}}`)
			if err := fromLog.Apply(1, entry); err != nil {
				t.Fatal(err)
			}
			fromSnapshot.restore(saved(t, fromLog.Machine))
			for _, s := range []*story{fromLog, fromSnapshot} {
				want(t, "the same put", s.do(&PutRole{Role: role("r", descriptor)}), Unchanged)
			}
			wantSame(t, fromLog.Machine, fromSnapshot.Machine)
		})
	}
}

func TestRolesAreListedByName(t *testing.T) {
	s := newStory(t)
	s.mustDo(&PutRole{Role: role("b", `{}`)}, &PutRole{Role: role("a", `{}`)})
	var list string
	for r := range s.Current().Roles() {
		list += r.Name + " "
	}
	want(t, "names", list, "a b ")
}

func privilege(application, name string, actions ...string) ApplicationPrivilege {
	return ApplicationPrivilege{Application: application, Name: name, Actions: actions}
}

func TestAnApplicationsPrivilegeIsFoundFromItsPutToItsDelete(t *testing.T) {
	s := newStory(t)
	want(t, "put", s.do(&PutApplicationPrivilege{Privilege: privilege("app", "read", "data:read")}), OK)
	want(t, "put again", s.do(&PutApplicationPrivilege{Privilege: privilege("app", "read", "data:get")}), Replaced)
	got, there := s.Current().ApplicationPrivilege("app", "read")
	if !there || !reflect.DeepEqual(*got, privilege("app", "read", "data:get")) {
		t.Errorf("the privilege is %+v, found is %v", got, there)
	}
	want(t, "delete of another application's", s.do(&DeleteApplicationPrivilege{Application: "ap", Name: "read"}), NotFound)
	want(t, "delete", s.do(&DeleteApplicationPrivilege{Application: "app", Name: "read"}), OK)
	want(t, "delete again", s.do(&DeleteApplicationPrivilege{Application: "app", Name: "read"}), NotFound)
}

func TestPrivilegesAreListedByApplicationAndName(t *testing.T) {
	s := newStory(t)
	for _, p := range []ApplicationPrivilege{privilege("b", "read"), privilege("a-b", "read"), privilege("a", "write"), privilege("a", "read")} {
		s.mustDo(&PutApplicationPrivilege{Privilege: p})
	}
	var list string
	for p := range s.Current().ApplicationPrivileges() {
		list += p.Application + ":" + p.Name + " "
	}
	want(t, "names", list, "a:read a:write a-b:read b:read ")
}
