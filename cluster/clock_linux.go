package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is CLOCK_BOOTTIME. Go's own monotonic clock stands still while the
// machine sleeps, and a lease must not.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic("CLOCK_BOOTTIME cannot be read: " + err.Error()) // there since Linux 2.6.39
	}
	return time.Duration(t.Nano())
}
