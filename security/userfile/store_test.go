package userfile_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/security/userfile"
)

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func open(t *testing.T, dir string) (*userfile.Store, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	store := userfile.Open(dir, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(store.Close)
	return store, log
}

// within5s waits for what must be true within the 5 s that are promised.
func within5s(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// expectRoles waits until the user is there with these roles.
func expectRoles(t *testing.T, store *userfile.Store, name string, roles ...string) {
	t.Helper()
	within5s(t, name+" with the roles "+strings.Join(roles, ","), func() bool {
		user, ok := store.Current().Lookup(name)
		return ok && slices.Equal(user.Roles, roles)
	})
}

func expectGone(t *testing.T, store *userfile.Store, name string) {
	t.Helper()
	within5s(t, name+" gone", func() bool { _, ok := store.Current().Lookup(name); return !ok })
}

func TestWithoutFilesThereAreNoUsers(t *testing.T) {
	store, log := open(t, filepath.Join(t.TempDir(), "absent"))
	if store.Current().Len() != 0 || log.String() != "" {
		t.Errorf("%v, log: %s", store.Current(), log)
	}
}

func TestWhatTheFilesHoldAtTheStartIsLiveAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "users", line("jane", hashA))
	write(t, dir, "users_roles", "admins:jane\n")
	store, log := open(t, dir)
	expectUser(t, store.Current(), "jane", passwordA, "admins")
	if n := strings.Count(log.String(), "are live"); n != 1 {
		t.Errorf("told %d times: %s", n, log)
	}
}

func TestChangesOfBothFilesAreLiveWithin5s(t *testing.T) {
	dir := t.TempDir()
	store, log := open(t, dir)

	// The first user makes the files; roles come and go by themselves.
	done(t)(userfile.Add(dir, "jane", hashA, []string{"admins"}))
	expectRoles(t, store, "jane", "admins")
	done(t)(userfile.ChangeRoles(dir, "jane", []string{"writers"}, []string{"admins"}))
	expectRoles(t, store, "jane", "writers")

	// Another password is another user for whoever compares.
	done(t)(userfile.SetPassword(dir, "jane", hashB))
	within5s(t, "the new password", func() bool {
		user, _ := store.Current().Lookup("jane")
		return user.Hash.Verify(passwordB)
	})

	// Lines are broken by hand: the others go on.
	write(t, dir, "users", line("jane", hashB)+"joe hunter2\n"+line("jim", hashA))
	expectRoles(t, store, "jim")
	write(t, dir, "users_roles", "hunter2\nadmins:jim\n")
	expectRoles(t, store, "jim", "admins")
	expectRoles(t, store, "jane")
	for _, want := range []string{"level=WARN", "line=2", "line=1", filepath.Join(dir, "users_roles")} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log: %s", want, log)
		}
	}

	if err := os.Remove(filepath.Join(dir, "users_roles")); err != nil {
		t.Fatal(err)
	}
	expectRoles(t, store, "jim")
	if err := os.Remove(filepath.Join(dir, "users")); err != nil {
		t.Fatal(err)
	}
	expectGone(t, store, "jim")

	for _, never := range []string{"hunter2", hashA.Text()[9:], hashB.Text()[9:]} {
		if strings.Contains(log.String(), never) {
			t.Errorf("%q is in the log", never)
		}
	}
}

func TestAChangeWithoutMeaningIsNoReload(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "users", line("jane", hashA))
	store, log := open(t, dir)
	former := store.Current()

	// The malformed lines prove that the files were read.
	write(t, dir, "users", "\n# comment\n"+line("jane", hashA)+"rubbish\n")
	write(t, dir, "users_roles", "writers:ghost\n\nrubbish\n")
	within5s(t, "two warnings", func() bool {
		return strings.Contains(log.String(), "line=4") && strings.Contains(log.String(), "line=3")
	})
	if store.Current() != former {
		t.Error("the users were replaced by equal ones")
	}
}

func TestFilesThatCannotBeReadAtTheStartMeanNoUsers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "users"), 0o700); err != nil { // a directory: unreadable for root too
		t.Fatal(err)
	}
	write(t, dir, "users_roles", "admins:jane\n")
	store, log := open(t, dir)
	if store.Current().Len() != 0 || !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("%d users, %s", store.Current().Len(), log)
	}
}
