package localfile

import (
	"errors"
	"fmt"
	"time"
)

const (
	lockWait  = 10 * time.Second
	lockRetry = 10 * time.Millisecond
)

// ErrLocked says that another program has been editing the file for longer
// than an edit takes.
var ErrLocked = errors.New("is being edited by another program: wait for it or end it, then retry")

// Lock excludes other callers of Lock, in this process and in others, from
// editing the file at path until unlock is called or the process ends. It
// waits up to 10 s, then returns ErrLocked. It does not keep anybody from
// reading or replacing the file without asking.
//
// On Unix the directory itself is locked, so one lock holds for all files of a
// directory, nothing is left behind, and a read-only directory can be locked
// too. On Windows it is a file NAME.lock that vanishes with its holder. A file
// system without such locks (NFS has none for directories) is
// errors.ErrUnsupported; editors may then go on without.
func Lock(path string) (unlock func(), err error) {
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(lockWait); ; time.Sleep(lockRetry) {
		unlock, err := tryLock(target)
		switch {
		case err == nil:
			return unlock, nil
		case !errors.Is(err, ErrLocked):
			return nil, fmt.Errorf("locking %s: %w", target, err)
		case time.Now().After(deadline):
			return nil, fmt.Errorf("%s %w", target, ErrLocked)
		}
	}
}

// LockForEdit is Lock for the command of a person, which goes on where the file
// system has no locks; the warning tells the person so.
func LockForEdit(path string) (unlock func(), warnings []string, err error) {
	unlock, err = Lock(path)
	if errors.Is(err, errors.ErrUnsupported) {
		warning := fmt.Sprintf("The file system of [%s] has no locks: make sure that nobody else edits the file now", path)
		return func() {}, []string{warning}, nil
	}
	return unlock, nil, err
}
