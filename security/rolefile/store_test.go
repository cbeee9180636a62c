package rolefile_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/security/rolefile"
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

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "roles.yml") }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) (*rolefile.Store, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	store := rolefile.Open(path, slog.New(slog.NewTextHandler(log, nil)))
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

func expectLive(t *testing.T, store *rolefile.Store, names ...string) {
	t.Helper()
	within5s(t, strings.Join(names, ", "), func() bool { return slices.Equal(store.Current().Names(), names) })
}

func TestWithoutAFileThereAreNoRoles(t *testing.T) {
	store, log := open(t, newPath(t))
	if store.Current().Len() != 0 || log.String() != "" {
		t.Errorf("%v, log: %s", store.Current(), log)
	}
	if roles, wrong, err := rolefile.Read(newPath(t)); err != nil || wrong != nil || roles.Len() != 0 {
		t.Errorf("%v, %v, %v", roles, wrong, err)
	}
}

func TestChangesAreLiveWithin5s(t *testing.T) {
	path := newPath(t)
	write(t, path, "a: { cluster: [ all ] }\n")
	store, log := open(t, path)
	expectNames(t, store.Current(), "a")

	// A role is added, another one broken.
	write(t, path, "a: { cluster: [ all }\nb: { cluster: [ all ] }\n")
	expectLive(t, store, "b")
	for _, want := range []string{"level=WARN", "line=1", path, "roles=1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log: %s", want, log)
		}
	}

	// It is mended, with other privileges.
	write(t, path, "a: { cluster: [ monitor ] }\nb: { cluster: [ all ] }\n")
	expectLive(t, store, "a", "b")
	if d, _ := store.Current().Lookup("a"); !slices.Equal(d.Cluster, []string{"monitor"}) {
		t.Errorf("got %v", d.Cluster)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expectLive(t, store)
}

func TestAChangeWithoutMeaningIsNoReload(t *testing.T) {
	path := newPath(t)
	write(t, path, "a: { cluster: [ all ], metadata: { n: [ 1 ] } }\n")
	store, log := open(t, path)
	former := store.Current()

	// The malformed role proves that the rest was read.
	write(t, path, "# comment\na:\n  cluster: all\n  metadata:\n    n:\n    - 1\nrubbish\n")
	within5s(t, "a warning", func() bool { return strings.Contains(log.String(), "line=7") })
	if store.Current() != former {
		t.Error("the roles were replaced by equal ones")
	}
}

func TestAFileThatCannotBeReadAtTheStartMeansNoRoles(t *testing.T) {
	dir := t.TempDir() // a directory: unreadable for root too
	store, log := open(t, dir)
	if store.Current().Len() != 0 || !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("%d roles, %s", store.Current().Len(), log)
	}
	if _, _, err := rolefile.Read(dir); err == nil || os.IsNotExist(err) {
		t.Errorf("Read: %v, want another error than %v", err, fs.ErrNotExist)
	}
}
