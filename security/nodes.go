package security

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// Topics of the questions that nodes put to each other.
const (
	topicFileTokens  = "file_tokens"
	topicClearCache  = "clear_cache"
	topicClearRealms = "clear_realm_cache"
	topicInfo        = "info"
	topicCerts       = "certificates"
)

// askTimeout bounds a question to all nodes: one that does not answer in time
// is reported as such.
const askTimeout = 2 * time.Second

// topics is the table of questions that nodes put to each other.
func (s *Service) topics() map[string]func(body []byte) (any, error) {
	return map[string]func(body []byte) (any, error){
		topicFileTokens:  func(body []byte) (any, error) { return s.files.Current().Names(string(body)), nil },
		topicClearCache:  func(body []byte) (any, error) { return nil, s.clearLocalCache(body) },
		topicClearRealms: func(body []byte) (any, error) { return nil, s.clearLocalRealms(body) },
		topicInfo:        func([]byte) (any, error) { return nodeInfo{s.stats(), s.state.Index(), s.state.Level()}, nil },
		topicCerts:       func([]byte) (any, error) { return s.ownCerts(), nil },
	}
}

// Topics are the questions of other nodes that this one answers.
func (s *Service) Topics() map[string]func(ctx context.Context, body []byte) ([]byte, error) {
	handlers := map[string]func(context.Context, []byte) ([]byte, error){}
	for topic, answer := range s.topics() {
		handlers[topic] = func(_ context.Context, body []byte) ([]byte, error) {
			a, err := answer(body)
			if err != nil {
				return nil, err
			}
			return json.Marshal(a)
		}
	}
	return handlers
}

// ask puts a question to all nodes and hands each answer to take.
func (s *Service) ask(ctx context.Context, topic string, body []byte, take func(Member, []byte) error) NodesHeader {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var h NodesHeader
	for _, a := range s.peers.Ask(ctx, topic, body) {
		h.Total++
		err := a.Err
		if err == nil {
			err = take(a.Member, a.Body)
		}
		if err == nil {
			h.Successful++
			continue
		}
		h.Failed++
		h.Failures = append(h.Failures, NodeFailure{NodeID: a.Member.ID, Name: a.Member.Name, Reason: err.Error()})
	}
	return h
}

// NodeStats is how a node and its machine are doing; -1 is unknown.
type NodeStats struct {
	Version     string  `json:"version"`
	CPUPercent  int     `json:"cpu_percent"`
	RAMPercent  int     `json:"ram_percent"`
	HeapPercent int     `json:"heap_percent"`
	Load1m      float64 `json:"load_1m"`
	Load5m      float64 `json:"load_5m"`
	Load15m     float64 `json:"load_15m"`
	// LeaseMillis is how much longer the node may say yes from its own state; 0:
	// not at all. A node of a release without leases sends none.
	LeaseMillis int64 `json:"lease_ms"`
	// CertificateExpires is when the node's certificate ends, in Unix milliseconds;
	// 0 is unknown.
	CertificateExpires int64 `json:"certificate_expires,omitempty"`
}

func (s NodeStats) certificateExpires() time.Time {
	if s.CertificateExpires == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.CertificateExpires)
}

func (s NodeStats) lease() time.Duration { return milliseconds(s.LeaseMillis) }

type nodeInfo struct {
	NodeStats
	Index uint64 `json:"index"`
	Level int    `json:"level"` // the newest feature level that it knows
}

// Info tells what `GET /` tells. Errors: *PermissionError.
func (s *Service) Info(ctx context.Context, who Identity) (Info, error) {
	if err := s.authorize(ctx, who, account.ActionMain); err != nil {
		return Info{}, err
	}
	info := Info{NodeName: s.peers.Self().Name, ClusterName: s.clusterName(), ClusterUUID: "_na_"}
	if c := s.state.Current().Cluster(); c != nil {
		info.ClusterUUID = c.UUID
	}
	return info, nil
}

func (s *Service) clusterName() string {
	if c := s.state.Current().Cluster(); c != nil {
		return c.Name
	}
	return ""
}

// Nodes asks every member how it is. Errors: *PermissionError.
func (s *Service) Nodes(ctx context.Context, who Identity) (NodesInfo, error) {
	if err := s.authorize(ctx, who, account.ActionNodesInfo); err != nil {
		return NodesInfo{}, err
	}
	return s.nodes(ctx), nil
}

func (s *Service) nodes(ctx context.Context) NodesInfo {
	info := NodesInfo{ClusterName: s.clusterName(), Consistency: SettingsOf(s.state.Current()).Consistency, Level: s.state.Current().Level()}
	answers := map[string]nodeInfo{}
	info.Header = s.ask(ctx, topicInfo, nil, func(m Member, body []byte) error {
		var n nodeInfo
		if err := json.Unmarshal(body, &n); err != nil {
			return err
		}
		n.Level = max(1, n.Level) // a release without levels tells none
		answers[m.ID] = n
		return nil
	})
	for _, m := range s.peers.Members() {
		n, ok := answers[m.ID]
		if !ok {
			n.NodeStats = NodeStats{CPUPercent: -1, RAMPercent: -1, HeapPercent: -1}
		}
		info.Nodes = append(info.Nodes, Node{
			ID: m.ID, Name: m.Name, Version: n.Version,
			TransportAddress: m.TransportAddress, HTTPAddress: m.HTTPAddress,
			Leader: m.Leader, Voter: m.Voter, Answers: ok, Index: n.Index,
			CPUPercent: n.CPUPercent, RAMPercent: n.RAMPercent, HeapPercent: n.HeapPercent,
			Load1m: n.Load1m, Load5m: n.Load5m, Load15m: n.Load15m,
			Lease: n.lease(), Level: n.Level, CertificateExpires: n.certificateExpires(),
		})
	}
	s.judge(info.Nodes)
	slices.SortFunc(info.Nodes, func(a, b Node) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return info
}

// Ready is nil exactly when this node is a member, has caught up, and has just
// confirmed with a leader that it can decide. It takes no identity: /readyz is
// open. Errors: ErrNotMember, ErrNoLeader, ErrOverloaded.
func (s *Service) Ready(ctx context.Context) error {
	_, err := s.freshSoon(ctx)
	return err
}

// Freshness tells from what this node decides at this moment. It takes no
// identity, as Ready: it is for /readyz.
func (s *Service) Freshness() Freshness {
	settings := SettingsOf(s.state.Current())
	return Freshness{Consistency: settings.Consistency, MaxAge: settings.MaxAge, Lease: s.stats().lease()}
}

// Metrics is nil when the caller may read what this node measures. The numbers
// are the node's: nothing here knows them. Errors: *PermissionError, ErrNoLeader
// and ErrOverloaded when only a leader could tell.
func (s *Service) Metrics(ctx context.Context, who Identity) error {
	return s.authorize(ctx, who, account.ActionMetrics)
}

// TransferLeadership hands leadership to the node of that name, or to the most
// up-to-date voter when name is "". Errors: *PermissionError, *NodeError,
// ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) TransferLeadership(ctx context.Context, who Identity, name string) error {
	if err := s.authorize(ctx, who, account.ActionTransferLeadership); err != nil {
		return err
	}
	if name == "" {
		return s.peers.TransferLeadership(ctx, "")
	}
	m, err := s.memberNamed(name)
	if err != nil {
		return err
	}
	return s.peers.TransferLeadership(ctx, m.ID)
}

// RemoveNode takes the node of that name (or id) out of the cluster for good.
// Errors: *PermissionError, *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) RemoveNode(ctx context.Context, who Identity, name string) error {
	if err := s.authorize(ctx, who, account.ActionRemoveNode); err != nil {
		return err
	}
	m, err := s.memberNamed(name)
	if err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "removing a node", "node", m.ID, "name", m.Name, "by", who.Username)
	return s.peers.Remove(ctx, m.ID)
}

// Leave takes the answering node out of the cluster; it stops soon after.
// Errors: as RemoveNode.
func (s *Service) Leave(ctx context.Context, who Identity) error {
	if err := s.authorize(ctx, who, account.ActionLeave); err != nil {
		return err
	}
	return s.peers.Leave(ctx)
}

func (s *Service) memberNamed(name string) (Member, error) {
	for _, m := range s.peers.Members() {
		if m.Name == name || m.ID == name {
			return m, nil
		}
	}
	// One that is out of the configuration and whose id is not retired: a removal
	// that was cut off half-way.
	if m, ok := s.state.Current().MemberByName(name); ok {
		return Member{ID: m.ID, Name: m.Name}, nil
	}
	return Member{}, &NodeError{NodeUnknown, "no node [" + name + "] in the cluster; `jeton node list` shows its members"}
}

// defaultJoinTTL and maxJoinTTL bound the life of a join token.
const (
	defaultJoinTTL = 24 * time.Hour
	maxJoinTTL     = 30 * 24 * time.Hour
)

// CreateJoinToken makes a token that lets one node join; ttl 0 is 24 h.
// Errors: *PermissionError, *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) CreateJoinToken(ctx context.Context, who Identity, ttl time.Duration) (JoinToken, error) {
	if err := s.authorize(ctx, who, account.ActionCreateJoinToken); err != nil {
		return JoinToken{}, err
	}
	return s.createJoinToken(ctx, s.creator(who), ttl)
}

// CreateLocalJoinToken is CreateJoinToken for the program that runs this node
// in its own process, which is who it is by being there.
func (s *Service) CreateLocalJoinToken(ctx context.Context) (JoinToken, error) {
	return s.createJoinToken(ctx, fsm.Creator{Principal: "_local", Realm: "_local"}, 0)
}

func (s *Service) createJoinToken(ctx context.Context, creator fsm.Creator, ttl time.Duration) (JoinToken, error) {
	if ttl == 0 {
		ttl = defaultJoinTTL
	}
	if ttl < time.Second || ttl > maxJoinTTL {
		return JoinToken{}, &NodeError{NodeInvalid, "a join token may live from 1s to 30d"}
	}
	id, secret := token.NewName(), token.NewSecret()
	now := s.now()
	code, _, err := s.propose(ctx, &fsm.CreateJoinToken{
		Token: fsm.JoinToken{
			ID:      id,
			Hash:    fsm.Sensitive(token.HashFast(secret).Text()),
			Expires: now.Add(ttl).UnixMilli(),
			Creator: creator,
		},
		Now: now.UnixMilli(),
	})
	if err != nil {
		return JoinToken{}, err
	}
	if code != fsm.OK {
		return JoinToken{}, ErrOutcomeUnknown
	}
	text, err := s.peers.EncodeJoinToken(id, secret)
	return JoinToken{Value: text, Expires: now.Add(ttl)}, err
}
