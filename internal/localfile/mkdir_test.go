package localfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAPrivateDirectoryIsTightAndClean(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".node.key.123.tmp", "node.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := MkdirPrivate(dir); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "node.key" {
		t.Errorf("in it: %v, %v", left, err)
	}
	if err := MkdirPrivate(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
}
