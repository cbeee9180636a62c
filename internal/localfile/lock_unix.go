//go:build unix

package localfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

func tryLock(target string) (unlock func(), err error) {
	dir, err := os.Open(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = dir.Close() }, nil // closing unlocks
	}
	_ = dir.Close()
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, ErrLocked
	case errors.Is(err, syscall.EBADF): // NFS wants a handle for writing
		return nil, errors.ErrUnsupported
	default:
		return nil, err
	}
}
