// Package cluster makes several machines hold one log: Raft with its log and
// snapshot stores, membership, the peer port with its mutual TLS, the way to
// the leader, and freshness (what a node must do before it may say that
// something is not there).
//
// It carries entries and never looks into one: what they mean is behind the
// interface [Machine], and what the cluster knows of its members (names,
// addresses, who may join) is behind [Registry]. It must not know what a token,
// a user or an HTTP API for clients is.
//
// The hard parts have their own pages: docs/cluster.md for identity, the peer
// port and joining, docs/consistency.md for commit and freshness.
package cluster
