package security

import (
	"context"
	"fmt"

	"jeton/fsm"
	"jeton/security/account"
)

// PromoteNode lets the member of that name (or id) vote as soon as it has caught up;
// one that is to vote already stays as it is. Errors: *PermissionError, *NodeError,
// ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) PromoteNode(ctx context.Context, who Identity, name string) error {
	return s.setVoting(ctx, who, account.ActionPromoteNode, name, true)
}

// DemoteNode makes a read replica of the member of that name (or id): it votes no
// more when this returns, until it is promoted. Errors: as PromoteNode.
func (s *Service) DemoteNode(ctx context.Context, who Identity, name string) error {
	return s.setVoting(ctx, who, account.ActionDemoteNode, name, false)
}

func (s *Service) setVoting(ctx context.Context, who Identity, action, name string, vote bool) error {
	if err := s.authorize(ctx, who, action); err != nil {
		return err
	}
	m, err := s.memberNamed(name)
	if err != nil {
		return err
	}
	s.logger.Info("changing whether a node votes", "node", m.ID, "name", m.Name, "vote", vote, "by", who.Username)
	return s.peers.SetVoting(ctx, m.ID, vote)
}

// RecordVoting records whether a member is to vote. The leader calls it.
// Errors: *NodeError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) RecordVoting(ctx context.Context, id string, vote bool) error {
	code, _, err := s.propose(ctx, &fsm.SetMemberVoting{ID: id, Voting: vote})
	switch {
	case err != nil:
		return err
	case code == fsm.OK || code == fsm.Unchanged:
		return nil
	case code == fsm.NotFound || code == fsm.Removed:
		return &NodeError{NodeUnknown, "that node is no member any more; `jeton node list` shows the members"}
	default:
		return fmt.Errorf("unexpected outcome %q", code)
	}
}
