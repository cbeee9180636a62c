//go:build mutants

package mutant

import "sync/atomic"

var chosen atomic.Value // of Variant

// Is reports whether v is in force.
func Is(v Variant) bool { return chosen.Load() == v }

// Choose puts v in force, for the whole process, in place of any other.
func Choose(v Variant) { chosen.Store(v) }
