package node

import (
	"context"
	"time"
)

// upkeepTime bounds one step of the upkeep.
const upkeepTime = 10 * time.Second

// keepTokens records when tokens were last used, and, where this node leads,
// drops what is over, at every UpkeepInterval. What fails is done the next time.
func (n *Node) keepTokens() {
	tick := time.NewTicker(n.opts.upkeepInterval())
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			n.upkeep(n.ctx)
		case <-n.ctx.Done():
			return
		}
	}
}

func (n *Node) upkeep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, upkeepTime)
	defer cancel()
	if err := n.service.NoteUses(ctx); err != nil {
		n.log.Debug("the latest uses of tokens could not be recorded; trying again later", "error", err)
	}
	if n.Leads() {
		if err := n.service.DropLeftRestore(ctx); err != nil {
			n.log.Debug("what a restore has left could not be dropped; trying again later", "error", err)
		}
	}
	for more := n.Leads(); more && ctx.Err() == nil; {
		var err error
		if more, err = n.service.Purge(ctx); err != nil {
			n.log.Debug("expired records could not be purged; trying again later", "error", err)
			return
		}
	}
}

// noteLastUses saves before a stop what would be lost with this process. It is
// worth a moment, not a wait.
func (n *Node) noteLastUses(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := n.service.NoteUses(ctx); err != nil {
		n.log.Debug("the latest uses of tokens could not be recorded before the stop", "error", err)
	}
}

func (o Options) upkeepInterval() time.Duration {
	if o.UpkeepInterval > 0 {
		return o.UpkeepInterval
	}
	return time.Minute
}
