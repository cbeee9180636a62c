package cluster

import (
	"context"
	"errors"
)

// reignKey is the context's key for the reign to which a commit is bound.
type reignKey struct{}

// during binds what is committed with the context to the reign: it is proposed here
// while that lasts, or by nobody. It is for what a leader has decided by what it
// alone knows, which another leader must decide anew.
func during(ctx context.Context, r *reign) context.Context {
	return context.WithValue(ctx, reignKey{}, r)
}

// reignsStill reports whether the reign goes on.
func (c *Cluster) reignsStill(r *reign) bool {
	now, ok := c.reigning()
	return ok && now == r
}

// toLeader tries at the leader, whoever that is by then; what is bound to a reign it
// tries once, in that reign.
func (c *Cluster) toLeader(ctx context.Context, how string, try func(ctx context.Context, leader string) error) error {
	r, bound := ctx.Value(reignKey{}).(*reign)
	if !bound {
		return c.retry(ctx, c.attempt(how), try)
	}
	if !c.reignsStill(r) {
		return ErrNoLeader
	}
	err := try(ctx, c.cfg.Self.ID)
	if errors.Is(err, errNotLeader) {
		return ErrNoLeader
	}
	return err
}
