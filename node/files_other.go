//go:build !unix

package node

import "math"

// maxOpenFiles is how many files this process may open.
func maxOpenFiles() int { return math.MaxInt32 }
