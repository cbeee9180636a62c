package localfile

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick is for tests that do not depend on the operating system's news.
func quick() pace { return pace{poll: 5 * time.Millisecond, settle: time.Millisecond} }

// absent stands for the nil content.
const absent = "(absent)"

// story collects what a Follower reports and logs.
type story struct {
	*testing.T
	*Follower
	contents chan string
	log      *logBuffer
}

func followed(t *testing.T, path string, pace pace) *story {
	t.Helper()
	s := &story{T: t, contents: make(chan string, 100), log: &logBuffer{}}
	f := follow(path, slog.New(slog.NewTextHandler(s.log, nil)), func(data []byte) {
		if data == nil {
			s.contents <- absent
		} else {
			s.contents <- string(data)
		}
	}, pace)
	s.Follower = f
	t.Cleanup(f.Close)
	return s
}

// expect waits for the next report, within the 5 s that are promised.
func (s *story) expect(want string) {
	s.Helper()
	select {
	case got := <-s.contents:
		if got != want {
			s.Fatalf("reported %q, want %q", got, want)
		}
	case <-time.After(5 * time.Second):
		s.Fatalf("%q was not reported within 5 s", want)
	}
}

func (s *story) expectLogged(text string) {
	s.Helper()
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(s.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%q was not logged, but: %s", text, s.log)
		}
	}
}

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

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := Write(path, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, path, content string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
}

func TestTheFirstContentIsThereWhenFollowReturns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, "first")
	f := followed(t, path, usualPace())
	if len(f.contents) != 1 {
		t.Fatal("nothing was reported yet")
	}
	f.expect("first")
}

func TestChangesAreReportedWithTheSystemsNewsAndWithout(t *testing.T) {
	onlyNews := pace{poll: time.Hour, settle: time.Millisecond, notify: true}
	for name, pace := range map[string]pace{"news alone": onlyNews, "polling alone": quick(), "both": usualPace()} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			f := followed(t, path, pace)
			f.expect(absent)
			put(t, path, "made")
			f.expect("made")
			put(t, path, "replaced")
			f.expect("replaced")
			appendTo(t, path, ", and more")
			f.expect("replaced, and more")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			f.expect(absent)
			put(t, path, "")
			f.expect("")
		})
	}
}

func TestTheSameContentIsNotReportedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, "same")
	f := followed(t, path, quick())
	f.expect("same")
	put(t, path, "same")
	put(t, filepath.Join(filepath.Dir(path), "neighbour"), "other")
	put(t, path, "other")
	f.expect("other")
}

func TestALinkIntoAReplacedDirectoryIsFollowed(t *testing.T) {
	// Kubernetes mounts a secret so: file -> ..data/file, ..data -> ..N, and a
	// change renames another ..data over it.
	dir := t.TempDir()
	publish := func(version, content string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, version), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, version, "file"), content)
		next := filepath.Join(dir, "..data_tmp")
		if err := os.Symlink(version, next); err != nil {
			t.Skipf("no symbolic links: %v", err)
		}
		if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	publish("..1", "one")
	path := filepath.Join(dir, "file")
	if err := os.Symlink("..data/file", path); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	f := followed(t, path, usualPace())
	f.expect("one")
	publish("..2", "two")
	f.expect("two")
}

func TestTheDirectoryMayComeAndGo(t *testing.T) {
	t.Parallel() // waits for polls
	dir := filepath.Join(t.TempDir(), "config")
	path := filepath.Join(dir, "file")
	f := followed(t, path, usualPace())
	f.expect(absent)
	for _, content := range []string{"one", "two"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, path, content)
		f.expect(content)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		f.expect(absent)
	}
}

func TestAnUnreadableFileKeepsItsFormerContentAndIsLoggedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, "good")
	f := followed(t, path, quick())
	f.expect("good")

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // root too cannot read this
		t.Fatal(err)
	}
	// Between the two the file was absent, which may or may not have been seen.
	f.expectLogged("not a regular file")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, "better")
	f.expectLogged("can be read again")
	for got := ""; got != "better"; {
		select {
		case got = <-f.contents:
		case <-time.After(5 * time.Second):
			t.Fatal("the new content was not reported")
		}
	}
	if n := strings.Count(f.log.String(), "not a regular file"); n != 1 {
		t.Errorf("the error was logged %d times: %s", n, f.log)
	}
}

func TestAFileThatCannotBeReadAtTheStartIsReportedOnceItCan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.Mkdir(path, 0o700); err != nil { // no file, so unreadable for root too
		t.Fatal(err)
	}
	f := followed(t, path, quick())
	f.expect(absent)
	if !strings.Contains(f.log.String(), "cannot be read") {
		t.Errorf("it is not said: %s", f.log)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, "now")
	f.expect("now")
}

func TestHalfAWriteIsNotReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, "a=1\n")
	var got []string
	f := &Follower{
		path: path, log: slog.New(slog.DiscardHandler), content: []byte("a=1\n"), pending: []byte("a=1\n"),
		changed: func(data []byte) { got = append(got, string(data)) },
	}
	for _, seen := range []string{"", "a=1\nb", "a=1\nb=2\n", "a=1\nb=2\n"} {
		put(t, path, seen)
		f.look()
	}
	if len(got) != 1 || got[0] != "a=1\nb=2\n" {
		t.Errorf("reported %q", got)
	}
}

func TestNothingIsReportedAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f := followed(t, path, quick())
	f.expect(absent)
	f.Close()
	f.Close()
	put(t, path, "too late")
	if len(f.contents) != 0 {
		t.Error("reported")
	}
}
