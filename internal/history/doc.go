// Package history owns the judgement of a run: it records what clients asked
// and were told, each with the interval in which it happened, and finds the
// answers that break a promise.
//
// It judges intervals, and asks for no order of all operations: before a delete
// is answered two nodes may disagree, so a correct run need not be linearizable.
// Where an operation may have had its effect at several moments, all of them
// count as possible, so what it reports is always wrong, and what it does not
// report may be.
//
// A restore of a backup is judged as the creates and deletes that it amounts to,
// which follow from when things were made and when the backup was saved.
//
// It does not know what a token is, how it is asked for, or what a node is.
package history
