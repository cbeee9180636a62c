package userfile_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/token"
	"jeton/security/userfile"
)

// modelUser is a user as a reader of the commands expects it.
type modelUser struct {
	hash  token.Hash
	roles map[string]bool
}

// TestTheFilesSayWhatTheEditsSaid does random edits, with comments that a person
// adds between them, and compares the files with a map after each.
func TestTheFilesSayWhatTheEditsSaid(t *testing.T) {
	root := t.TempDir()
	names := rapid.SampledFrom([]string{"a", "b b", "c#", "'d'"})
	roles := rapid.SliceOfN(rapid.SampledFrom([]string{"r", "s s", "t#", "u,v"}), 0, 3)
	hashes := rapid.SampledFrom([]token.Hash{hashA, hashB})
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		dir := filepath.Join(root, fmt.Sprint(runs))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		model := map[string]modelUser{}
		comments := 0
		for range rapid.IntRange(1, 10).Draw(t, "edits") {
			name := names.Draw(t, "name")
			user, exists := model[name]
			want := userfile.ErrNotFound
			if !fileExists(filepath.Join(dir, "users")) {
				want = userfile.ErrNoFile
			}
			var err error
			switch rapid.IntRange(0, 4).Draw(t, "edit") {
			case 0:
				hash, list := hashes.Draw(t, "hash"), roles.Draw(t, "roles")
				_, err = userfile.Add(dir, name, hash, list)
				if exists = !exists; exists {
					model[name] = modelUser{hash, setOf(list)}
				}
				want = userfile.ErrExists
			case 1:
				_, err = userfile.Delete(dir, name)
				delete(model, name)
			case 2:
				hash := hashes.Draw(t, "hash")
				_, err = userfile.SetPassword(dir, name, hash)
				if exists {
					model[name] = modelUser{hash, user.roles}
				}
			case 3:
				add, remove := roles.Draw(t, "add"), roles.Draw(t, "remove")
				_, err = userfile.ChangeRoles(dir, name, add, remove)
				if exists {
					maps.Copy(user.roles, setOf(add))
					maps.DeleteFunc(user.roles, func(role string, _ bool) bool { return slices.Contains(remove, role) })
				}
			case 4:
				comments++
				comment(t, dir, rapid.SampledFrom([]string{"users", "users_roles"}).Draw(t, "file"), "# by hand")
				exists = true
			}
			if exists && err != nil || !exists && !errors.Is(err, want) {
				t.Fatalf("user there: %v; got %v, want %v", exists, err, want)
			}
			compare(t, dir, model, comments)
		}
	})
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

// comment adds a comment without a line end, and makes the file.
func comment(t *rapid.T, dir, file, text string) {
	path := filepath.Join(dir, file)
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if s := string(old); s != "" && !strings.HasSuffix(s, "\n") {
		text = "\n" + text
	}
	if err := os.WriteFile(path, append(old, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func compare(t *rapid.T, dir string, model map[string]modelUser, comments int) {
	users, wrong, err := userfile.Read(dir)
	if errors.Is(err, userfile.ErrNoFile) && len(model) == 0 {
		return
	}
	if err != nil || wrong != nil {
		t.Fatalf("%v, %v", wrong, err)
	}
	if got, want := users.Names(), slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
		t.Fatalf("users %q, want %q", got, want)
	}
	for name, want := range model {
		got, _ := users.Lookup(name)
		if roles := slices.Sorted(maps.Keys(want.roles)); got.Hash.Text() != want.hash.Text() || !slices.Equal(got.Roles, roles) {
			t.Fatalf("%s has roles %q, want %q, or another hash", name, got.Roles, roles)
		}
	}
	var text string
	for _, file := range []string{"users", "users_roles"} {
		data, _ := os.ReadFile(filepath.Join(dir, file))
		text += string(data)
	}
	if got := strings.Count(text, "# by hand"); got != comments {
		t.Fatalf("%d comments, want %d", got, comments)
	}
}
