package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/internal/freshness"
	"jeton/security"
	"jeton/security/token"
)

// link joins security to cluster: each side sees the other through interfaces
// of its own, and their errors are translated here and nowhere else. Before the
// cluster is open there is no leader.
type link struct {
	self    cluster.Node
	state   *fsm.Machine
	service *security.Service // set before the cluster is opened
	certs   *certificates
	cluster atomic.Pointer[cluster.Cluster]
	names   sync.Map               // id → cluster.Node, the latest that the state knew
	leaving atomic.Bool            // this node asked to be taken out
	waiting atomic.Pointer[string] // for what, while it has no cluster yet
	opened  chan struct{}          // closed once the cluster is open
	closing <-chan struct{}        // closed when the node stops
}

var (
	_ security.Log     = (*link)(nil)
	_ security.Peers   = (*link)(nil)
	_ cluster.Machine  = (*fsm.Machine)(nil)
	_ cluster.Registry = registry{}
)

// Commit implements security.Log.
func (l *link) Commit(ctx context.Context, entry []byte) error {
	return l.whenOpen(ctx, func(c *cluster.Cluster) error { return c.Commit(ctx, entry) })
}

// Revoke implements security.Log.
func (l *link) Revoke(ctx context.Context, entry []byte) (security.Confirmation, error) {
	var confirmation cluster.Confirmation
	err := l.whenOpen(ctx, func(c *cluster.Cluster) (err error) {
		confirmation, err = c.Revoke(ctx, entry)
		return err
	})
	return security.Confirmation(confirmation), err
}

// ReadIndex implements security.Log.
func (l *link) ReadIndex(ctx context.Context) (index uint64, err error) {
	err = l.whenOpen(ctx, func(c *cluster.Cluster) (err error) {
		index, err = c.ReadIndex(ctx)
		return err
	})
	return index, err
}

// Permit implements security.Log.
func (l *link) Permit() freshness.Permit {
	if c := l.cluster.Load(); c != nil {
		return freshness.Permit(c.Permit())
	}
	return freshness.Permit{}
}

// Remove implements security.Peers.
func (l *link) Remove(ctx context.Context, id string) error {
	return l.do(func(c *cluster.Cluster) error { return c.Remove(ctx, id) })
}

// Leave implements security.Peers.
func (l *link) Leave(ctx context.Context) error {
	l.leaving.Store(true) // before the removal can be heard of
	err := l.Remove(ctx, l.self.ID)
	if err != nil && !errors.Is(err, security.ErrOutcomeUnknown) {
		l.leaving.Store(false)
	}
	return err
}

// SetVoting implements security.Peers.
func (l *link) SetVoting(ctx context.Context, id string, vote bool) error {
	return l.do(func(c *cluster.Cluster) error { return c.SetVoting(ctx, id, vote) })
}

// Overview implements security.Peers.
func (l *link) Overview() (security.Overview, bool) {
	c := l.cluster.Load()
	if c == nil {
		return security.Overview{}, false
	}
	found, ok := c.Overview()
	o := security.Overview{FailureTolerance: found.FailureTolerance, Members: map[string]security.MemberHealth{}}
	for id, m := range found.Members {
		health := security.MemberHealth{Healthy: m.Healthy, Silent: m.Silent(), Silence: -1}
		if m.Silence >= 0 {
			health.Silence = time.Duration(m.Silence)*time.Millisecond + found.Age
		}
		o.Members[id] = health
	}
	return o, ok
}

// TransferLeadership implements security.Peers.
func (l *link) TransferLeadership(ctx context.Context, id string) error {
	return l.do(func(c *cluster.Cluster) error { return c.TransferLeadership(ctx, id) })
}

// whenOpen waits for the cluster to be open, as for a leader: a node that has
// just been started opens it within a moment, and refuses nobody meanwhile. One that
// waits for other nodes says so at once.
func (l *link) whenOpen(ctx context.Context, f func(*cluster.Cluster) error) error {
	if l.waiting.Load() == nil {
		select {
		case <-l.opened:
		case <-l.closing:
		case <-ctx.Done():
		}
	}
	return l.do(f)
}

func (l *link) do(f func(*cluster.Cluster) error) error {
	c := l.cluster.Load()
	if c == nil {
		if why := l.waiting.Load(); why != nil {
			return &security.FormingError{Reason: *why}
		}
		return security.ErrNoLeader
	}
	return domainError(f(c))
}

// domainErrors translates what cluster says into what security says.
var domainErrors = []struct{ from, to error }{
	{cluster.ErrNoLeader, security.ErrNoLeader},
	{cluster.ErrUnknown, security.ErrOutcomeUnknown},
	{cluster.ErrOverloaded, security.ErrOverloaded},
	{cluster.ErrNotMember, security.ErrNotMember},
	{fsm.ErrAboveLevel, security.ErrUpgradeFirst},
}

func domainError(err error) error {
	for _, e := range domainErrors {
		if errors.Is(err, e.from) {
			return e.to
		}
	}
	var refusal *cluster.Refusal
	if errors.As(err, &refusal) {
		return &security.NodeError{Kind: security.NodeConflict, Reason: refusal.Reason}
	}
	return err
}

// clusterError is the way back, for what cluster asks of the registry.
func clusterError(err error) error {
	for _, e := range domainErrors {
		if errors.Is(err, e.to) {
			return e.from
		}
	}
	var refused *security.NodeError
	if errors.As(err, &refused) {
		return &cluster.Refusal{Reason: refused.Reason}
	}
	return err
}

// Self implements security.Peers.
func (l *link) Self() security.Member {
	for _, m := range l.Members() {
		if m.ID == l.self.ID {
			return m
		}
	}
	return member(l.self)
}

// Members implements security.Peers: Raft's servers, with the names and
// addresses that the state knows.
func (l *link) Members() []security.Member {
	c := l.cluster.Load()
	if c == nil {
		return nil
	}
	servers := c.Members()
	members := make([]security.Member, len(servers))
	for i, s := range servers {
		members[i] = l.member(s.ID)
		members[i].Voter, members[i].Leader = s.Voter, s.Leader
	}
	return members
}

func (l *link) member(id string) security.Member {
	if id == l.self.ID {
		return member(l.self)
	}
	if m, ok := l.state.Current().Member(id); ok {
		return member(cluster.Node(*m))
	}
	// A removal under way: the state has forgotten the name.
	if n, ok := l.names.Load(id); ok {
		return member(n.(cluster.Node))
	}
	return security.Member{ID: id, Name: id}
}

func member(n cluster.Node) security.Member {
	return security.Member{ID: n.ID, Name: n.Name, TransportAddress: n.TransportAddress, HTTPAddress: n.HTTPAddress}
}

// Ask implements security.Peers.
func (l *link) Ask(ctx context.Context, topic string, body []byte) []security.Answer {
	c := l.cluster.Load()
	if c == nil {
		return nil
	}
	members := l.Members()
	replies := c.Ask(ctx, topic, body)
	answers := make([]security.Answer, len(replies))
	for i, r := range replies {
		answers[i] = security.Answer{Member: l.member(r.ID), Body: r.Body, Err: r.Err}
		if at := slices.IndexFunc(members, func(m security.Member) bool { return m.ID == r.ID }); at >= 0 {
			answers[i].Member = members[at]
		}
	}
	return answers
}

// EncodeJoinToken implements security.Peers.
func (l *link) EncodeJoinToken(id string, secret token.Secret) (string, error) {
	// The token is made after an entry of this node's own: there is a CA.
	state := l.state.Current()
	t := cluster.JoinToken{ID: id, Secret: secret.Reveal()}
	var err error
	if t.CA, err = cluster.FingerprintPEM([]byte(state.CA().Certificate)); err != nil {
		return "", err
	}
	if next := state.CARotation().Next; next != nil {
		if t.NextCA, err = cluster.FingerprintPEM([]byte(next.Certificate)); err != nil {
			return "", err
		}
	}
	t.Addresses = []string{l.self.TransportAddress}
	for _, m := range l.Members() {
		if m.TransportAddress != "" && !slices.Contains(t.Addresses, m.TransportAddress) {
			t.Addresses = append(t.Addresses, m.TransportAddress)
		}
	}
	return t.Encode(), nil
}

// registry is the link as the cluster sees it.
type registry struct{ *link }

// Nodes implements cluster.Registry.
func (r registry) Nodes() []cluster.Node {
	var nodes []cluster.Node
	for m := range r.state.Current().Members() {
		nodes = append(nodes, cluster.Node(*m))
		r.names.Store(m.ID, cluster.Node(*m))
	}
	return nodes
}

// Removed implements cluster.Registry.
func (r registry) Removed(id string) bool { return r.state.Current().Removed(id) }

// Admit implements cluster.Registry.
func (r registry) Admit(ctx context.Context, req cluster.JoinRequest, inCluster func(string) bool) error {
	return clusterError(r.service.AdmitNode(ctx, req.TokenID, token.SecretFrom(req.Secret), member(req.Node), inCluster))
}

// AdmitSeeded implements cluster.Registry.
func (r registry) AdmitSeeded(ctx context.Context, n cluster.Node, inCluster func(string) bool) error {
	return seededError(r.service.AdmitSeededNode(ctx, member(n), inCluster))
}

// Admissible implements cluster.Registry.
func (r registry) Admissible(ctx context.Context, n cluster.Node) error {
	return seededError(r.service.CheckSeededNode(ctx, member(n)))
}

func seededError(err error) error {
	if errors.Is(err, security.ErrUpgradeFirst) {
		return &cluster.NotYet{Reason: err.Error()}
	}
	return clusterError(err)
}

// Update implements cluster.Registry.
func (r registry) Update(ctx context.Context, n cluster.Node) error {
	return clusterError(r.service.UpdateNode(ctx, member(n)))
}

// Retire implements cluster.Registry.
func (r registry) Retire(ctx context.Context, id string) error {
	return clusterError(r.service.RetireNode(ctx, id))
}

// Replica implements cluster.Registry.
func (r registry) Replica(id string) bool { return r.state.Current().Replica(id) }

// SetVoting implements cluster.Registry.
func (r registry) SetVoting(ctx context.Context, id string, vote bool) error {
	err := r.service.RecordVoting(ctx, id, vote)
	if errors.Is(err, security.ErrUpgradeFirst) {
		return &cluster.Refusal{Reason: err.Error()} // to ask again would not change it
	}
	return clusterError(err)
}

// Autopilot implements cluster.Registry.
func (r registry) Autopilot() cluster.Autopilot {
	a := security.AutopilotOf(r.state.Current())
	return cluster.Autopilot{
		CleanupDeadServers:   a.CleanupDeadServers,
		DeadServerThreshold:  a.DeadServerThreshold,
		MinQuorum:            uint(a.MinQuorum),
		LastContactThreshold: a.LastContactThreshold,
		MaxTrailingLogs:      a.MaxTrailingLogs,
		ServerStabilization:  a.ServerStabilization,
	}
}

// Freshness implements cluster.Registry.
func (r registry) Freshness() cluster.Freshness {
	s := security.SettingsOf(r.state.Current())
	f := cluster.Freshness{Former: s.Former, Version: s.Version}
	if s.Consistency != security.ConsistencyQuorum {
		f.Lease = s.Lease
	}
	if s.Consistency == security.ConsistencyAvailable {
		f.Stale = s.MaxAge
	}
	return f
}

// Level implements cluster.Registry.
func (r registry) Level() int { return r.state.Current().Level() }

// Raise implements cluster.Registry.
func (r registry) Raise(ctx context.Context, level int, members []string) error {
	return clusterError(r.service.RaiseLevel(ctx, level, members))
}

// Settle implements cluster.Registry.
func (r registry) Settle(ctx context.Context, version uint64) error {
	return clusterError(r.service.SettleSettings(ctx, version))
}

// Sign implements cluster.Registry.
func (r registry) Sign(csr []byte, id string) (cluster.Certificate, error) {
	state := r.state.Current()
	ca := state.CA()
	if ca == nil {
		return cluster.Certificate{}, errors.New("this node has not learnt the cluster's CA yet")
	}
	issued, err := cluster.CA{Certificate: []byte(ca.Certificate), Key: []byte(ca.Key.Reveal())}.SignAt(csr, id, r.certs.now())
	issued.CA, issued.Version = trustedBy(state), state.CARotation().Version
	return issued, err
}
