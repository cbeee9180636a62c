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

// commands is the table of all command types of this release. One that is added
// has a row in levels too.
var commands = map[string]func() Command{
	"found_cluster":        func() Command { return new(FoundCluster) },
	"create_service_token": func() Command { return new(CreateServiceToken) },
	"delete_service_token": func() Command { return new(DeleteServiceToken) },
	"create_join_token":    func() Command { return new(CreateJoinToken) },
	"admit_member":         func() Command { return new(AdmitMember) },
	"update_member":        func() Command { return new(UpdateMember) },
	"remove_member":        func() Command { return new(RemoveMember) },
	"rotate_service_token": func() Command { return new(RotateServiceToken) },
	"note_token_uses":      func() Command { return new(NoteTokenUses) },

	"put_user":         func() Command { return new(PutUser) },
	"delete_user":      func() Command { return new(DeleteUser) },
	"set_password":     func() Command { return new(SetPassword) },
	"set_user_enabled": func() Command { return new(SetUserEnabled) },

	"put_role":                     func() Command { return new(PutRole) },
	"delete_role":                  func() Command { return new(DeleteRole) },
	"put_application_privilege":    func() Command { return new(PutApplicationPrivilege) },
	"delete_application_privilege": func() Command { return new(DeleteApplicationPrivilege) },
	"put_service_account":          func() Command { return new(PutServiceAccount) },
	"delete_service_account":       func() Command { return new(DeleteServiceAccount) },

	"create_oauth_token":      func() Command { return new(CreateOAuthToken) },
	"refresh_oauth_token":     func() Command { return new(RefreshOAuthToken) },
	"invalidate_oauth_token":  func() Command { return new(InvalidateOAuthToken) },
	"invalidate_oauth_tokens": func() Command { return new(InvalidateOAuthTokens) },
	"purge_expired":           func() Command { return new(PurgeExpired) },

	"put_settings":    func() Command { return new(PutSettings) },
	"settle_settings": func() Command { return new(SettleSettings) },

	// From here on of a level of their own: see levels.
	"raise_level":            func() Command { return new(RaiseLevel) },
	"set_member_voting":      func() Command { return new(SetMemberVoting) },
	"put_autopilot_settings": func() Command { return new(PutAutopilotSettings) },
	"recover_cluster":        func() Command { return new(RecoverCluster) },
	"begin_ca_rotation":      func() Command { return new(BeginCARotation) },
	"release_ca_rotation":    func() Command { return new(ReleaseCARotation) },
	"switch_ca":              func() Command { return new(SwitchCA) },
	"finish_ca_rotation":     func() Command { return new(FinishCARotation) },
	"stage_restore":          func() Command { return new(StageRestore) },
	"drop_restore":           func() Command { return new(DropRestore) },
	"commit_restore":         func() Command { return new(CommitRestore) },
	"admit_seeded_member":    func() Command { return new(AdmitSeededMember) },
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
	// Replaced: the record was there already and is another one now.
	Replaced Code = "replaced"
	// Unchanged: the record was there already, and was the same.
	Unchanged Code = "unchanged"
	// HasTokens: service tokens of the account stand in the way; nothing changed.
	HasTokens Code = "has_tokens"
	// NotTheClient: somebody else asked for the token; nothing changed.
	NotTheClient Code = "not_the_client"
	// Invalidated: the token was invalidated before; nothing changed.
	Invalidated Code = "invalidated"
	// Expired: the token's time is over; nothing changed.
	Expired Code = "expired"
	// Refreshed: the refresh token was spent before; nothing changed.
	Refreshed Code = "refreshed"
	// Changed: the record is another one than its maker saw; nothing changed.
	Changed Code = "changed"
	// Incomplete: the stage of a restore is not what its maker says; nothing
	// changed.
	Incomplete Code = "incomplete"
	// Full: there is no room for more; nothing changed.
	Full Code = "full"
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
