//go:build unix

package node_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"jeton/node"
)

// giveAll makes the account the owner of all that is in a directory.
func giveAll(t *testing.T, dir string, id int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, id, id))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The node runs by an account of its own, and who mends a cluster is root.
func TestWhatRootRecoversStaysTheNodesOwn(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can recover the disk of another account")
	}
	const account = 54321
	_, survivor, _ := lost(t, "kept")
	giveAll(t, data(survivor), account)
	crash := errors.New("crash")
	for _, at := range []string{"build", "keep", "swap", "certify", "finish", "none"} {
		o := recoverOptions(survivor)
		o.Step = func(step string) error {
			if step == at {
				return crash
			}
			return nil
		}
		if _, err := node.Recover(t.Context(), o); err != nil && !errors.Is(err, crash) {
			t.Fatal(err)
		}
		err := filepath.WalkDir(data(survivor), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err == nil && info.Sys().(*syscall.Stat_t).Uid != account {
				t.Errorf("until %s: %s is root's", at, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
