package fsm

// SetMemberVoting records whether a member is to vote. One that is not is a read
// replica until it is said otherwise, wherever it moves.
type SetMemberVoting struct {
	ID     string `json:"id"`
	Voting bool   `json:"voting"`
}

// Type implements Command.
func (*SetMemberVoting) Type() string { return "set_member_voting" }

func (c *SetMemberVoting) apply(next *State) Code {
	if next.Removed(c.ID) {
		return Removed
	}
	if _, there := get(next.members, c.ID); !there {
		return NotFound
	}
	if next.Replica(c.ID) == !c.Voting {
		return Unchanged
	}
	if c.Voting {
		next.replicas = remove(next.replicas, c.ID)
		return OK
	}
	id := c.ID
	next.replicas = put(next.replicas, id, &id)
	return OK
}
