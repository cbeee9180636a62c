package node

import (
	"fmt"
	"os"
	"strings"

	"jeton/security"
)

// machineStats tells how the machine is doing, where the system says so
// (Linux); elsewhere and otherwise it is unknown.
func machineStats(version string) security.NodeStats {
	s := security.NodeStats{Version: version, CPUPercent: -1, RAMPercent: -1, HeapPercent: -1, Load1m: -1, Load5m: -1, Load15m: -1}
	if data, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(data), &s.Load1m, &s.Load5m, &s.Load15m)
	}
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		total, available := meminfo(string(data), "MemTotal:"), meminfo(string(data), "MemAvailable:")
		if total > 0 {
			s.RAMPercent = int(100 * (total - available) / total)
		}
	}
	return s
}

// meminfo returns a value of /proc/meminfo in KiB, or 0.
func meminfo(text, key string) (kib int64) {
	if _, after, ok := strings.Cut(text, key); ok {
		_, _ = fmt.Sscan(after, &kib)
	}
	return kib
}
