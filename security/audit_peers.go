package security

import (
	"context"
	"errors"

	"jeton/security/audit"
	"jeton/security/token"
)

// auditedPeers tells of each change of the cluster's members. It names every
// method of Peers, so that a new one cannot pass by unseen: those that only ask
// are handed on, the others tell.
type auditedPeers struct {
	peers Peers
	s     *Service
}

// Self implements Peers.
func (p auditedPeers) Self() Member { return p.peers.Self() }

// Members implements Peers.
func (p auditedPeers) Members() []Member { return p.peers.Members() }

// Ask implements Peers.
func (p auditedPeers) Ask(ctx context.Context, topic string, body []byte) []Answer {
	return p.peers.Ask(ctx, topic, body)
}

// Overview implements Peers.
func (p auditedPeers) Overview() (Overview, bool) { return p.peers.Overview() }

// EncodeJoinToken implements Peers. That a token was made is told by its command.
func (p auditedPeers) EncodeJoinToken(id string, secret token.Secret) (string, error) {
	return p.peers.EncodeJoinToken(id, secret)
}

// Remove implements Peers.
func (p auditedPeers) Remove(ctx context.Context, id string) error {
	before := p.node(id) // it has no name any more afterwards
	err := p.peers.Remove(ctx, id)
	p.told(ctx, "remove_node", []string{"delete", "node"}, before, err)
	return err
}

// Leave implements Peers.
func (p auditedPeers) Leave(ctx context.Context) error {
	self := p.peers.Self()
	err := p.peers.Leave(ctx)
	p.told(ctx, "leave_node", []string{"delete", "node"}, self, err)
	return err
}

// TransferLeadership implements Peers.
func (p auditedPeers) TransferLeadership(ctx context.Context, id string) error {
	err := p.peers.TransferLeadership(ctx, id)
	p.told(ctx, "transfer_leadership", []string{"change", "leadership", "node"}, p.node(id), err)
	return err
}

// SetVoting implements Peers.
func (p auditedPeers) SetVoting(ctx context.Context, id string, vote bool) error {
	err := p.peers.SetVoting(ctx, id, vote)
	if vote {
		p.told(ctx, "promote_node", []string{"change", "promote", "node"}, p.node(id), err)
	} else {
		p.told(ctx, "demote_node", []string{"change", "demote", "node"}, p.node(id), err)
	}
	return err
}

func (p auditedPeers) node(id string) Member {
	if id == "" {
		return Member{}
	}
	m, err := p.s.memberNamed(id)
	if err != nil {
		return Member{ID: id}
	}
	return m
}

func (p auditedPeers) told(ctx context.Context, name string, path []string, m Member, err error) {
	c := audit.Change{Name: name, Path: path, Outcome: audit.Success}
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		c.Outcome = audit.Unknown
	case err != nil:
		return
	}
	if m.ID != "" {
		c.Fields = nodeFields(m.ID, m.Name)
	}
	p.s.auditChange(ctx, c)
}

func nodeFields(id, name string) []audit.Field {
	if name == "" {
		name = id
	}
	return []audit.Field{{Name: "id", Value: id}, {Name: "name", Value: name}}
}
