package security

import (
	"context"

	"jeton/internal/freshness"
	"jeton/security/audit"
	"jeton/security/token"
)

// Log carries prepared commands to every node's state. The package cluster
// provides one; node joins the two.
type Log interface {
	// Commit returns nil once a leader has answered for this entry with an
	// index that it has applied, and this node's own state holds it. Otherwise
	// ErrNoLeader (nothing happened), ErrOutcomeUnknown, or ErrNotMember.
	// It sends the same bytes again as long as ctx allows, so an entry must
	// carry an id that makes its second application harmless.
	Commit(ctx context.Context, entry []byte) error

	// Revoke is Commit for an entry that takes authority away: it returns nil only
	// once no node goes on by a state without the entry. ErrOutcomeUnknown may then
	// mean that the entry was applied and a node could not be waited for.
	Revoke(ctx context.Context, entry []byte) (Confirmation, error)

	// ReadIndex returns an index that covers everything that any node had
	// acknowledged before the call, by one round with the leader that began after
	// the call: a state that holds it is fresh. Otherwise ErrNoLeader,
	// ErrOverloaded or ErrNotMember.
	ReadIndex(ctx context.Context) (uint64, error)

	// Permit says whether this node may answer from its own state at this moment.
	Permit() freshness.Permit
}

// Member is one server of Raft's configuration, joined with what the
// replicated state knows of it.
type Member struct {
	ID               string
	Name             string
	TransportAddress string
	HTTPAddress      string
	Voter            bool
	Leader           bool
}

// Answer is one member's reply to Ask.
type Answer struct {
	Member Member
	Body   []byte
	Err    error
}

// Peers reaches the other members of the cluster.
type Peers interface {
	// Self is this node.
	Self() Member
	// Members are all servers of the configuration, this node among them.
	Members() []Member
	// Ask puts one question to every member, this node included, at the same
	// time, and returns an answer for each, in the order of Members.
	Ask(ctx context.Context, topic string, body []byte) []Answer
	// Remove takes a server out of the configuration.
	Remove(ctx context.Context, id string) error
	// Leave takes this node out; it stops soon after, without an error.
	Leave(ctx context.Context) error
	// TransferLeadership hands leadership to the server, or to the most
	// up-to-date one when id is empty.
	TransferLeadership(ctx context.Context, id string) error
	// SetVoting lets a member vote as soon as it has caught up, or makes a read
	// replica of it. Once it returns nil, a replica does not vote.
	SetVoting(ctx context.Context, id string, vote bool) error
	// Overview is how the leader has found the members; false when no leader has
	// told this node for a moment.
	Overview() (Overview, bool)
	// EncodeJoinToken makes the text of a join token: the secret, and all that
	// a newcomer needs to find and to recognise this cluster.
	EncodeJoinToken(id string, secret token.Secret) (string, error)
}

// Auditor keeps what was decided. Neither method ever waits: no decision depends
// on whether it could be kept.
type Auditor interface {
	// Wants reports whether events of that kind are kept.
	Wants(k audit.Kind) bool
	Record(e audit.Event)
}
