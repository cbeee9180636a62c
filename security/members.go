package security

import (
	"context"
	"errors"
	"fmt"
	"net"
	"unicode"
	"unicode/utf8"

	"jeton/fsm"
	"jeton/security/token"
)

// Founding is what a cluster begins with.
type Founding struct {
	UUID     string
	Name     string
	CA       fsm.CA
	Password token.Secret // of the reserved user elastic
	Founder  Member
}

// ReservedUser is the user that a new cluster has.
const ReservedUser = "elastic"

// FoundCluster is a new cluster's first command. To do it again is harmless,
// changes nothing and returns false. Errors: ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) FoundCluster(ctx context.Context, f Founding) (founded bool, err error) {
	hash, err := s.hashing.Hash(f.Password)
	if err != nil {
		return false, err
	}
	code, _, err := s.propose(ctx, &fsm.FoundCluster{
		Cluster: fsm.Cluster{UUID: f.UUID, Name: f.Name},
		CA:      f.CA,
		User:    fsm.User{Name: ReservedUser, Password: fsm.Sensitive(hash.Text())},
		Member:  record(f.Founder),
	})
	if err != nil || code != fsm.OK {
		return false, err
	}
	return true, s.RaiseLevel(ctx, s.state.Level(), []string{f.Founder.ID})
}

// AdmitNode spends a join token on a node. It runs on a leader that is ready,
// so its state holds every token there is. inCluster tells which ids Raft's
// configuration holds. Errors: *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) AdmitNode(ctx context.Context, tokenID string, secret token.Secret, m Member, inCluster func(id string) bool) error {
	err := s.admit(ctx, tokenID, secret, m, inCluster)
	s.auditNewcomer(ctx, m, err)
	return err
}

func (s *Service) admit(ctx context.Context, tokenID string, secret token.Secret, m Member, inCluster func(id string) bool) error {
	state := s.state.Current()
	t, ok := state.JoinToken(tokenID)
	if !ok || !matchesFast(t.Hash, secret) {
		return &NodeError{NodeDenied, "the join token is unknown, or its time is over: make a new one with `jeton node join-token`"}
	}
	if err := checkMember(m); err != nil {
		return err
	}
	// A copied data directory has its original's id, and two votes of one id can
	// lose what was acknowledged.
	if inCluster(m.ID) && t.UsedBy != m.ID {
		return &NodeError{NodeConflict, "a node of this id is in the cluster already: start this one with an empty path.data, never with a copy of another's"}
	}
	command := &fsm.AdmitMember{TokenID: tokenID, Now: s.now().UnixMilli(), Member: record(m)}
	if holder, taken := state.MemberByName(m.Name); taken && holder.ID != m.ID && !inCluster(holder.ID) {
		command.Replaces = holder.ID
	}
	return s.member(ctx, command, m)
}

// AdmitSeededNode admits a node for which a member vouches that it has proven the
// join secret. inCluster, and where it runs, are as for AdmitNode.
// Errors: *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) AdmitSeededNode(ctx context.Context, m Member, inCluster func(id string) bool) error {
	if err := s.CheckSeededNode(ctx, m); err != nil {
		return err
	}
	state := s.state.Current()
	command := &fsm.AdmitSeededMember{Member: record(m)}
	if holder, taken := state.MemberByName(m.Name); taken && holder.ID != m.ID && !inCluster(holder.ID) {
		command.Replaces = holder.ID
	}
	return s.member(ctx, command, m)
}

// CheckSeededNode reports why AdmitSeededNode would refuse the node, whoever has its
// name, and changes nothing. Errors: as AdmitSeededNode, ErrUpgradeFirst.
func (s *Service) CheckSeededNode(ctx context.Context, m Member) error {
	state := s.state.Current()
	if state.Cluster() == nil {
		return ErrNoLeader // it is being founded at this moment
	}
	if state.Removed(m.ID) {
		return nodeRemoved()
	}
	if err := checkMember(m); err != nil {
		return err
	}
	return s.knownToAll(ctx, &fsm.AdmitSeededMember{Member: record(m)})
}

// UpdateNode records a member's changed name or addresses; unchanged ones cost
// nothing. Errors: as AdmitNode.
func (s *Service) UpdateNode(ctx context.Context, m Member) error {
	if known, ok := s.state.Current().Member(m.ID); ok && *known == record(m) {
		return nil
	}
	if err := checkMember(m); err != nil {
		return err
	}
	// Known to be in vain: a node asks again and again.
	if holder, taken := s.state.Current().MemberByName(m.Name); taken && holder.ID != m.ID {
		return nameTaken(m.Name)
	}
	return s.member(ctx, &fsm.UpdateMember{Member: record(m)}, m)
}

// RetireNode records that an id is never to be used again.
// Errors: ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) RetireNode(ctx context.Context, id string) error {
	_, _, err := s.propose(ctx, &fsm.RemoveMember{ID: id})
	return err
}

func (s *Service) member(ctx context.Context, c fsm.Command, m Member) error {
	code, _, err := s.propose(ctx, c)
	if err != nil {
		return err
	}
	switch code {
	case fsm.OK:
		return nil
	case fsm.NameTaken:
		return nameTaken(m.Name)
	case fsm.TokenUsed:
		return &NodeError{NodeDenied, "the join token has let another node in already; each node needs its own: make one with `jeton node join-token`"}
	case fsm.NotFound:
		if _, update := c.(*fsm.UpdateMember); update {
			return &NodeError{NodeUnknown, "the cluster has no record of this node; start the node with an empty path.data to join it (by a join token, or by discovery.seed_hosts and the join secret)"}
		}
		fallthrough // the join token was dropped a moment ago
	case fsm.TokenExpired:
		return &NodeError{NodeDenied, "the join token's time is over: make a new one with `jeton node join-token`"}
	case fsm.Removed:
		return nodeRemoved()
	default:
		return fmt.Errorf("unexpected outcome %q", code)
	}
}

func nodeRemoved() error {
	return &NodeError{NodeDenied, "this node was removed from the cluster; start it with an empty path.data to join again (by a join token, or by discovery.seed_hosts and the join secret)"}
}

func nameTaken(name string) error {
	return &NodeError{NodeConflict, "another node of the cluster is named [" + name + "]; give this one another node.name, or remove the other with `jeton node remove " + name + "`"}
}

func record(m Member) fsm.Member {
	return fsm.Member{ID: m.ID, Name: m.Name, TransportAddress: m.TransportAddress, HTTPAddress: m.HTTPAddress}
}

// maxNodeName is in bytes.
const maxNodeName = 255

// checkMember judges what a node says of itself.
func checkMember(m Member) error {
	invalid := func(what string, err error) error {
		return &NodeError{NodeInvalid, "the node's " + what + " is not usable: " + err.Error()}
	}
	if m.ID == "" || len(m.ID) > 64 {
		return invalid("id", errors.New("it must have 1 to 64 characters"))
	}
	if m.Name == "" || len(m.Name) > maxNodeName {
		return invalid("name", errors.New("it must have 1 to 255 bytes"))
	}
	for _, r := range m.Name {
		if r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) {
			return invalid("name", errors.New("it must have visible characters only"))
		}
	}
	for _, address := range []string{m.TransportAddress, m.HTTPAddress} {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || len(address) > 300 {
			return invalid("address", errors.New("it must be host:port"))
		}
	}
	return nil
}
