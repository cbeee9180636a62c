package localfile

import (
	"errors"
	"syscall"
)

const (
	deleteOnClose    = 0x04000000 // FILE_FLAG_DELETE_ON_CLOSE
	sharingViolation = syscall.Errno(32)
	noSharing        = 0
)

func tryLock(target string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(target + ".lock")
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, noSharing, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL|deleteOnClose, 0)
	switch {
	case err == nil:
		return func() { _ = syscall.CloseHandle(handle) }, nil
	case errors.Is(err, sharingViolation):
		return nil, ErrLocked
	default:
		return nil, err
	}
}
