package cluster

import "slices"

// Ballot is a fresh node's part in choosing who founds: what must be on disk
// before anybody hears of it. The zero value has voted for nobody.
//
// A vote may move, but only to a name that stands earlier in the list than the one
// it leaves, and it leaves a candidate only when that one cannot found any more:
// because it is this node itself and has not founded, or because its own vote is
// known to have moved on. So a vote never returns to whom it left, whoever has
// given its own away never founds, and of two majorities that have a voter in
// common only one can found.
type Ballot struct {
	List    []string `json:"list"`              // cluster.initial_master_nodes, by which ranks are meant
	Vote    string   `json:"vote,omitempty"`    // id of the candidate
	Rank    int      `json:"rank,omitempty"`    // of the candidate, in the list
	Founder bool     `json:"founder,omitempty"` // this node has been chosen, for good
}

// candidate is who may be voted for.
type candidate struct {
	id   string
	rank int
}

// give votes for the candidate, if the vote is free to go there. passed are ids
// that cannot found any more, as the candidate has seen.
func (b Ballot) give(self string, to candidate, passed []string) (Ballot, bool) {
	if b.Vote == to.id {
		return b, true
	}
	movable := !b.Founder && to.rank < b.Rank && (b.Vote == self || slices.Contains(passed, b.Vote))
	if b.Vote != "" && !movable {
		return b, false
	}
	b.Vote, b.Rank = to.id, to.rank
	return b, true
}

// passed reports whether the one with this ballot, who has the rank, can never
// found: its vote is with somebody earlier in the list, and goes only further up.
func (b Ballot) passed(rank int) bool { return b.Vote != "" && b.Rank < rank }

// found closes the ballot if this node may found: its own vote is still its own,
// and so many names of the list have voted for it, itself among them.
func (b Ballot) found(self string, votes int) (Ballot, bool) {
	if b.Vote != self || 2*votes <= len(b.List) {
		return b, b.Founder
	}
	b.Founder = true
	return b, true
}
