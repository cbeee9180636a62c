package userfile_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"jeton/security/token"
	"jeton/security/userfile"
)

var (
	passwordA, passwordB = token.SecretFrom("password-of-a"), token.SecretFrom("password-of-b")
	hashA, hashB         = token.HashFast(passwordA), token.HashFast(passwordB)
)

func line(name string, hash token.Hash) string { return name + ":" + hash.Text() + "\n" }

func write(t *testing.T, dir, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expectText(t *testing.T, dir, file, want string) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != want {
		t.Errorf("%s holds\n%s\n(%v), want\n%s", file, got, err, want)
	}
}

func expectAbsent(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(dir, file)); !os.IsNotExist(err) {
			t.Errorf("%s was made: %v", file, err)
		}
	}
}

func expectNames(t *testing.T, users *userfile.Users, want ...string) {
	t.Helper()
	if got := users.Names(); !slices.Equal(got, want) || users.Len() != len(want) {
		t.Errorf("%d users %v, want %v", users.Len(), got, want)
	}
}

func expectUser(t *testing.T, users *userfile.Users, name string, password token.Secret, roles ...string) {
	t.Helper()
	u, ok := users.Lookup(name)
	if !ok || u.Name != name || !u.Hash.Verify(password) || !slices.Equal(u.Roles, roles) {
		t.Errorf("%s: found %v, named %q, password accepted %v, roles %v; want %v",
			name, ok, u.Name, u.Hash.Verify(password), u.Roles, roles)
	}
}

// done fails on an error and on a warning.
func done(t *testing.T) func(warnings []string, err error) {
	t.Helper()
	return func(warnings []string, err error) {
		t.Helper()
		if err != nil || warnings != nil {
			t.Fatalf("error %v, warnings %v", err, warnings)
		}
	}
}
