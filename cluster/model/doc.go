// Package model is a small model of the freshness protocol (docs/consistency.md)
// and a search through all of its states. It owns the question whether the rules
// are right, for a few servers, entries and terms, and says so by exhausting them;
// whether the code follows the rules is the simulation's question. It imports
// nothing of ours and nothing imports it.
//
// The model takes the side of the adversary wherever it leaves something out: any
// message may be late or lost, any server slow, a leader that was replaced goes on
// for ever, and a follower may apply what is committed at any moment.
//
// Two things may not happen in any state. A request that begins after a delete was
// answered is accepted by the deleted token (R). A request that begins after a
// create was answered, and before anybody deletes, is told 401 (N).
package model
