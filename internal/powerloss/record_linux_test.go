package powerloss_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"jeton/internal/powerloss"
)

// writerMain does what the recorder must see, in the current directory.
func writerMain([]string) error {
	if err := os.MkdirAll("a/b", 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile("a/log", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { _, err := f.WriteString("first"); return err },
		func() error { _, err := f.WriteString(" second"); return err },
		f.Sync,
		func() error { _, err := f.WriteAt([]byte("FIRST"), 0); return err },
		func() error { return syscall.Fdatasync(int(f.Fd())) },
		func() error { return f.Truncate(5) },
		func() error { return os.Rename("a/log", "a/b/moved") },
		func() error { return os.Rename("a/b", "c") },
		func() error { _, err := f.WriteAt([]byte("!"), 5); return err },
		func() error { return os.Link("c/moved", "linked") },
		func() error { return os.Remove("old") },
		func() error { return os.Chmod("c/moved", 0o640) },
		func() error { return os.WriteFile("kept", []byte("new"), 0o600) },
		func() error { _, err := fmt.Println("done"); return err },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return f.Close()
}

func TestARecordingHoldsWhatAProgramDidToItsFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"old": "gone soon", "kept": "before"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := as(t, "writer")
	cmd.Dir = dir
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stdout
	rec, code, err := powerloss.Record(cmd, dir)
	mayRecord(t, err)
	sound(t, rec)
	if code != 0 || stdout.String() != "done\n" {
		t.Fatalf("code %d, output %q", code, stdout.String())
	}
	var got []string
	for _, e := range rec.Events {
		text := e.String()
		if e.Op == powerloss.Mark {
			text = "mark " + strings.TrimSpace(string(e.Data))
		}
		got = append(got, text)
	}
	want := []string{
		"mkdir a", "mkdir a/b", "create a/log",
		"write a/log at 0, 5 bytes", "write a/log at 5, 7 bytes", "sync a/log",
		"write a/log at 0, 5 bytes", "sync a/log", "truncate a/log to 5",
		"rename a/log to a/b/moved", "rename a/b to c", "write c/moved at 5, 1 bytes",
		"link c/moved to linked", "remove old", "chmod c/moved",
		"truncate kept to 0", "write kept at 0, 3 bytes", "mark done", "exit with code 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheImageWithEverythingIsTheDirectoryItself(t *testing.T) {
	dir := t.TempDir()
	cmd := as(t, "writer")
	cmd.Dir = dir
	if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rec, _, err := powerloss.Record(cmd, dir)
	mayRecord(t, err)
	sound(t, rec)
	for _, model := range []powerloss.Model{powerloss.Strict, powerloss.Journal} {
		image := t.TempDir()
		if err := rec.Image(powerloss.Crash{At: len(rec.Events), Model: model, Rest: powerloss.All}).Write(image); err != nil {
			t.Fatal(err)
		}
		if got, want := contents(t, image), contents(t, dir); got != want {
			t.Errorf("%v: the image is\n%s\nand the directory\n%s", model, got, want)
		}
	}
}

func TestTwoRecordingsDoNotDisturbEachOther(t *testing.T) {
	var both sync.WaitGroup
	for range 2 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "old"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := as(t, "writer")
		cmd.Dir = dir
		both.Go(func() {
			rec, code, err := powerloss.Record(cmd, dir)
			if err == nil && (code != 0 || len(rec.Events) != 18) {
				t.Errorf("code %d, %d events", code, len(rec.Events))
			}
		})
	}
	both.Wait()
}

// strangerMain does what no event can express.
func strangerMain([]string) error {
	if err := os.Symlink("nowhere", "symbolic"); err != nil {
		return err
	}
	f, err := os.OpenFile("mapped", os.O_RDWR|os.O_CREATE|os.O_SYNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		return err
	}
	memory, err := syscall.Mmap(int(f.Fd()), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	memory[0] = 1
	return syscall.Munmap(memory)
}

func TestWhatCannotBeRecordedIsReported(t *testing.T) {
	dir := t.TempDir()
	cmd := as(t, "stranger")
	cmd.Dir = dir
	rec, code, err := powerloss.Record(cmd, dir)
	mayRecord(t, err)
	want := []string{
		"symlinkat of symbolic cannot be recorded",
		"mapped is opened so that writes are synced at once",
		"mapped is written through memory",
	}
	if code != 0 || !slices.Equal(rec.Problems, want) {
		t.Errorf("code %d, problems %q, want %q", code, rec.Problems, want)
	}
}

// contents is all that a directory holds, as text.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var text strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&text, "%s %v", rel, info.Mode())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			fmt.Fprintf(&text, " %q", data)
			if err != nil {
				return err
			}
		}
		text.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}
