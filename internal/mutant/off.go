//go:build !mutants

package mutant

// Is reports whether v is in force; in this build none is.
func Is(Variant) bool { return false }
