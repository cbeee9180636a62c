package localfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/internal/localfile"
)

func expectContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := localfile.Read(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

// expectAlone fails when a temporary or a lock file was left behind.
func expectAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
}

func TestAPrivateFileIsItsWritersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := localfile.Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	expectContent(t, path, "new")
	expectAlone(t, path)
	if info, err := os.Stat(path); err != nil || (info.Mode().Perm() != 0o600 && filepath.Separator == '/') {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAReaderKeepsTheFormerContentWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := localfile.Write(path, []byte("former")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := localfile.WriteShared(path, []byte("later")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if os.SameFile(before, after) {
		t.Error("the file was written in place: a reader may meet half of it")
	}
}

func TestAFailedWriteLeavesTheFormerFileAndNoLitter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "is-a-directory")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := localfile.Write(path, []byte("x")); err == nil {
		t.Error("a directory was replaced by a file")
	}
	expectAlone(t, path)
}

func TestAMissingDirectoryIsNotMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "file")
	if err := localfile.Write(path, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestALinkSurvivesTheReplacementOfItsTarget(t *testing.T) {
	for name, existing := range map[string]bool{"existing target": true, "target to be made": false} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, dir := range []string{"shared/real", "etc"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			target := filepath.Join(root, "shared", "tokens")
			if existing {
				if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// config is itself a link, and the file's link is relative to
			// the place that it leads to.
			config := filepath.Join(root, "etc", "config")
			path := filepath.Join(config, "tokens")
			if err := os.Symlink("../shared/real", config); err != nil {
				t.Skipf("no symbolic links: %v", err)
			}
			if err := os.Symlink("../tokens", path); err != nil {
				t.Fatal(err)
			}
			if _, err := localfile.WriteShared(path, []byte("new")); err != nil {
				t.Fatal(err)
			}
			expectContent(t, target, "new")
			if to, err := os.Readlink(path); err != nil || to != "../tokens" {
				t.Errorf("the link is now %q, %v", to, err)
			}
		})
	}
}

func TestACircleOfLinksIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.Symlink("a", path); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	if err := localfile.Write(path, nil); err == nil {
		t.Error("it was written")
	}
}

func TestReadRefusesWhatIsNoSmallFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := localfile.Read(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if _, err := localfile.Read(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, localfile.MaxSize); err != nil {
		t.Fatal(err)
	}
	if data, err := localfile.Read(big); err != nil || len(data) != localfile.MaxSize {
		t.Errorf("as big as allowed: %d bytes, %v", len(data), err)
	}
	if err := os.Truncate(big, localfile.MaxSize+1); err != nil {
		t.Fatal(err)
	}
	if _, err := localfile.Read(big); err == nil {
		t.Error("too big: accepted")
	}
}

// Of a name without a directory the directory is the present one: for the
// temporary file, and for what makes the rename survive a power cut.
func TestAFileIsWrittenByItsBareName(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	for _, content := range []string{"new", "newer"} {
		if err := localfile.Write("key", []byte(content)); err != nil {
			t.Fatal(err)
		}
		expectContent(t, "key", content)
		expectAlone(t, "./key")
	}
}
