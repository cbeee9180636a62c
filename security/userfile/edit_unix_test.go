//go:build unix

package userfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"jeton/security/userfile"
)

func TestNewFilesAreTheirOwnersAndAnEditKeepsTheMode(t *testing.T) {
	dir := t.TempDir()
	expectModes := func(want os.FileMode) {
		t.Helper()
		for _, file := range []string{"users", "users_roles"} {
			if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: mode %v, %v; want %v", file, info.Mode().Perm(), err, want)
			}
		}
	}
	done(t)(userfile.Add(dir, "jane", hashA, []string{"writers"}))
	expectModes(0o600)
	for _, file := range []string{"users", "users_roles"} {
		if err := os.Chmod(filepath.Join(dir, file), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	done(t)(userfile.SetPassword(dir, "jane", hashB))
	done(t)(userfile.ChangeRoles(dir, "jane", []string{"admins"}, nil))
	expectModes(0o640)
}
