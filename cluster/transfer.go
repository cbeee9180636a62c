package cluster

import (
	"context"
	"errors"

	"github.com/hashicorp/raft"
)

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

func (c *Cluster) transferRPC(ctx context.Context, peer string, body []byte) (any, error) {
	return struct{}{}, c.asMember(ctx, peer, body, c.transfer)
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
		if !m.Voter || m.ID == c.cfg.Self.ID || !c.meantToVote(m.ID) {
			continue
		}
		if s, err := c.statusOf(ctx, m.ID); err == nil && (best == "" || s.Index > most) {
			best, most = m.ID, s.Index
		}
	}
	return best
}
