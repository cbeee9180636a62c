//go:build !linux && !darwin && !windows

package cluster

import "time"

var processStart = time.Now()

// sinceBoot is Go's monotonic clock. Where it stands still while the machine
// sleeps, the jump of the wall clock afterwards ends the leases (maxSkew).
func sinceBoot() time.Duration { return time.Since(processStart) }
