package cluster

import (
	"context"
	"sync/atomic"
	"time"
)

// registry is a small Registry over the machine of the same node. A join
// token's secret is secretOf its name; the CA is the same everywhere.
type registry struct {
	machine *machine
	ca      CA
	cluster atomic.Pointer[Cluster] // nil until it is open
	signs   atomic.Int32            // certificates issued here

	autopilot    atomic.Pointer[Autopilot] // nil for the defaults
	inadmissible atomic.Pointer[error]     // what Admissible says to everybody
}

func secretOf(token string) string { return "the secret of " + token }

func (r *registry) Nodes() []Node          { return r.machine.nodes() }
func (r *registry) Removed(id string) bool { return r.machine.retired(id) }

func (r *registry) Admit(ctx context.Context, req JoinRequest, _ func(string) bool) error {
	if req.Secret != secretOf(req.TokenID) {
		return &Refusal{"unknown join token"}
	}
	return r.commit(ctx, command{Op: opAdmit, Node: req.Node, Token: req.TokenID})
}

func (r *registry) Admissible(context.Context, Node) error {
	if why := r.inadmissible.Load(); why != nil {
		return *why
	}
	return nil
}

func (r *registry) AdmitSeeded(ctx context.Context, n Node, inCluster func(string) bool) error {
	for _, other := range r.Nodes() {
		if other.Name == n.Name && other.ID != n.ID && inCluster(other.ID) {
			return &Refusal{"the name is taken"}
		}
	}
	return r.commit(ctx, command{Op: opAdmit, Node: n, Token: "seeded " + n.ID})
}

func (r *registry) Sign(csr []byte, id string) (Certificate, error) {
	r.signs.Add(1)
	return r.ca.Sign(csr, id)
}

func (r *registry) Update(ctx context.Context, n Node) error {
	return r.commit(ctx, command{Op: opUpdate, Node: n})
}

func (r *registry) Retire(ctx context.Context, id string) error {
	cluster := r.cluster.Load()
	if cluster == nil {
		return ErrNoLeader
	}
	_, err := cluster.Revoke(ctx, command{ID: opRetire + " " + NewID(), Op: opRetire, Node: Node{ID: id}}.entry())
	return err
}

func (r *registry) Replica(id string) bool { return r.machine.replica(id) }

func (r *registry) SetVoting(ctx context.Context, id string, vote bool) error {
	op := opDemote
	if vote {
		op = opPromote
	}
	return r.commit(ctx, command{Op: op, Node: Node{ID: id}})
}

func (r *registry) Autopilot() Autopilot {
	if a := r.autopilot.Load(); a != nil {
		return *a
	}
	return autopilotDefaults
}

// autopilotDefaults are the settings that nobody has changed.
var autopilotDefaults = Autopilot{
	DeadServerThreshold: 24 * time.Hour, LastContactThreshold: 10 * time.Second, MaxTrailingLogs: 1000, MinQuorum: 3, ServerStabilization: 10 * time.Second,
}

func (r *registry) Freshness() Freshness { return r.machine.freshness() }

func (r *registry) Level() int { return r.machine.level() }

func (r *registry) Raise(ctx context.Context, level int, _ []string) error {
	return r.commit(ctx, command{Op: opRaise, Level: level})
}

func (r *registry) Settle(ctx context.Context, version uint64) error {
	return r.commit(ctx, command{Op: opSettle, Fresh: Freshness{Version: version}})
}

func (r *registry) commit(ctx context.Context, c command) error {
	cluster := r.cluster.Load()
	if cluster == nil {
		return ErrNoLeader
	}
	c.ID = c.Op + " " + NewID()
	if err := cluster.Commit(ctx, c.entry()); err != nil {
		return err
	}
	if refusal := r.machine.outcome(c.ID); refusal != "" {
		return &Refusal{refusal}
	}
	return nil
}
