package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// housekeep is everything that happens by itself: becoming ready as leader,
// finishing removals, keeping the address book, announcing new addresses.
func (c *Cluster) housekeep() {
	events := make(chan raft.Observation, 16)
	observer := raft.NewObserver(events, false, func(o *raft.Observation) bool {
		switch o.Data.(type) {
		case raft.LeaderObservation, raft.RaftState:
			return true
		}
		return false
	})
	c.raft.RegisterObserver(observer)
	defer c.raft.DeregisterObserver(observer)
	// Events may coalesce or be dropped; the tick looks again in any case.
	tick := time.NewTicker(c.timing.Tick)
	defer tick.Stop()
	for {
		select {
		case <-events:
			c.leadership.notify()
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		c.once(&c.busy.ready, c.becomeReady)
		c.once(&c.busy.settle, c.settle)
		c.once(&c.busy.removals, c.finishRemovals)
		c.once(&c.busy.addresses, c.keepAddresses)
		c.once(&c.busy.level, c.raiseLevel)
	}
}

// once runs a chore in the background unless it is still running.
func (c *Cluster) once(busy *atomic.Bool, f func()) {
	if busy.CompareAndSwap(false, true) {
		c.background.Go(func() {
			defer busy.Store(false)
			f()
		})
	}
}

// keepAddresses takes over what the registry knows, and tells the others this
// node's name and addresses until the registry holds them. A node without a
// leader tells them too: it may have been moved, and it may have been removed.
func (c *Cluster) keepAddresses() {
	index := c.index() // before the nodes, which are then no older
	nodes := c.cfg.Registry.Nodes()
	if err := c.book.sync(nodes, index, c.gone); err != nil {
		c.log.Warn("the address book could not be written", "error", err)
	}
	listed, current := false, false
	for _, n := range nodes {
		listed = listed || n.ID == c.cfg.Self.ID
		current = current || n == c.cfg.Self
	}
	if current && c.leaderID() != "" {
		return
	}
	c.announce()
	// A founder is not listed before its first command, which lists it.
	if listed && c.leaderID() == c.cfg.Self.ID {
		c.heard(c.update(c.ctx, c.cfg.Self))
	}
}

// announce tells every node in the book this node's name and addresses.
func (c *Cluster) announce() {
	body, err := json.Marshal(c.cfg.Self)
	if err != nil {
		return
	}
	var asking sync.WaitGroup
	for _, id := range c.book.ids() {
		if id == c.cfg.Self.ID {
			continue
		}
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(c.ctx, askLimit)
			defer cancel()
			c.heard(c.wire.call(ctx, id, rpcAnnounce, body, &struct{}{}))
		})
	}
	asking.Wait()
}

// heard takes an answer to an announcement: a node that was removed, or whose
// name belongs to another, cannot go on. Anything else is tried again.
func (c *Cluster) heard(err error) {
	var refusal *Refusal
	switch {
	case errors.Is(err, ErrNotMember):
		c.learnRemoved()
	case errors.As(err, &refusal):
		c.cfg.Fatal(refusal)
	}
}

// announced hears a member's name and addresses, from itself or passed on by
// another member. A wrong address would do no harm: who answers there must prove
// the id.
func (c *Cluster) announced(ctx context.Context, peer string, body []byte) (any, error) {
	n, err := decode[Node](body)
	if err != nil {
		return nil, err
	}
	if err := c.book.learn(n); err != nil {
		c.log.Warn("the address book could not be written", "error", err)
	}
	if _, leads := c.reigning(); leads {
		return struct{}{}, c.update(ctx, n)
	}
	// The announcer may not know where the leader is now; a member may.
	if leader := c.leaderID(); peer == n.ID && leader != "" && leader != c.cfg.Self.ID {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		err := c.wire.call(ctx, leader, rpcAnnounce, body, &struct{}{})
		if errors.Is(err, ErrNotMember) {
			err = errNotLeader // that was about this node, not about the announcer
		}
		return struct{}{}, err
	}
	return struct{}{}, nil
}

func (c *Cluster) update(ctx context.Context, n Node) error {
	if !c.inCluster(n.ID) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	err := c.cfg.Registry.Update(ctx, n)
	// One that is being removed has no record any more. It hears of it once it is
	// out, and not here: until then its vote may be needed.
	if c.cfg.Registry.Removed(n.ID) {
		return nil
	}
	return err
}
