package powerloss

import "syscall"

// Numbers that package syscall does not have on all machines.
const (
	callRenameat2     = syscall.SYS_RENAMEAT2
	callCopyFileRange = 285
	callPwritev2      = 287
	callSyncfs        = syscall.SYS_SYNCFS
)

// older are calls without "at"; this machine has none.
func (t *tracer) older() map[uint64]handler { return nil }
