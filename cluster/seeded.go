package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/raft"
)

// seededJoin is the question of a newcomer that has proven the join secret. To the
// leader a member brings it, and so vouches for the proof.
type seededJoin struct {
	Node  Node   `json:"node"`
	CSR   []byte `json:"csr"`             // DER
	Level int    `json:"level,omitempty"` // the newest feature level that it knows
}

// NotYet is a no that time or a person may turn into a yes: it may be asked again.
type NotYet struct{ Reason string }

func (n *NotYet) Error() string { return n.Reason }

// formation answers those who have proven the join secret to a member.
func (c *Cluster) formation() map[string]rpcHandler {
	here := presence{ID: c.cfg.Self.ID, Name: c.cfg.Self.Name, State: stateMember}
	present := func(context.Context, string, []byte) (any, error) { return here, nil }
	return map[string]rpcHandler{rpcPresence: present, rpcVote: present, rpcAdmit: c.admitProven()}
}

// admitProven passes a newcomer's question on to the leader.
func (c *Cluster) admitProven() rpcHandler {
	slots := make(chan struct{}, maxJoins)
	return func(ctx context.Context, _ string, body []byte) (any, error) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			return nil, ErrOverloaded
		}
		req, err := decode[seededJoin](body)
		if err != nil {
			return nil, err
		}
		// A takeover may have to wait for the former member's lease.
		each := c.attempt(rpcRevoke)
		ctx, cancel := context.WithTimeout(ctx, each)
		defer cancel()
		ctx, stop := c.whileOpen(ctx)
		defer stop()
		var joined Joined
		err = c.retry(ctx, each, func(ctx context.Context, leader string) (err error) {
			if leader == c.cfg.Self.ID {
				joined, err = c.admitSeeded(ctx, req)
				return err
			}
			return c.wire.call(ctx, leader, rpcAdmit, body, &joined)
		})
		return joined, err
	}
}

// admitRPC is a newcomer's question that a member passes on.
func (c *Cluster) admitRPC(ctx context.Context, peer string, body []byte) (any, error) {
	if err := c.requireMember(peer); err != nil {
		return nil, err
	}
	req, err := decode[seededJoin](body)
	if err != nil {
		return nil, err
	}
	return c.admitSeeded(ctx, req)
}

// admitSeeded runs on the leader. As with admit, each step may be done again.
func (c *Cluster) admitSeeded(ctx context.Context, req seededJoin) (Joined, error) {
	r, ok := c.reigning()
	if !ok {
		return Joined{}, errNotLeader
	}
	join := JoinRequest{Node: req.Node, CSR: req.CSR, Level: req.Level}
	if err := c.admissible(ctx, join); err != nil {
		return Joined{}, err
	}
	if err := c.freeName(ctx, r, req.Node); err != nil {
		return Joined{}, err
	}
	return c.letIn(ctx, join, func() error {
		if err := c.cfg.Registry.AdmitSeeded(ctx, req.Node, c.inCluster); err != nil {
			return err
		}
		return c.inheritVoting(ctx, req.Node)
	})
}

// admissible is everything that may speak against the newcomer but its name: the
// name's former holder is retired for good, and only for one that then comes in.
func (c *Cluster) admissible(ctx context.Context, join JoinRequest) error {
	if err := c.onlyOfItsID(ctx, join.Node.ID); err != nil {
		return err
	}
	if err := c.checkLevel(join); err != nil {
		return err
	}
	if err := c.cfg.Registry.Admissible(ctx, join.Node); err != nil {
		return err
	}
	if _, err := c.cfg.Registry.Sign(join.CSR, join.Node.ID); err != nil {
		return badCSR(err)
	}
	return nil
}

// newcomers is what a leader remembers of those that come and have come.
type newcomers struct {
	spoken   sync.Map // ids that have asked this node anything by their certificate
	replicas sync.Map // names whose former holder, a read replica, is being taken out
}

// errCopy refuses a second node of one id: two would cast two votes for one.
var errCopy = &Refusal{"a node of this id is in the cluster already: start this one with an empty path.data, never with a copy of another's"}

// onlyOfItsID refuses an id that somebody else may have. Whether the other answers
// now says nothing: it may be about to start again. One that asks again because the
// answer was lost has opened no log, so it has no vote and has never spoken.
func (c *Cluster) onlyOfItsID(ctx context.Context, id string) error {
	if c.inCluster(id) && (c.suffrage(id) == raft.Voter || c.hasSpoken(ctx, id)) {
		return errCopy
	}
	return nil
}

// hasSpoken reports whether the server has ever asked this node, or answered this
// leader or those before it, as far as they told.
func (c *Cluster) hasSpoken(ctx context.Context, id string) bool {
	if _, asked := c.newcomers.spoken.Load(id); asked {
		return true
	}
	if held := c.overview.Load(); held != nil {
		if m, ok := held.Members[id]; ok && m.Silence >= 0 {
			return true
		}
	}
	return c.answers(ctx, id)
}

func (c *Cluster) answers(ctx context.Context, id string) bool {
	return c.answering(ctx, []string{id}) == 1
}

// freeName takes the member out that has the newcomer's name, if it is silent: a
// node that has lost its disk comes back under another id, and the former one is
// never seen again.
func (c *Cluster) freeName(ctx context.Context, r *reign, newcomer Node) error {
	for _, n := range c.cfg.Registry.Nodes() {
		if n.Name != newcomer.Name || n.ID == newcomer.ID || !c.inCluster(n.ID) {
			continue
		}
		if !c.cfg.Registry.Removed(n.ID) && !c.isSilent(ctx, r, n.ID) {
			return &NotYet{"the name [" + n.Name + "] is held by a node that answers, or did a moment ago: if it is not the former life of this one, give this one another node.name"}
		}
		c.log.Warn("a member that does not answer is taken out: another node of its name has come, with the join secret", "name", n.Name, "node", n.ID, "newcomer", newcomer.ID)
		c.noteReplica(n)
		err := c.removeIn(ctx, r, n.ID) // that it is silent was found in this reign
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return &NotYet{"the node that had the name [" + n.Name + "] cannot be taken out yet: " + refusal.Reason}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// noteReplica remembers whether the name is a read replica's: the state forgets it
// with the id, and the removal may take more than one try.
func (c *Cluster) noteReplica(n Node) {
	switch {
	case c.cfg.Registry.Removed(n.ID): // forgotten already
	case c.cfg.Registry.Replica(n.ID):
		c.newcomers.replicas.Store(n.Name, true)
	default:
		c.newcomers.replicas.Delete(n.Name)
	}
}

// inheritVoting makes a read replica of a newcomer that has taken over the name of
// one, before it is a server that could be made a voter.
func (c *Cluster) inheritVoting(ctx context.Context, newcomer Node) error {
	if _, replica := c.newcomers.replicas.Load(newcomer.Name); !replica {
		return nil
	}
	if err := c.cfg.Registry.SetVoting(ctx, newcomer.ID, false); err != nil {
		return err
	}
	c.newcomers.replicas.Delete(newcomer.Name)
	return nil
}

// requestSeeded asks the member at the address to let this node in.
func (d *discovery) requestSeeded(ctx context.Context, address string, node Node, level int, csr []byte) (Joined, error) {
	body, err := json.Marshal(seededJoin{Node: node, CSR: csr, Level: level})
	if err != nil {
		return Joined{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, seededLimit)
	defer cancel()
	var joined Joined
	if err := d.ask(ctx, address, rpcAdmit, body, &joined); err != nil {
		return Joined{}, err
	}
	if len(joined.Certificate.Certificate) == 0 || len(joined.Certificate.CA) == 0 {
		return Joined{}, fmt.Errorf("%s: the answer has no certificate", address)
	}
	return joined, nil
}
