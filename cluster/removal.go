package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
)

func (c *Cluster) removeRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.remove)
}

// enterMembership waits until no other change of the configuration is under way.
func (c *Cluster) enterMembership(ctx context.Context) (leave func(), err error) {
	select {
	case c.membership <- struct{}{}:
		return func() { <-c.membership }, nil
	case <-ctx.Done():
		return nil, errNotLeader // nothing happened; it may be tried again
	}
}

// remove runs on the leader. The server's id is retired first, by an entry that
// goes through the barrier: afterwards it holds no lease, and no leader grants it
// one, so none needs to know of it once it is out of the configuration.
func (c *Cluster) remove(ctx context.Context, id string) error {
	r, ok := c.reigning()
	if !ok {
		return errNotLeader
	}
	return c.removeIn(ctx, r, id)
}

// removeIn is remove, in the reign or not at all.
func (c *Cluster) removeIn(ctx context.Context, r *reign, id string) error {
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return c.removeEntered(ctx, r, id)
}

// removeEntered is removeIn for who has entered.
func (c *Cluster) removeEntered(ctx context.Context, r *reign, id string) error {
	if !c.reignsStill(r) {
		return errNotLeader
	}
	retired := c.cfg.Registry.Removed(id)
	if !c.inCluster(id) && retired {
		return nil
	}
	if c.inCluster(id) && !retired {
		if err := c.mayLoseVote(ctx, id); err != nil {
			return err
		}
	}
	if c.inCluster(id) && id == c.cfg.Self.ID {
		// The others go on without a gap if they have a leader before this
		// one goes; the caller's retry finds it.
		if err := c.transfer(ctx, ""); err != nil {
			return err
		}
		return errNotLeader
	}
	return c.takeOut(ctx, r, id)
}

// takeOut retires in this reign or not at all: that the others can do without the
// server was found here, and a next leader changes members in a queue of its own.
func (c *Cluster) takeOut(ctx context.Context, r *reign, id string) error {
	if mutant.Is(mutant.NoDrain) {
		if err := c.removeServer(id); err != nil {
			return err
		}
	}
	err := c.cfg.Registry.Retire(during(ctx, r), id)
	if errors.Is(err, ErrNoLeader) {
		return errNotLeader // nothing happened; whoever leads now is asked
	}
	if err != nil {
		return fmt.Errorf("%w: the node may be retired, and is not out of the cluster yet: %v", ErrUnknown, err)
	}
	if err := c.removeServer(id); err != nil {
		return fmt.Errorf("%w: the node is retired, and not out of the cluster yet: %v", ErrUnknown, err)
	}
	c.background.Go(func() { c.tellRemoved(id) })
	return nil
}

func (c *Cluster) removeServer(id string) error {
	if !c.inCluster(id) {
		return nil
	}
	if err := await(c.ctx, c.raft.RemoveServer(raft.ServerID(id), 0, c.timing.Attempt)); err != nil {
		return appendError(err)
	}
	c.log.Info("node removed from the cluster", "node", id)
	return nil
}

// finishRemovals takes out the servers that were retired by a leader that did not
// get further.
func (c *Cluster) finishRemovals() {
	if _, ok := c.reigning(); !ok {
		return
	}
	for _, s := range c.configuration() {
		if id := string(s.ID); c.cfg.Registry.Removed(id) {
			ctx, cancel := context.WithTimeout(c.ctx, c.attempt(rpcRevoke))
			if err := c.remove(ctx, id); err != nil {
				c.log.Debug("a retired node could not be taken out yet; trying again", "node", id, "error", err)
			}
			cancel()
		}
	}
}

// mayLoseVote refuses to remove a voter, or to make a replica of it, when the voters
// that answer would be no majority without it: the cluster could not even take the
// change back.
func (c *Cluster) mayLoseVote(ctx context.Context, id string) error {
	if c.suffrage(id) != raft.Voter {
		return nil
	}
	var left []string
	for _, m := range c.Members() {
		if m.Voter && m.ID != id {
			left = append(left, m.ID)
		}
	}
	if len(left) == 0 {
		return &Refusal{"this is the cluster's last voter: without it there would be no cluster; stop the node instead"}
	}
	answer := c.answering(ctx, left)
	if 2*answer <= len(left) {
		return &Refusal{fmt.Sprintf("of the %d voters that would be left only %d answer, which is no majority, so the cluster would stop: start the others, or remove those that are gone for good first; `jeton node list` shows them", len(left), answer)}
	}
	return nil
}

// tellRemoved lets a removed node know, as well as it can: it would learn it by
// itself too, from the first member that it asks.
func (c *Cluster) tellRemoved(id string) {
	ctx, cancel := context.WithTimeout(c.ctx, askLimit)
	defer cancel()
	_ = c.wire.call(ctx, id, rpcRemoved, nil, &struct{}{})
}

func (c *Cluster) removedRPC(context.Context, string, []byte) (any, error) {
	c.background.Go(c.learnRemoved)
	return struct{}{}, nil
}

func (c *Cluster) learnRemoved() {
	if !mutant.Is(mutant.RetiredKeepsLease) {
		c.leases.retire()
	}
	c.removed.Do(c.cfg.Removed)
}
