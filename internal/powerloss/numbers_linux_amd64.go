package powerloss

import "syscall"

// Numbers that package syscall does not have.
const (
	callRenameat2     = 316
	callCopyFileRange = 326
	callPwritev2      = 328
	callSyncfs        = 306
)

// older are calls that later machines have only with "at".
func (t *tracer) older() map[uint64]handler {
	return map[uint64]handler{
		syscall.SYS_OPEN:    t.open(here, 0, 1),
		syscall.SYS_CREAT:   t.openWith(func(c call) (int, uint64, int) { return here, c.args[0], createFlags }),
		syscall.SYS_RENAME:  t.rename(here, 0, here, 1),
		syscall.SYS_MKDIR:   t.mkdir(here, 0, 1),
		syscall.SYS_RMDIR:   t.remove(here, 0),
		syscall.SYS_UNLINK:  t.remove(here, 0),
		syscall.SYS_LINK:    t.link(here, 0, here, 1),
		syscall.SYS_SYMLINK: t.cannot("symlink", here, 1),
		syscall.SYS_CHMOD:   t.chmod(here, 0, 1),
	}
}
