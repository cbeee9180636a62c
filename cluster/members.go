package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"jeton/internal/mutant"
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

// TransferLeadership hands leadership to the voter, or to the most up-to-date
// one when id is "". Errors: *Refusal, ErrNoLeader, ErrUnknown.
func (c *Cluster) TransferLeadership(ctx context.Context, id string) error {
	asked := "" // a leader that may have done it
	return c.onLeader(ctx, func(ctx context.Context, leader string) error {
		if id == "" && asked != "" && asked != leader {
			return nil // it has; to ask the next one would move leadership again
		}
		err := c.tell(ctx, leader, rpcTransfer, id, c.transfer)
		if mayBeDone(err) {
			asked = leader
		}
		return err
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

func (c *Cluster) removeRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.remove)
}

func (c *Cluster) transferRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.transfer)
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
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, ok := c.reigning(); !ok {
		return errNotLeader
	}
	retired := c.cfg.Registry.Removed(id)
	if !c.inCluster(id) && retired {
		return nil
	}
	if c.inCluster(id) && !retired {
		if err := c.mayRemove(ctx, id); err != nil {
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
	return c.takeOut(ctx, id)
}

func (c *Cluster) takeOut(ctx context.Context, id string) error {
	if mutant.Is(mutant.NoDrain) {
		if err := c.removeServer(id); err != nil {
			return err
		}
	}
	if err := c.cfg.Registry.Retire(ctx, id); err != nil {
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

// mayRemove refuses a removal after which the voters that answer would be no
// majority: the cluster could not even take the removal back.
func (c *Cluster) mayRemove(ctx context.Context, id string) error {
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

// transfer runs on the leader. Only who answers is asked to lead: Raft would
// wait for a silent one for as long as it takes, and refuse every write
// meanwhile.
func (c *Cluster) transfer(ctx context.Context, id string) error {
	if _, ok := c.reigning(); !ok {
		return errNotLeader
	}
	switch {
	case id == c.cfg.Self.ID:
		return nil
	case id == "":
		if id = c.successor(ctx); id == "" {
			return &Refusal{"no other voter answers, so nobody else can lead; `jeton node list` shows the voters"}
		}
	case c.suffrage(id) != raft.Voter:
		return &Refusal{"that node is no voter, so it cannot lead; `jeton node list` shows the voters"}
	case c.answering(ctx, []string{id}) == 0:
		return &Refusal{"that node does not answer, so it cannot lead; `jeton node list` shows who does"}
	}
	// While it lasts nobody is waited for long: Raft's call to a successor that
	// has died since would hold up every write.
	c.wire.hurry(true)
	defer c.wire.hurry(false)
	err := await(c.ctx, c.raft.LeadershipTransferToServer(raft.ServerID(id), raft.ServerAddress(id)))
	if errors.Is(err, raft.ErrLeadershipTransferInProgress) {
		return errNotLeader // soon, and whoever leads then is asked
	}
	if err != nil {
		return &Refusal{"leadership could not be handed over: " + err.Error() + "; is the other node up to date? `jeton node list` shows it"}
	}
	return nil
}

// successor is the other voter that answers and holds the most, or "".
func (c *Cluster) successor(ctx context.Context) string {
	best, most := "", uint64(0)
	for _, m := range c.Members() {
		if !m.Voter || m.ID == c.cfg.Self.ID {
			continue
		}
		if s, err := c.statusOf(ctx, m.ID); err == nil && (best == "" || s.Index > most) {
			best, most = m.ID, s.Index
		}
	}
	return best
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
