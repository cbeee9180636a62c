// Package fsm is the replicated state of Jeton: the records, the commands that
// change them, and the formats in which both are kept.
//
// It owns what a log entry means. Every node applies the same entries in the
// same order and must reach the same state, so nothing in here reads the
// clock, chance, the environment, the disk, the network or the order of a map:
// whoever makes a command decides all of that first and writes it into the
// command. What is left to decide here are the conflicts between commands
// (taken already, gone already), and nowhere else are they decided.
//
// It must not know Raft, HTTP, what a privilege is, or what a credential looks
// like: hashes and certificates are opaque text.
//
// A reader takes one [State] by [Machine.Current] and answers a whole request
// from it. A State never changes: Apply makes the next one and publishes it
// with one atomic store. docs/state.md tells why, and why not otherwise.
package fsm
