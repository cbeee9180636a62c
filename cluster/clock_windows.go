package cluster

import (
	"time"

	"golang.org/x/sys/windows"
)

// sinceBoot is GetTickCount64, which goes on while the machine sleeps, in steps of
// 10 to 16 ms.
func sinceBoot() time.Duration { return windows.DurationSinceBoot() }
