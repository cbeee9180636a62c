package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is CLOCK_MONOTONIC_RAW, which on macOS goes on while the machine
// sleeps.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &t); err != nil {
		panic("CLOCK_MONOTONIC_RAW cannot be read: " + err.Error()) // there since macOS 10.12
	}
	return time.Duration(t.Nano())
}
