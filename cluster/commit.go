package cluster

import (
	"context"
	"errors"
	"fmt"
)

// Commit carries an entry to the leader, whoever that is by then, and returns
// nil once a leader has answered for it with an index that the leader has
// applied, and this node's own machine holds that index too. So what was
// created through one node is there when that node answers, and any other
// node's next round covers it.
//
// The entry is sent again, the same bytes, for as long as ctx allows: the
// machine must make a second application harmless. ErrNoLeader and
// ErrNotMember mean that nothing happened, ErrUnknown that it may have. An
// entry that the machine's Check refuses is refused with that error.
func (c *Cluster) Commit(ctx context.Context, entry []byte) error {
	if err := c.cfg.Machine.Check(entry); err != nil {
		return fmt.Errorf("cluster: entry refused: %w", err)
	}
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	var (
		answer  indexAnswer
		unknown bool // an attempt may have been carried out
	)
	err := c.retry(ctx, func(ctx context.Context, leader string) error {
		var err error
		if leader == c.cfg.Self.ID {
			answer.Index, err = c.apply(ctx, entry)
		} else {
			err = c.client.call(ctx, leader, rpcPropose, entry, &answer)
		}
		unknown = unknown || mayBeDone(err)
		return err
	})
	if err != nil && unknown {
		return ErrUnknown
	}
	if err != nil {
		return err
	}
	if err := c.cfg.Machine.Wait(ctx, answer.Index); err != nil {
		return ErrUnknown
	}
	return nil
}

// mayBeDone reports whether an attempt that failed may have been carried out.
func mayBeDone(err error) bool { return errors.Is(err, ErrUnknown) || errors.Is(err, errLost) }

// propose answers a member that carries an entry here.
func (c *Cluster) propose(ctx context.Context, peer string, entry []byte) (any, error) {
	if err := c.requireMember(peer); err != nil {
		return nil, err
	}
	if err := c.cfg.Machine.Check(entry); err != nil {
		return nil, &Refusal{err.Error()}
	}
	index, err := c.apply(ctx, entry)
	return indexAnswer{index}, err
}

// apply appends an entry here, on the leader, and waits until it is applied.
// errNotLeader means that it was not appended, ErrUnknown that it may be.
func (c *Cluster) apply(ctx context.Context, entry []byte) (uint64, error) {
	future := c.raft.Apply(entry, c.timing.Attempt)
	switch err := await(ctx, future); {
	case err != nil:
		return 0, appendError(err)
	case future.Response() != nil:
		return 0, ErrUnknown // committed, and not applied: this node is about to stop
	default:
		return future.Index(), nil
	}
}
