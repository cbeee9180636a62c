// Package mutant holds the list of wrong variants of the freshness protocol that
// the simulation must find. It owns the names and the choice, and knows nothing
// of what a variant does: that is said where the protocol is.
//
// Without the build tag `mutants`, as in every program that ships, [Is] is a
// constant false and the variants are not in the binary. docs/testing.md lists
// the variants, what each breaks, and the seeds that show it.
package mutant
