package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// Member is one server of Raft's configuration, which is the only list of who
// is in the cluster.
type Member struct {
	ID     string
	Voter  bool
	Leader bool // as far as this node knows
}

// Members are the servers of the latest configuration that this node knows.
func (c *Cluster) Members() []Member {
	leader := c.leaderID()
	servers := c.configuration()
	members := make([]Member, len(servers))
	for i, s := range servers {
		members[i] = Member{ID: string(s.ID), Voter: s.Suffrage == raft.Voter, Leader: string(s.ID) == leader}
	}
	return members
}

// suffrage returns the server's, or -1 for one that is not in the
// configuration.
func (c *Cluster) suffrage(id string) raft.ServerSuffrage {
	for _, s := range c.configuration() {
		if string(s.ID) == id {
			return s.Suffrage
		}
	}
	return -1
}

func (c *Cluster) inCluster(id string) bool { return c.suffrage(id) >= 0 }

// requireMember is the leader's test of who asks. A node that was retired gets
// a definite no; one that this leader merely does not know may be newer than
// its configuration, or this leader older than it thinks.
func (c *Cluster) requireMember(id string) error {
	if c.inCluster(id) {
		return nil
	}
	if c.cfg.Registry.Removed(id) {
		return ErrNotMember
	}
	return errNotLeader
}

// gone reports whether the id was retired and is out of the configuration too. In
// between, while its removal waits for leases, the node's vote may be needed.
func (c *Cluster) gone(id string) bool { return c.cfg.Registry.Removed(id) && !c.inCluster(id) }

// unlessRemoved answers a node that is gone with a definite no, whatever it asks.
// Its certificate is still good, so that it can be told.
func (c *Cluster) unlessRemoved(handlers map[string]rpcHandler) map[string]rpcHandler {
	guarded := map[string]rpcHandler{}
	for name, h := range handlers {
		guarded[name] = func(ctx context.Context, peer string, body []byte) (any, error) {
			c.silences.heard(peer)
			c.newcomers.spoken.Store(peer, true)
			if c.gone(peer) {
				return nil, ErrNotMember
			}
			return h(ctx, peer, body)
		}
	}
	return guarded
}

// Remove takes a server out of the cluster, for good: its id is retired.
// Errors: *Refusal, ErrNoLeader, ErrUnknown.
func (c *Cluster) Remove(ctx context.Context, id string) error {
	return c.onLeader(ctx, func(ctx context.Context, leader string) error {
		return c.tell(ctx, leader, rpcRemove, id, c.remove)
	})
}

// onLeader tries until a leader has answered. Whoever asks again after an
// unknown outcome gets the same result, so asking again is safe.
func (c *Cluster) onLeader(ctx context.Context, try func(ctx context.Context, leader string) error) error {
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	unknown := false
	err := c.retry(ctx, c.attempt(rpcRevoke), func(ctx context.Context, leader string) error {
		err := try(ctx, leader)
		unknown = unknown || mayBeDone(err)
		return err
	})
	if err != nil && unknown {
		return ErrUnknown
	}
	return err
}

// tell has the leader, which may be this node, do something with a server's id.
func (c *Cluster) tell(ctx context.Context, leader, rpc, id string, here func(context.Context, string) error) error {
	if leader == c.cfg.Self.ID {
		return here(ctx, id)
	}
	body, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return c.wire.call(ctx, leader, rpc, body, &struct{}{})
}

func (c *Cluster) asMember(ctx context.Context, peer string, body []byte, do func(context.Context, string) error) error {
	if err := c.requireMember(peer); err != nil {
		return err
	}
	id, err := decode[string](body)
	if err != nil {
		return err
	}
	return do(ctx, id)
}

// answering counts the nodes that answer now.
func (c *Cluster) answering(ctx context.Context, ids []string) (n int) {
	answers := make(chan bool, len(ids))
	for _, id := range ids {
		go func() {
			if id == c.cfg.Self.ID {
				answers <- true
				return
			}
			_, err := c.statusOf(ctx, id)
			answers <- err == nil
		}()
	}
	for range ids {
		if <-answers {
			n++
		}
	}
	return n
}

// appendError sorts Raft's errors on what was to be appended to the log: the
// three are given before that, so nothing happened; after any other, such as
// lost leadership, a log that cannot be written, a shutdown or the end of the
// wait, the entry may be in somebody's log.
func appendError(err error) error {
	switch {
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrEnqueueTimeout), errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return errNotLeader
	default:
		return fmt.Errorf("%w: %v", ErrUnknown, err)
	}
}
