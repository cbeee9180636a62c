//go:build unix

package node

import (
	"math"
	"syscall"
)

// maxOpenFiles is how many files this process may open. Go has raised the soft
// limit to the hard one already.
func maxOpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
