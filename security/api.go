package security

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// CreatedToken is the answer to a create: the only moment at which the bearer
// value exists outside its owner's hands.
type CreatedToken struct {
	Name  string
	Value string // the bearer value; never logged
	// Expires is when it ends by itself; zero is never.
	Expires time.Time
	// PreviousUntil is until when a rotated token's former secret is good; zero:
	// it is not.
	PreviousUntil time.Time
}

// Format implements fmt.Formatter for every verb; the value is left out.
func (t CreatedToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "token "+t.Name) }

// LogValue implements slog.LogValuer; the value is left out.
func (t CreatedToken) LogValue() slog.Value { return slog.StringValue("token " + t.Name) }

// Credentials is what a service account has: the names of its index-backed
// tokens, and the file-backed ones of the nodes that were asked.
type Credentials struct {
	Account    string      // NAMESPACE/SERVICE
	NodeName   string      // the answering node
	Tokens     []TokenInfo // sorted by name
	FileTokens []FileToken
	Nodes      NodesHeader // who answered; for a local listing only this node
}

// FileToken is a file-backed token's name with the nodes that hold it.
type FileToken struct {
	Name  string
	Nodes []string // node names, sorted
}

// NodesHeader counts the nodes that a gathering request reached: the wire's
// `_nodes`.
type NodesHeader struct {
	Total      int
	Successful int
	Failed     int
	Failures   []NodeFailure
}

// NodeFailure names a node that did not answer, and why.
type NodeFailure struct {
	NodeID string
	Name   string
	Reason string
}

// ClearedCache is the answer to a clear-cache request.
type ClearedCache struct {
	Nodes       NodesHeader
	ClusterName string
	Names       map[string]string // node id → node name, of those that answered
}

// Info is what `GET /` tells of a node.
type Info struct {
	NodeName    string
	ClusterName string
	ClusterUUID string
}

// Health is the state of the cluster as the answering node sees it.
type Health struct {
	ClusterName   string
	Status        string // "green", "yellow", "red"
	NumberOfNodes int    // members that answer
	Consistency   string // the cluster's mode; see Settings
	// FailureTolerance is how many voters may fail before there is no majority, as
	// the leader has found; 0 when no leader says so.
	FailureTolerance int
}

// Freshness is from what a node decides.
type Freshness struct {
	Consistency string        // the cluster's mode; see Settings
	MaxAge      time.Duration // of a state that still answers, under ConsistencyAvailable
	// Lease is how much longer the node may say yes from its own state; 0: it
	// asks a leader first.
	Lease time.Duration
}

// Node is one member of the cluster.
type Node struct {
	ID               string
	Name             string
	Version          string // empty when the node did not answer
	TransportAddress string // host:port
	HTTPAddress      string // host:port
	Leader           bool
	Voter            bool
	Answers          bool   // whether it answered just now
	Index            uint64 // last command its state holds
	CPUPercent       int    // -1 unknown
	RAMPercent       int    // -1 unknown
	HeapPercent      int    // -1 unknown
	Load1m           float64
	Load5m           float64
	Load15m          float64
	Lease            time.Duration // left; 0: the node has none, or did not answer
	Level            int           // the newest feature level that it knows; 0: no answer

	State   string // StateLeader, StateOK, …
	Replica bool   // it never votes, until it is promoted
	Leaving bool   // its removal is under way
	Healthy bool   // as the leader has found
	// Lag is by how many entries its state is behind the leader's; -1: unknown.
	Lag int64
	// Silence is for how long it has not answered the leader; -1: unknown.
	Silence time.Duration
	// CertificateExpires is when its own certificate ends; zero: unknown.
	CertificateExpires time.Time
}

// NodesInfo is the answer to GET /_nodes and GET /_cat/nodes.
type NodesInfo struct {
	ClusterName string
	Consistency string // the cluster's mode; see Settings
	Level       int    // the cluster's feature level
	Header      NodesHeader
	Nodes       []Node // sorted by name
}

// JoinToken lets one new node join; Value is one line of text that holds a
// single-use secret.
type JoinToken struct {
	Value   string
	Expires time.Time
}

// Format implements fmt.Formatter for every verb; the secret is left out.
func (t JoinToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "join token") }

// LogValue implements slog.LogValuer; the secret is left out.
func (t JoinToken) LogValue() slog.Value { return slog.StringValue("join token") }
