package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jeton/internal/mutant"
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
	_, err := c.carry(ctx, rpcPropose, entry)
	return err
}

// Revoke is Commit for an entry that takes authority away: it returns nil only
// once no member can go on answering from a state without the entry. ErrUnknown
// may also mean that the entry was applied, and that a member could not be waited
// for in time.
func (c *Cluster) Revoke(ctx context.Context, entry []byte) (Confirmation, error) {
	return c.carry(ctx, rpcRevoke, entry)
}

func (c *Cluster) carry(ctx context.Context, how string, entry []byte) (Confirmation, error) {
	if err := c.cfg.Machine.Check(entry); err != nil {
		return Confirmation{}, fmt.Errorf("cluster: entry refused: %w", err)
	}
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	var (
		answer  commitAnswer
		unknown bool // an attempt may have been carried out
	)
	err := c.toLeader(ctx, how, func(ctx context.Context, leader string) error {
		var err error
		if leader == c.cfg.Self.ID {
			answer, err = c.lead(ctx, how, entry)
		} else {
			err = c.wire.call(ctx, leader, how, entry, &answer)
		}
		unknown = unknown || mayBeDone(err)
		return err
	})
	if err != nil && unknown {
		return Confirmation{}, ErrUnknown
	}
	if err != nil {
		return Confirmation{}, err
	}
	if mutant.Is(mutant.AckBeforeOwnState) {
		return answer.Confirmation, nil
	}
	if err := c.cfg.Machine.Wait(ctx, answer.Index); err != nil {
		return Confirmation{}, ErrUnknown
	}
	return answer.Confirmation, nil
}

// attempt is how much time one try has. A take-away may have to wait for a lease,
// and would be proposed again for nothing.
func (c *Cluster) attempt(how string) time.Duration {
	if how != rpcRevoke {
		return c.timing.Attempt
	}
	lease := c.cfg.Registry.Freshness().outstanding()
	return c.timing.Attempt + lease + c.timing.margin(lease)
}

type commitAnswer struct {
	indexAnswer
	Confirmation
}

// mayBeDone reports whether an attempt that failed may have been carried out.
func mayBeDone(err error) bool { return errors.Is(err, ErrUnknown) || errors.Is(err, errLost) }

// propose answers a member that carries an entry here.
func (c *Cluster) propose(ctx context.Context, peer string, entry []byte) (any, error) {
	return c.carried(ctx, rpcPropose, peer, entry)
}

// revoke answers a member that carries here an entry that takes authority away.
func (c *Cluster) revoke(ctx context.Context, peer string, entry []byte) (any, error) {
	return c.carried(ctx, rpcRevoke, peer, entry)
}

func (c *Cluster) carried(ctx context.Context, how, peer string, entry []byte) (any, error) {
	if err := c.requireMember(peer); err != nil {
		return nil, err
	}
	if err := c.cfg.Machine.Check(entry); err != nil {
		return nil, &Refusal{err.Error()}
	}
	return c.lead(ctx, how, entry)
}

// lead carries an entry out here, on the leader. A take-away that is sent again
// waits for its barrier again: that it was applied before says nothing of who
// holds it.
func (c *Cluster) lead(ctx context.Context, how string, entry []byte) (a commitAnswer, err error) {
	reign, ok := c.reigning()
	if how == rpcRevoke && !ok {
		return a, errNotLeader
	}
	if a.Index, err = c.apply(ctx, entry); err == nil && how == rpcRevoke {
		a.Confirmation, err = c.barrier(ctx, reign, a.Index)
	}
	return a, err
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
