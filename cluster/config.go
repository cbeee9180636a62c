package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"
)

// Machine is the replicated state machine.
//
// Apply and Restore are called from one goroutine and in log order.
type Machine interface {
	// Check reports why an entry must not get into the log.
	Check(entry []byte) error
	// Apply applies an entry. After an error the node stops: it can no longer
	// follow the log.
	Apply(index uint64, entry []byte) error
	// Position is the log index of the last entry in the published state, and the
	// state's epoch, which grows with each Restore; both of one state. Raft's own
	// AppliedIndex is what was sent to the machine, not what it holds.
	Position() (index, epoch uint64)
	// Wait returns once a published state has reached index.
	Wait(ctx context.Context, index uint64) error
	// Snapshot captures the state; it is written while Apply goes on.
	Snapshot() io.WriterTo
	// Restore replaces the state by a snapshot, possibly an older one.
	Restore(r io.Reader) error
}

// Node is what a node says of itself.
type Node struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	TransportAddress string `json:"transport_address"` // host:port
	HTTPAddress      string `json:"http_address"`      // host:port
}

// Registry is what the replicated state knows of nodes. Lookups answer from
// this node's state; Admit, Update, Retire and Raise are called on the leader, change
// the state through Commit, and return only errors that Refusal made or that
// Commit returned.
type Registry interface {
	// Nodes are the admitted nodes.
	Nodes() []Node
	// Removed reports whether the id was retired.
	Removed(id string) bool
	// Admit spends a join token on a node. inCluster reports whether an id is
	// in Raft's configuration: a name held by one that is not is free.
	Admit(ctx context.Context, req JoinRequest, inCluster func(id string) bool) error
	// Admissible reports why AdmitSeeded would not record the node, whoever has its
	// name. It changes nothing, and its errors are those of AdmitSeeded.
	Admissible(ctx context.Context, n Node) error
	// AdmitSeeded records a node for which a member vouches that it has the join
	// secret. inCluster is as for Admit.
	AdmitSeeded(ctx context.Context, n Node, inCluster func(id string) bool) error
	// Sign issues a node certificate with the cluster's CA.
	Sign(csr []byte, id string) (Certificate, error)
	// Update records a member's changed name or addresses.
	Update(ctx context.Context, n Node) error
	// Retire records that an id is never to be used again. It takes authority
	// away, so it is committed by Revoke.
	Retire(ctx context.Context, id string) error
	// Level is the cluster's feature level; 1 before it was first raised.
	Level() int
	// Raise records that every member knows the level. members are the ids of all
	// who were asked or not let in yet: it is void when there is another one.
	Raise(ctx context.Context, level int, members []string) error
	// Replica reports whether the member is never to vote.
	Replica(id string) bool
	// SetVoting records whether a member is to vote. It is called on the leader,
	// and its errors are those of Update.
	SetVoting(ctx context.Context, id string, vote bool) error
	// Autopilot is what the settings say about looking after members.
	Autopilot() Autopilot
	// Freshness is what the settings say about leases.
	Freshness() Freshness
	// Settle records that nobody goes on any more by the settings before those of
	// the version.
	Settle(ctx context.Context, version uint64) error
}

// Handler answers one topic of Ask.
type Handler func(ctx context.Context, body []byte) ([]byte, error)

// Config is what Open needs. All fields are required but Dial, Bootstrap, Secret,
// Level, Clock and Pause.
type Config struct {
	Self     Node
	Dir      string       // for the log, the snapshots and the address book; exists, 0700
	Listener net.Listener // the cluster port, plain TCP; Open takes it over
	// Dial opens plain TCP connections to others' cluster ports; nil is
	// net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Certificate is this node's own, whose key Raft's peers must see; Roots
	// are the CAs that others' certificates must come from. Both are called
	// for each connection, so they may change.
	Certificate func() *tls.Certificate
	Roots       func() *x509.CertPool
	// Bootstrap founds: a fresh Dir becomes a cluster of this node alone.
	Bootstrap bool
	// Secret lets in who proves it (Formation); nil lets in nobody so.
	Secret   *JoinSecret
	Level    int // the newest feature level that this node knows; 0 is the first
	Machine  Machine
	Registry Registry
	Topics   map[string]Handler
	Logger   *slog.Logger
	Timing   Timing
	// Removed is called once, when this node learns that it was taken out of
	// the cluster; Fatal once, when it can no longer follow the log.
	Removed func()
	Fatal   func(error)
	// Clock is what leases are measured on; nil is the machine's.
	Clock func() Reading
	// Pause is called at the Pause points, where a node that stops for a while
	// could do harm; nil in every program that ships.
	Pause func(point string)
}

// The points at which Pause is called.
const (
	PauseRoundAnswer  = "round-answer"  // a leader has confirmed a round and not answered yet
	PauseLeaseLookup  = "lease-lookup"  // a lease was found valid, and nothing looked up yet
	PauseApplyBarrier = "apply-barrier" // a take-away is applied, and nobody waited for yet
)

// Timing are the protocol's times. The zero value of a field is its default.
type Timing struct {
	Heartbeat time.Duration // also the election timeout; default 1 s
	Commit    time.Duration // an idle follower learns of a commit within one to two of these; default 3 ms
	Attempt   time.Duration // one try to reach the leader; default 5 s
	Tick      time.Duration // membership housekeeping; default 200 ms
	Grain     time.Duration // the part of a lease's margin that is for timers; default 100 ms
	// Survey is how often a leader asks the members how they are; default 250 ms.
	Survey time.Duration
	// Stabilization and DeadAfter take the place of the replicated settings; 0: the
	// settings count.
	Stabilization time.Duration
	DeadAfter     time.Duration
	// Silence is for how long a member must have answered no probe before a
	// newcomer may take over its name; default 5 s.
	Silence time.Duration
	// Snapshots are taken after this many entries; default 8192. TrailingLogs
	// are kept behind a snapshot; default 10240.
	SnapshotThreshold uint64
	TrailingLogs      uint64
	SnapshotInterval  time.Duration // default 2 min
}

func (t Timing) withDefaults() Timing {
	or(&t.Heartbeat, time.Second)
	or(&t.Commit, 3*time.Millisecond)
	or(&t.Attempt, 5*time.Second)
	or(&t.Tick, 200*time.Millisecond)
	or(&t.Survey, 250*time.Millisecond)
	or(&t.Grain, 100*time.Millisecond)
	or(&t.Silence, 5*time.Second)
	or(&t.SnapshotThreshold, 8192)
	or(&t.TrailingLogs, 10240)
	or(&t.SnapshotInterval, 2*time.Minute)
	return t
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// The errors of this package. Refused (nothing happened) and unknown (it may
// have happened) are never mixed up: see Commit.
var (
	// ErrNoLeader: no leader could be reached in time, and nothing happened.
	ErrNoLeader = errors.New("cluster: no leader could be reached in time")
	// ErrUnknown: the entry was handed to a leader whose answer was lost.
	ErrUnknown = errors.New("cluster: the outcome could not be learnt in time")
	// ErrOverloaded: too many callers wait for a round already.
	ErrOverloaded = errors.New("cluster: too many callers wait for the leader")
	// ErrNotMember: this node, or the node in question, is not in the cluster.
	ErrNotMember = errors.New("cluster: not a member")

	errNotLeader = errors.New("cluster: this node is not the leader, or not ready")
)

// Refusal is a definite no to a join or a membership change; its text is for
// the person who asked.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }
