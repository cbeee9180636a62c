//go:build unix

package tokenfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"jeton/security/tokenfile"
)

func expectAccess(t *testing.T, path string, uid, gid int, mode os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	if int(stat.Uid) != uid || int(stat.Gid) != gid {
		t.Errorf("owner %d, group %d; want %d, %d", stat.Uid, stat.Gid, uid, gid)
	}
	expectMode(t, path, mode)
}

func expectMode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("mode %v, %v; want %v", info.Mode().Perm(), err, mode)
	}
}

func TestAnEditKeepsTheFilesMode(t *testing.T) {
	path := newPath(t)
	done(t)(tokenfile.Create(path, account, "a", hashA))
	expectMode(t, path, 0o600)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	done(t)(tokenfile.Create(path, account, "b", hashB))
	done(t)(tokenfile.Delete(path, account, "a"))
	expectMode(t, path, 0o644)
}

func TestRootDoesNotLockTheServerOut(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of another account")
	}
	const server = 54321
	path := newPath(t)
	if err := os.Chown(filepath.Dir(path), server, server); err != nil {
		t.Fatal(err)
	}
	done(t)(tokenfile.Create(path, account, "a", hashA))
	expectAccess(t, path, server, server, 0o600)
	done(t)(tokenfile.Create(path, account, "b", hashB))
	expectAccess(t, path, server, server, 0o600)
}
