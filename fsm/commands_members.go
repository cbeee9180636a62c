package fsm

import "log/slog"

// CreateJoinToken adds a join token, and drops those whose time is over.
type CreateJoinToken struct {
	Token JoinToken `json:"token"`
	Now   int64     `json:"now"` // Unix milliseconds, by the maker's clock
}

// Type implements Command.
func (*CreateJoinToken) Type() string { return "create_join_token" }

// LogValue implements slog.LogValuer.
func (c CreateJoinToken) LogValue() slog.Value { return printed(c) }

func (c *CreateJoinToken) apply(next *State) Code {
	if _, taken := get(next.joinTokens, c.Token.ID); taken {
		return Exists
	}
	for _, t := range all(next.joinTokens) {
		if t.Expires <= c.Now {
			next.joinTokens = remove(next.joinTokens, t.ID)
		}
	}
	next.joinTokens = put(next.joinTokens, c.Token.ID, &c.Token)
	return OK
}

// AdmitMember spends a join token on a node. The same node may be admitted
// again by the same token, so that a join that was cut off can be repeated.
type AdmitMember struct {
	TokenID string `json:"token_id"`
	Now     int64  `json:"now"` // Unix milliseconds, by the maker's clock
	Member  Member `json:"member"`
	// Replaces is the id of a member that holds the name without being in
	// Raft's configuration, as the maker saw it.
	Replaces string `json:"replaces,omitempty"`
}

// Type implements Command.
func (*AdmitMember) Type() string { return "admit_member" }

func (c *AdmitMember) apply(next *State) Code {
	token, there := get(next.joinTokens, c.TokenID)
	switch {
	case next.Removed(c.Member.ID):
		return Removed
	case !there:
		return NotFound
	case token.UsedBy != "" && token.UsedBy != c.Member.ID:
		return TokenUsed
	case token.Expires <= c.Now:
		return TokenExpired
	}
	if code := next.admit(&c.Member, c.Replaces); code != OK {
		return code
	}
	used := *token
	used.UsedBy = c.Member.ID
	next.joinTokens = put(next.joinTokens, used.ID, &used)
	return OK
}

// admit adds the member, unless another than the one that it replaces has its name.
func (s *State) admit(m *Member, replaces string) Code {
	holder, taken := s.MemberByName(m.Name)
	switch {
	case taken && holder.ID == replaces:
		s.members = remove(s.members, holder.ID)
		s.replicas = remove(s.replicas, holder.ID)
	case taken && holder.ID != m.ID:
		return NameTaken
	}
	s.members = put(s.members, m.ID, m)
	return OK
}

// AdmitSeededMember admits a node for which a member vouches: it has proven the
// join secret, which is no part of the state.
type AdmitSeededMember struct {
	Member Member `json:"member"`
	// Replaces is as AdmitMember's.
	Replaces string `json:"replaces,omitempty"`
}

// Type implements Command.
func (*AdmitSeededMember) Type() string { return "admit_seeded_member" }

func (c *AdmitSeededMember) apply(next *State) Code {
	if next.Removed(c.Member.ID) {
		return Removed
	}
	return next.admit(&c.Member, c.Replaces)
}

// UpdateMember records that a member's name or addresses have changed.
type UpdateMember struct {
	Member Member `json:"member"`
}

// Type implements Command.
func (*UpdateMember) Type() string { return "update_member" }

func (c *UpdateMember) apply(next *State) Code {
	if next.Removed(c.Member.ID) {
		return Removed
	}
	if _, there := get(next.members, c.Member.ID); !there {
		return NotFound
	}
	if holder, taken := next.MemberByName(c.Member.Name); taken && holder.ID != c.Member.ID {
		return NameTaken
	}
	next.members = put(next.members, c.Member.ID, &c.Member)
	return OK
}

// RemoveMember retires a member's id for good.
type RemoveMember struct {
	ID string `json:"id"`
}

// Type implements Command.
func (*RemoveMember) Type() string { return "remove_member" }

func (c *RemoveMember) apply(next *State) Code {
	if next.Removed(c.ID) {
		return NotFound
	}
	id := c.ID
	next.members = remove(next.members, id)
	next.replicas = remove(next.replicas, id)
	next.removed = put(next.removed, id, &id)
	return OK
}
