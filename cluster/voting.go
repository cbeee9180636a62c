package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// SetVoting makes a read replica of a member, which never votes, or lets it vote
// again, as soon as it has caught up. Once made a replica it votes no more when this
// returns. Errors: *Refusal, ErrNoLeader, ErrUnknown.
func (c *Cluster) SetVoting(ctx context.Context, id string, vote bool) error {
	rpc, here := rpcDemote, c.demote
	if vote {
		rpc, here = rpcPromote, c.promote
	}
	return c.onLeader(ctx, func(ctx context.Context, leader string) error {
		return c.tell(ctx, leader, rpc, id, here)
	})
}

func (c *Cluster) promoteRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.promote)
}

func (c *Cluster) demoteRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.demote)
}

// promote runs on the leader. It records what is wanted; autopilot does it.
func (c *Cluster) promote(ctx context.Context, id string) error {
	r, leave, err := c.enterVoting(ctx, id)
	if err != nil {
		return err
	}
	defer leave()
	if !c.cfg.Registry.Replica(id) {
		return nil
	}
	return c.recordVoting(ctx, r, id, true)
}

// demote runs on the leader. What is wanted is recorded first, so that whoever leads
// next finishes it, and nobody lets the member vote again in between.
func (c *Cluster) demote(ctx context.Context, id string) error {
	r, leave, err := c.enterVoting(ctx, id)
	if err != nil {
		return err
	}
	defer leave()
	votes := c.suffrage(id) == raft.Voter
	if votes {
		if err := c.mayLoseVote(ctx, id); err != nil {
			return err
		}
		if id == c.cfg.Self.ID {
			if err := c.transfer(ctx, ""); err != nil {
				return err
			}
			return errNotLeader // whoever leads now is asked
		}
	}
	if !c.cfg.Registry.Replica(id) {
		if err := c.recordVoting(ctx, r, id, false); err != nil {
			return err
		}
	}
	if !votes {
		return nil
	}
	if !c.reignsStill(r) {
		return errNotLeader // the others' votes are another leader's to weigh
	}
	if err := await(c.ctx, c.raft.DemoteVoter(raft.ServerID(id), 0, c.timing.Attempt)); err != nil {
		return fmt.Errorf("%w: the node is meant not to vote, and may vote still: %v", ErrUnknown, err)
	}
	c.log.Info("node does not vote any more", "node", id)
	return nil
}

// recordVoting records what is wanted in this reign or not at all: that the others
// can do without the member's vote was found here.
func (c *Cluster) recordVoting(ctx context.Context, r *reign, id string, vote bool) error {
	err := c.cfg.Registry.SetVoting(during(ctx, r), id, vote)
	if errors.Is(err, ErrNoLeader) {
		return errNotLeader // nothing happened; whoever leads now is asked
	}
	return err
}

// enterVoting is enterMembership for a change of a member's vote, in a reign.
func (c *Cluster) enterVoting(ctx context.Context, id string) (r *reign, leave func(), err error) {
	leave, err = c.enterMembership(ctx)
	if err != nil {
		return nil, nil, err
	}
	r, ok := c.reigning()
	if !ok {
		leave()
		return nil, nil, errNotLeader
	}
	if c.cfg.Registry.Removed(id) || !c.inCluster(id) {
		leave()
		return nil, nil, &Refusal{"that node is no member, or is being removed; `jeton node list` shows the members"}
	}
	return r, leave, nil
}

// letVote makes a voter of a member, unless something has changed since that was
// decided.
func (c *Cluster) letVote(ctx context.Context, id string) error {
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, ok := c.reigning(); !ok {
		return errNotLeader
	}
	if c.suffrage(id) != raft.Nonvoter || !c.meantToVote(id) {
		return nil
	}
	if err := await(ctx, c.raft.AddVoter(raft.ServerID(id), raft.ServerAddress(id), 0, c.timing.Attempt)); err != nil {
		c.log.Warn("a node that has caught up could not be made a voter; trying again", "node", id, "error", err)
		return err
	}
	c.log.Info("node votes now", "node", id)
	return nil
}
