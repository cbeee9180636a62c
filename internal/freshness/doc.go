// Package freshness owns one decision: whether a node may say yes or no from the
// state that it holds now, or must make sure first that it holds everything that
// anybody was told (docs/consistency.md, "Answering"). It must not know what is
// looked up, how a lease is got, or what a round is.
package freshness
