package fsm

import "log/slog"

// Command is one change of the state, decided completely by its maker.
type Command interface {
	// Type names the command in the log; a name is never given a second meaning.
	Type() string
	// apply changes next, a copy of the current state that nobody else sees
	// yet, or leaves it alone and says why.
	apply(next *State) Code
}

// commands is the table of all command types of this release.
var commands = map[string]func() Command{
	"found_cluster":        func() Command { return new(FoundCluster) },
	"create_service_token": func() Command { return new(CreateServiceToken) },
	"delete_service_token": func() Command { return new(DeleteServiceToken) },
	"create_join_token":    func() Command { return new(CreateJoinToken) },
	"admit_member":         func() Command { return new(AdmitMember) },
	"update_member":        func() Command { return new(UpdateMember) },
	"remove_member":        func() Command { return new(RemoveMember) },
}

// Code is the outcome of a command: what Apply decided.
type Code string

// The codes. They are kept in snapshots, so a code is never given a second
// meaning.
const (
	OK       Code = "ok"
	Exists   Code = "exists"    // the record was there already; nothing changed
	NotFound Code = "not_found" // there was no such record; nothing changed
	// NameTaken: another live member has the node name; nothing changed.
	NameTaken Code = "name_taken"
	// TokenUsed: the join token has admitted another node; nothing changed.
	TokenUsed Code = "token_used"
	// TokenExpired: the join token's time is over; nothing changed.
	TokenExpired Code = "token_expired"
	// Removed: the member was removed and its id is never used again.
	Removed Code = "removed"
	// Forgotten: the proposal's id may have been seen and forgotten. This
	// attempt changed nothing; an earlier one may have.
	Forgotten Code = "forgotten"
)

// FoundCluster is a cluster's first command.
type FoundCluster struct {
	Cluster Cluster `json:"cluster"`
	CA      CA      `json:"ca"`
	User    User    `json:"user"`
	Member  Member  `json:"member"`
}

// Type implements Command.
func (*FoundCluster) Type() string { return "found_cluster" }

// LogValue implements slog.LogValuer.
func (c FoundCluster) LogValue() slog.Value { return printed(c) }

func (c *FoundCluster) apply(next *State) Code {
	if next.cluster != nil {
		return Exists
	}
	next.cluster, next.ca = &c.Cluster, &c.CA
	next.users = put(next.users, c.User.Name, &c.User)
	next.members = put(next.members, c.Member.ID, &c.Member)
	return OK
}

// CreateServiceToken adds a token whose name must be free in its account.
type CreateServiceToken struct {
	Token ServiceToken `json:"token"`
}

// Type implements Command.
func (*CreateServiceToken) Type() string { return "create_service_token" }

// LogValue implements slog.LogValuer.
func (c CreateServiceToken) LogValue() slog.Value { return printed(c) }

func (c *CreateServiceToken) apply(next *State) Code {
	key := tokenKey(c.Token.Account, c.Token.Name)
	if _, taken := get(next.tokens, key); taken {
		return Exists
	}
	next.tokens = put(next.tokens, key, &c.Token)
	return OK
}

// DeleteServiceToken removes a token.
type DeleteServiceToken struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// Type implements Command.
func (*DeleteServiceToken) Type() string { return "delete_service_token" }

func (c *DeleteServiceToken) apply(next *State) Code {
	key := tokenKey(c.Account, c.Name)
	if _, there := get(next.tokens, key); !there {
		return NotFound
	}
	next.tokens = remove(next.tokens, key)
	return OK
}

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
	holder, taken := next.MemberByName(c.Member.Name)
	switch {
	case taken && holder.ID == c.Replaces:
		next.members = remove(next.members, holder.ID)
	case taken && holder.ID != c.Member.ID:
		return NameTaken
	}
	used := *token
	used.UsedBy = c.Member.ID
	next.joinTokens = put(next.joinTokens, used.ID, &used)
	next.members = put(next.members, c.Member.ID, &c.Member)
	return OK
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
	next.removed = put(next.removed, id, &id)
	return OK
}
