package tokenfile_test

import (
	"bytes"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/security/tokenfile"
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

func open(t *testing.T, path string) (*tokenfile.Store, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	store := tokenfile.Open(path, slog.New(slog.NewTextHandler(log, nil)))
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

func expectLive(t *testing.T, store *tokenfile.Store, names ...string) {
	t.Helper()
	within5s(t, strings.Join(names, ", "), func() bool { return slices.Equal(store.Current().Names(account), names) })
}

func TestWithoutAFileThereAreNoTokens(t *testing.T) {
	store, _ := open(t, newPath(t))
	if store.Current().Len() != 0 {
		t.Errorf("%v", store.Current())
	}
}

func TestWhatTheFileHoldsAtTheStartIsLiveAtOnce(t *testing.T) {
	path := newPath(t)
	write(t, path, line("elastic/kibana/a", hashA))
	store, log := open(t, path)
	expectVerifies(t, store.Current(), account, "a", secretA)
	if !strings.Contains(log.String(), "tokens=1") || !strings.Contains(log.String(), path) {
		t.Errorf("log: %s", log)
	}
}

func TestChangesAreLiveWithin5s(t *testing.T) {
	path := newPath(t)
	store, log := open(t, path)

	// The first token makes the file; another command adds a second.
	done(t)(tokenfile.Create(path, account, "a", hashA))
	expectLive(t, store, "a")
	done(t)(tokenfile.Create(path, account, "b", hashB))
	expectLive(t, store, "a", "b")

	// A line is broken by hand: the others go on.
	write(t, path, line("elastic/kibana/a", hashA)+"elastic/kibana/b hunter2\n"+line("elastic/kibana/c", hashB))
	expectLive(t, store, "a", "c")
	within5s(t, "a warning", func() bool { return strings.Contains(log.String(), "level=WARN") })
	for _, want := range []string{"line=2", path, "tokens=2"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log: %s", want, log)
		}
	}

	// It is mended, with a secret of another hash, which is the later of two lines.
	write(t, path, line("elastic/kibana/a", hashA)+line("elastic/kibana/b", hashA)+line("elastic/kibana/b", hashB))
	expectLive(t, store, "a", "b")
	expectVerifies(t, store.Current(), account, "b", secretB)

	done(t)(tokenfile.Delete(path, account, "a"))
	expectLive(t, store, "b")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expectLive(t, store)

	for _, never := range []string{"hunter2", hashA.Text()[9:], hashB.Text()[9:]} {
		if strings.Contains(log.String(), never) {
			t.Errorf("%q is in the log", never)
		}
	}
}

func TestAChangeWithoutMeaningIsNoReload(t *testing.T) {
	path := newPath(t)
	write(t, path, line("elastic/kibana/a", hashA))
	store, log := open(t, path)
	former := store.Current()

	// The malformed line proves that the blank one was read.
	write(t, path, "\n# comment\n"+line("elastic/kibana/a", hashA)+"rubbish\n")
	within5s(t, "a warning", func() bool { return strings.Contains(log.String(), "line=4") })
	if store.Current() != former {
		t.Error("the tokens were replaced by equal ones")
	}
	if n := strings.Count(log.String(), "are live"); n != 1 {
		t.Errorf("told %d times: %s", n, log)
	}
}

func TestAFileThatCannotBeReadAtTheStartMeansNoTokens(t *testing.T) {
	store, log := open(t, t.TempDir()) // a directory: unreadable for root too
	if store.Current().Len() != 0 || !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("%d tokens, %s", store.Current().Len(), log)
	}
}
