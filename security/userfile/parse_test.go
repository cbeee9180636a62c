package userfile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"jeton/security/token"
	"jeton/security/userfile"
)

// everyHash has each kind of hash that the file may hold, all of one password,
// and a line in plain text, which counts nowhere.
const everyHash = `bcrypt:$2a$04$lBkRbSgKWyGfIuZLNxmCzOyQmwF8IGbfNmQGjrLrbrbCVjkGPbLHe
pbkdf2:{PBKDF2}10000$0N2h5/AsDS5uO0/A+B6y8AnTCJ3Tqo8nygbzu1gkgpo=$5aTcCtteHf2g2ye7Y3p6jSZBoGhNJ7l6F3tmUhPTwRo=
pbkdf2_stretch:{PBKDF2_STRETCH}10000$Pa3oNkj8xTD8j2gTgjWnTvnE6jseKApWMFjcNCLxX1U=$84ECweHFZQ2DblHEjHTRWA+fG6h5bVMyTSJUmFvTo1o=
sha:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=
md5:{MD5}ISMvKXpXpadDiUoOSoAfww==
plain:an-open-password
`

func TestEveryKindOfHashIsTaken(t *testing.T) {
	users, wrong := userfile.Parse([]byte(everyHash+line("ssha256", hashA)), nil)
	expectNames(t, users, "bcrypt", "md5", "pbkdf2", "pbkdf2_stretch", "sha", "ssha256")
	expectUser(t, users, "pbkdf2", token.SecretFrom("5DjRC_XRSAql5Hlampyv7Q"))
	expectUser(t, users, "pbkdf2_stretch", token.SecretFrom("aI_0QLRfRyGBP1U60Sby2w"))
	expectUser(t, users, "sha", token.SecretFrom("admin"))
	expectUser(t, users, "md5", token.SecretFrom("admin"))
	expectUser(t, users, "ssha256", passwordA)
	if len(wrong) != 1 || wrong[0].File != "users" || wrong[0].Line != 6 {
		t.Errorf("wrong lines: %v", wrong)
	}
}

func TestRolesAreThoseOfAllLinesSortedAndEachOnce(t *testing.T) {
	users, wrong := userfile.Parse(
		[]byte(line("jane", hashA)+line("joe", hashB)+line("jim", hashB)),
		[]byte("# who may what\r\n\r\nwriters:joe , jane\r\n admins : jane,jane,,\nnobody:\nwatchers:stranger\n"))
	expectUser(t, users, "jane", passwordA, "admins", "writers")
	expectUser(t, users, "joe", passwordB, "writers")
	expectUser(t, users, "jim", passwordB)
	if _, ok := users.Lookup("stranger"); ok || wrong != nil {
		t.Errorf("a name without a hash is a user: %v; wrong lines: %v", ok, wrong)
	}
}

func TestAMalformedLineOfUsersCostsItselfOnly(t *testing.T) {
	for name, bad := range map[string]string{
		"no colon":            "bad",
		"no name":             ":" + hashA.Text(),
		"no hash":             "bad:",
		"plain text":          "bad:hunter2hunter2",
		"unsupported cost":    "bad:{PBKDF2}12345$",
		"not ASCII":           "bäd:" + hashA.Text(),
		"a blank at the end":  "bad :" + hashA.Text(),
		"too long":            strings.Repeat("bad", 342) + ":" + hashA.Text(),
		"a control character": "b\x00d:" + hashA.Text(),
		"a byte order mark":   "\uFEFFbad:" + hashA.Text(),
	} {
		users, wrong := userfile.Parse([]byte("# users\n"+line("a", hashA)+bad+"\n"+line("b", hashB)), nil)
		expectNames(t, users, "a", "b")
		expectWrong(t, name, wrong, "users", 3)
	}
}

func TestAMalformedLineOfRolesCostsItselfOnly(t *testing.T) {
	for name, bad := range map[string]string{
		"no colon":       "bad",
		"no role":        ":a",
		"role not ASCII": "bäd:a",
		"user not ASCII": "bad:a,hunter2ä",
		"two colons":     "bad:a:hunter2",
		"not UTF-8":      "b\xffd:a",
	} {
		users, wrong := userfile.Parse([]byte(line("a", hashA)), []byte("first:a\n"+bad+"\nlast:a\n"))
		expectUser(t, users, "a", passwordA, "first", "last")
		expectWrong(t, name, wrong, "users_roles", 2)
	}
}

func expectWrong(t *testing.T, name string, wrong []userfile.LineError, file string, number int) {
	t.Helper()
	if len(wrong) != 1 || wrong[0].File != file || wrong[0].Line != number || errors.Is(wrong[0], userfile.ErrDuplicate) {
		t.Errorf("%s: wrong lines %v, want line %d of %s", name, wrong, number, file)
		return
	}
	for _, quoted := range []string{"bad", "hunter2", "12345", hashA.Text()[9:]} {
		if strings.Contains(wrong[0].Error(), quoted) {
			t.Errorf("%s: the error quotes the line: %v", name, wrong[0])
		}
	}
}

func TestOfAUserWrittenTwiceTheLastLineCountsAndOfARoleBoth(t *testing.T) {
	users, wrong := userfile.Parse([]byte(line("a", hashA)+"\n"+line("a", hashB)), []byte("admin:a\nadmin:b\nadmin:c\n"))
	expectUser(t, users, "a", passwordB, "admin")
	var got []string
	for _, e := range wrong {
		if !errors.Is(e, userfile.ErrDuplicate) {
			t.Errorf("%v is no duplicate", e)
		}
		got = append(got, e.Error())
	}
	want := []string{
		"line 3 of users repeats the user of line 1; the later line counts",
		"line 2 of users_roles repeats the role of line 1; both lines count",
		"line 3 of users_roles repeats the role of line 2; both lines count",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFilesOfRubbishAreReportedInBounds(t *testing.T) {
	rubbish := []byte(strings.Repeat("rubbish\n", 100_000))
	users, wrong := userfile.Parse(rubbish, rubbish)
	if users.Len() != 0 || len(wrong) != 200 {
		t.Errorf("%v, %d wrong lines", users, len(wrong))
	}
}

func TestTheZeroUsersAreEmpty(t *testing.T) {
	var none userfile.Users
	if _, ok := none.Lookup("a"); ok || none.Len() != 0 || none.Names() != nil {
		t.Error("they are not")
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	users, _ := userfile.Parse([]byte(line("a", hashA)), []byte("admin:a\n"))
	if n := testing.AllocsPerRun(100, func() { users.Lookup("a") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestUsersArePrintedWithoutHashes(t *testing.T) {
	users, _ := userfile.Parse([]byte(line("a", hashA)), nil)
	user, _ := users.Lookup("a")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{users, *users, user, &user} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, hashA.Text()[9:]) {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everyHash), []byte("admin:bcrypt,sha\nwriters: md5\n"))
	f.Add([]byte(line("a", hashA)+line("a", hashB)), []byte("admin:a\nadmin:a,b"))
	f.Add([]byte("#\n\xff\xfea\x00\n:\n\r"), []byte("::\n,\nr:,,\r\n \n"))
	f.Fuzz(func(t *testing.T, users, roles []byte) {
		all, wrong := userfile.Parse(users, roles)
		lines := map[string]int{
			"users":       strings.Count(string(users), "\n") + 1,
			"users_roles": strings.Count(string(roles), "\n") + 1,
		}
		if all.Len() > lines["users"] {
			t.Errorf("%d users from %d lines", all.Len(), lines["users"])
		}
		for _, e := range wrong {
			if e.Line < 1 || e.Line > lines[e.File] {
				t.Errorf("an error in line %d of %d of %s", e.Line, lines[e.File], e.File)
			}
		}
		for _, name := range all.Names() {
			u, ok := all.Lookup(name)
			if !ok || u.Name != name || !slices.IsSorted(u.Roles) || len(slices.Compact(slices.Clone(u.Roles))) != len(u.Roles) {
				t.Errorf("%q: found %v, %q, roles %q", name, ok, u.Name, u.Roles)
			}
			if _, err := token.ParseHash(u.Hash.Text()); err != nil {
				t.Errorf("%q has a hash that %v", name, err)
			}
		}
	})
}
