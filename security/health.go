package security

import (
	"context"
	"time"

	"jeton/security/account"
)

// Overview is how the leader has found the members, and has told all of them.
type Overview struct {
	// FailureTolerance is how many voters may fail before there is no majority.
	FailureTolerance int
	Members          map[string]MemberHealth // by id
}

// MemberHealth is what the leader knows of a member.
type MemberHealth struct {
	Healthy bool // it answers the leader, hears of it, and is about as far
	Silent  bool // it has not answered the leader for a second and more
	// Silence is for how long it has not answered the leader; -1: it never has.
	Silence time.Duration
}

// States of a member: one word each.
const (
	StateLeader     = "leader"
	StateOK         = "ok"
	StateCatchingUp = "catching_up" // its state is behind the leader's
	StateSettling   = "settling"    // it has caught up, and votes when it has been well for a while
	StateUnwell     = "unwell"      // it answers, and the leader finds it not fit to count on
	StateSilent     = "silent"      // it does not answer
	StateLeaving    = "leaving"     // its removal is under way
)

// behind is by how many entries a member may be behind and still be ok: under load
// nobody is ever level.
const behind = 256

func (n Node) state(known bool) string {
	switch {
	case n.Leaving:
		return StateLeaving
	case !n.Answers:
		return StateSilent
	case n.Leader:
		return StateLeader
	case n.Lag > behind:
		return StateCatchingUp
	case !n.Voter && !n.Replica:
		return StateSettling
	case known && !n.Healthy:
		return StateUnwell
	default:
		return StateOK
	}
}

// judge completes what is told of the nodes with what the leader has found.
func (s *Service) judge(nodes []Node) {
	o, known := s.peers.Overview()
	state, top, led := s.state.Current(), uint64(0), false
	for _, n := range nodes {
		if n.Leader && n.Answers {
			top, led = n.Index, true
		}
	}
	for i := range nodes {
		n := &nodes[i]
		n.Replica, n.Leaving = state.Replica(n.ID), state.Removed(n.ID)
		m, told := o.Members[n.ID]
		n.Healthy, n.Silence, n.Lag = m.Healthy, -1, -1
		if told {
			n.Silence = m.Silence
		}
		if led && n.Answers {
			n.Lag = int64(max(top, n.Index) - n.Index)
		}
		n.State = n.state(known && told)
	}
}

// Health asks every member and judges: green when there is a leader and every
// member that is meant to vote votes and is well, yellow with a leader and a
// majority of the voters, red without. Errors: *PermissionError.
func (s *Service) Health(ctx context.Context, who Identity) (Health, error) {
	if err := s.authorize(ctx, who, account.ActionHealth); err != nil {
		return Health{}, err
	}
	info := s.nodes(ctx)
	h := Health{ClusterName: info.ClusterName, NumberOfNodes: info.Header.Successful, Consistency: info.Consistency}
	if o, known := s.peers.Overview(); known {
		h.FailureTolerance = o.FailureTolerance
	}
	voters, answer, led, allWell := 0, 0, false, true
	for _, n := range info.Nodes {
		if n.Voter {
			voters++
			if n.Answers {
				answer++
			}
		}
		led = led || n.Leader && n.Answers
		allWell = allWell && (n.Replica || n.Leaving || n.Voter && (n.State == StateOK || n.State == StateLeader))
	}
	switch {
	case !led || 2*answer <= voters:
		h.Status, h.FailureTolerance = "red", 0
	case allWell:
		h.Status = "green"
	default:
		h.Status = "yellow"
	}
	return h, nil
}

// Resilience is how much the cluster can lose, as the leader has told this node.
type Resilience struct {
	Known            bool // a leader has told it a moment ago
	FailureTolerance int
	MeantToVote      int // members that vote, or will by themselves
}

// Resilience takes no identity, as Ready: it is for /readyz.
func (s *Service) Resilience() Resilience {
	o, known := s.peers.Overview()
	r := Resilience{Known: known, FailureTolerance: o.FailureTolerance}
	state := s.state.Current()
	for _, m := range s.peers.Members() {
		if !state.Replica(m.ID) && !state.Removed(m.ID) {
			r.MeantToVote++
		}
	}
	return r
}
