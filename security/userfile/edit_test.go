package userfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"jeton/security/token"
	"jeton/security/userfile"
)

func read(t *testing.T, dir string) *userfile.Users {
	t.Helper()
	users, wrong, err := userfile.Read(dir)
	if err != nil || wrong != nil {
		t.Fatalf("%v, %v", wrong, err)
	}
	return users
}

func TestAUsersLife(t *testing.T) {
	dir := t.TempDir()
	done(t)(userfile.Add(dir, "joe", hashA, nil))
	expectAbsent(t, dir, "users_roles")
	done(t)(userfile.Add(dir, "jane", hashA, []string{"writers", "admins"}))
	expectText(t, dir, "users", line("joe", hashA)+line("jane", hashA))
	expectText(t, dir, "users_roles", "admins:jane\nwriters:jane\n")

	done(t)(userfile.ChangeRoles(dir, "joe", []string{"writers", "readers", "gone"}, []string{"gone", "never"}))
	expectText(t, dir, "users_roles", "admins:jane\nwriters:jane,joe\nreaders:joe\n")
	done(t)(userfile.ChangeRoles(dir, "jane", []string{"writers"}, []string{"admins"}))
	expectText(t, dir, "users_roles", "writers:jane,joe\nreaders:joe\n")

	done(t)(userfile.SetPassword(dir, "joe", hashB))
	users := read(t, dir)
	expectUser(t, users, "joe", passwordB, "readers", "writers")
	expectUser(t, users, "jane", passwordA, "writers")

	done(t)(userfile.Delete(dir, "joe"))
	expectText(t, dir, "users", line("jane", hashA))
	expectText(t, dir, "users_roles", "writers:jane\n")
	done(t)(userfile.Delete(dir, "jane"))
	expectNames(t, read(t, dir))
	expectText(t, dir, "users_roles", "")
}

func TestAnEditKeepsEverythingElse(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "users", "# users\n\n"+line("z", hashB)+"\r\n"+line("a", hashA)+"# between\n"+line("a", hashB)+"# no line end")
	write(t, dir, "users_roles", "# roles\n\n  one : z , a\r\n# between\none:a\ntwo:a,z\n# no line end")

	done(t)(userfile.SetPassword(dir, "a", hashA))
	expectText(t, dir, "users", "# users\n\n"+line("z", hashB)+"\r\n"+line("a", hashA)+"# between\n# no line end")
	done(t)(userfile.ChangeRoles(dir, "a", []string{"three"}, []string{"two"}))
	expectText(t, dir, "users_roles", "# roles\n\n  one : z , a\r\n# between\none:a\ntwo:z\n# no line end\nthree:a\n")
	done(t)(userfile.Delete(dir, "a"))
	expectText(t, dir, "users", "# users\n\n"+line("z", hashB)+"\r\n# between\n# no line end")
	expectText(t, dir, "users_roles", "# roles\n\none:z\n# between\ntwo:z\n# no line end\n")
	done(t)(userfile.Add(dir, "b", hashB, nil))
	expectText(t, dir, "users", "# users\n\n"+line("z", hashB)+"\r\n# between\n# no line end\n"+line("b", hashB))
}

func TestANewUserDoesNotInheritTheRolesOfAFormerOne(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "users_roles", "admins:jane,joe\nwriters:jane\n")
	done(t)(userfile.Add(dir, "jane", hashA, []string{"writers"}))
	expectUser(t, read(t, dir), "jane", passwordA, "writers")
	expectText(t, dir, "users_roles", "admins:joe\nwriters:jane\n")
}

func TestAUserThatExistsIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	done(t)(userfile.Add(dir, "jane", hashA, nil))
	_, err := userfile.Add(dir, "jane", hashB, []string{"admins"})
	if !errors.Is(err, userfile.ErrExists) {
		t.Errorf("got %v", err)
	}
	expectText(t, dir, "users", line("jane", hashA))
	expectAbsent(t, dir, "users_roles")
}

// edits are the functions that change somebody who must be there.
func edits(dir, name string) map[string]func() ([]string, error) {
	return map[string]func() ([]string, error){
		"delete":       func() ([]string, error) { return userfile.Delete(dir, name) },
		"set password": func() ([]string, error) { return userfile.SetPassword(dir, name, hashB) },
		"change roles": func() ([]string, error) { return userfile.ChangeRoles(dir, name, []string{"admins"}, nil) },
	}
}

func TestWhoDoesNotExistIsNotChanged(t *testing.T) {
	dir := t.TempDir()
	done(t)(userfile.Add(dir, "jane", hashA, nil))
	write(t, dir, "users_roles", "writers:ghost\n")
	for what, edit := range edits(dir, "ghost") {
		if _, err := edit(); !errors.Is(err, userfile.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	expectText(t, dir, "users", line("jane", hashA))
	expectText(t, dir, "users_roles", "writers:ghost\n")
}

func TestWithoutAFileOnlyAddingMakesOne(t *testing.T) {
	dir := t.TempDir()
	all := edits(dir, "jane")
	all["read"] = func() ([]string, error) { _, _, err := userfile.Read(dir); return nil, err }
	for what, edit := range all {
		if _, err := edit(); !errors.Is(err, userfile.ErrNoFile) || !strings.Contains(err.Error(), filepath.Join(dir, "users")) {
			t.Errorf("%s: %v", what, err)
		}
	}
	expectAbsent(t, dir, "users", "users_roles")
	if _, err := userfile.Add(filepath.Join(dir, "absent"), "jane", hashA, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a directory that is not there: %v", err)
	}
}

func TestFilesWithAMalformedLineAreNotEdited(t *testing.T) {
	dir := t.TempDir()
	users, roles := line("a", hashA)+line("a", hashB)+"x:hunter2\n", "writers:a\nno colon here\n"
	write(t, dir, "users", users)
	write(t, dir, "users_roles", roles)
	all := edits(dir, "a")
	all["add"] = func() ([]string, error) { return userfile.Add(dir, "b", hashB, nil) }
	for what, edit := range all {
		_, err := edit()
		var malformed *userfile.MalformedError
		if !errors.As(err, &malformed) || len(malformed.Lines) != 2 {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, want := range []string{dir, "line 3 of users has a hash that", "line 2 of users_roles has no ':'"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in: %v", what, want, err)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes a line", what)
		}
	}
	expectText(t, dir, "users", users)
	expectText(t, dir, "users_roles", roles)
}

func TestNothingCanBeSmuggledIntoTheFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", "a:b", "a,b", "#a", " a", "a ", "a\nb:x", "a\xff", "ä", "a\rb", strings.Repeat("a", 1025)} {
		if _, err := userfile.Add(dir, name, hashA, nil); !errors.Is(err, userfile.ErrUnwritable) {
			t.Errorf("user %q: %v", name, err)
		}
	}
	for _, role := range []string{"", "a:b", "#a", " a", "a ", "a\nb", "ä"} {
		if _, err := userfile.Add(dir, "jane", hashA, []string{role}); !errors.Is(err, userfile.ErrUnwritable) {
			t.Errorf("role %q: %v", role, err)
		}
	}
	if _, err := userfile.Add(dir, "jane", token.Hash{}, nil); err == nil {
		t.Error("a user without a hash was accepted")
	}
	expectAbsent(t, dir, "users", "users_roles")
}

func TestConcurrentEditsLoseNothing(t *testing.T) {
	dir := t.TempDir()
	done(t)(userfile.Add(dir, "old", hashA, []string{"writers"}))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := userfile.Add(dir, fmt.Sprint("u", i), hashA, []string{"writers"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Go(func() {
		if _, err := userfile.Delete(dir, "old"); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	users := read(t, dir)
	expectNames(t, users, "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7")
	for _, name := range users.Names() {
		expectUser(t, users, name, passwordA, "writers")
	}
}
