//go:build unix

package localfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"jeton/internal/localfile"
)

// Else a tool that root runs would lock the server out of its own directory.
func TestATreeIsGivenToTheOwnerOfItsDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	outside := filepath.Join(t.TempDir(), "outside")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "raft", "snapshots"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{outside, filepath.Join(dir, "key"), filepath.Join(dir, "raft", "snapshots", "state")} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What is also in another directory, the owner could have put there to get it.
	if err := os.Link(outside, filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "symbolic")); err != nil {
		t.Fatal(err)
	}
	grant(t, dir, access{server, group, 0o700})

	if err := localfile.GiveTree(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]access{
		"key": {server, group, 0o600}, "raft": {server, group, 0o700}, "raft/snapshots": {server, group, 0o700},
		"raft/snapshots/state": {server, group, 0o600}, "linked": {0, 0, 0o600}, "symbolic": {0, 0, 0o600},
	} {
		if got := accessOf(t, filepath.Join(dir, name)); got != want {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}
