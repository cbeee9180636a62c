package cluster

import (
	"context"
	"encoding/json"
	"time"
)

// Overview is how a leader has found the members. It tells every member, so that
// all of them say the same of the cluster.
type Overview struct {
	Term uint64 `json:"term"`
	// FailureTolerance is how many voters may fail before there is no majority.
	FailureTolerance int                     `json:"failure_tolerance"`
	Members          map[string]MemberHealth `json:"members"` // by id
	// Age is how long ago it came here.
	Age time.Duration `json:"-"`
}

// MemberHealth is what a leader knows of a member.
type MemberHealth struct {
	// Healthy: it answers, hears of its leader, and is about as far.
	Healthy bool `json:"healthy"`
	// Silence is for how long it has not answered a leader, in milliseconds; -1: the
	// leader does not know that it ever has.
	Silence int64 `json:"silence"`
}

// Silent reports whether the member counts as one that does not answer.
func (m MemberHealth) Silent() bool { return m.Silence < 0 || m.Silence > silentAfter.Milliseconds() }

// overviewLife is for how long an overview is good: a few times as long as until
// the next one.
const overviewLife = 1500 * time.Millisecond

// heldOverview is an overview, and when it came, on the boot clock.
type heldOverview struct {
	Overview
	at time.Duration
}

// Overview is what the leader has found; false when none is known to lead or it has
// not said anything for a while.
func (c *Cluster) Overview() (Overview, bool) {
	held := c.overview.Load()
	if held == nil || held.Term != c.raft.CurrentTerm() || c.leaderID() == "" {
		return Overview{}, false
	}
	o := held.Overview
	o.Age = c.cfg.Clock().Boot - held.at
	return o, o.Age <= overviewLife
}

// ownOverview is what this leader tells the others.
func (c *Cluster) ownOverview(r *reign) *Overview {
	if held := c.overview.Load(); held != nil && held.Term == r.term {
		return &held.Overview
	}
	return nil
}

func (c *Cluster) takeOverview(o Overview) {
	c.overview.Store(&heldOverview{o, c.cfg.Clock().Boot})
}

// Status is what a node tells of its Raft and machine.
type Status struct {
	Index uint64 `json:"index"` // of the latest entry that the machine holds
	Term  uint64 `json:"term"`
	// The last entry of the log; a node of an older release sends neither.
	LastIndex uint64 `json:"last_log_index,omitempty"`
	LastTerm  uint64 `json:"last_log_term,omitempty"`
	// LastContact is how long ago the node heard of its leader, in milliseconds;
	// -1: never.
	LastContact int64 `json:"last_contact"`
	Level       int   `json:"level,omitempty"` // the newest feature level that it knows
}

// status answers a member's question, to which a leader adds what it has found.
func (c *Cluster) status(_ context.Context, _ string, body []byte) (any, error) {
	var o *Overview
	if len(body) > 0 && json.Unmarshal(body, &o) == nil && o != nil && o.Term == c.raft.CurrentTerm() {
		c.takeOverview(*o)
	}
	return c.ownStatus(), nil
}

func (c *Cluster) ownStatus() Status {
	s := Status{Index: c.index(), Term: c.raft.CurrentTerm(), LastIndex: c.raft.LastIndex(), LastTerm: c.lastLogTerm(), LastContact: -1, Level: c.cfg.Level}
	switch heard := c.raft.LastContact(); {
	case c.Leads():
		s.LastContact = 0
	case !heard.IsZero():
		s.LastContact = time.Since(heard).Milliseconds()
	}
	return s
}

func (c *Cluster) statusOf(ctx context.Context, id string) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var s Status
	err := c.wire.call(ctx, id, rpcStatus, nil, &s)
	return s, err
}
