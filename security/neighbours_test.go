package security

import (
	"context"
	"errors"
	"sync"

	"jeton/fsm"
	"jeton/internal/freshness"
	"jeton/security/token"
)

// wayToLeader is a node's Log: it carries entries into the world's one, and
// brings the node's state up to date. All but the counts is set by the story
// while nobody uses it.
type wayToLeader struct {
	world *world
	state *fsm.Machine
	// failure is all that the node gets to hear, if it is set: nothing happens.
	failure error
	// answersGetLost: entries are carried, but nobody learns of it.
	answersGetLost bool
	// beforeApply, if there is one, runs when an entry was carried and the node
	// has not applied it yet.
	beforeApply func()
	// beforeCatchUp, if there is one, runs when the node asks to catch up.
	beforeCatchUp func(context.Context)

	// withoutLease: the node may not answer from its own state.
	withoutLease bool

	mu          sync.Mutex
	commits     int
	revocations int // of the commits
	catchUps    int
}

func (l *wayToLeader) Commit(_ context.Context, entry []byte) error {
	l.count(&l.commits)
	if l.world.beforeCommit != nil {
		l.world.beforeCommit(entry)
	}
	if l.failure != nil {
		return l.failure
	}
	l.world.carry(entry)
	if l.answersGetLost {
		return ErrOutcomeUnknown
	}
	if l.beforeApply != nil {
		l.beforeApply()
	}
	return l.world.bring(l.state)
}

func (l *wayToLeader) Revoke(ctx context.Context, entry []byte) (Confirmation, error) {
	l.count(&l.revocations)
	err := l.Commit(ctx, entry)
	return Confirmation{Confirmed: len(l.world.nodes), Members: len(l.world.nodes)}, err
}

func (l *wayToLeader) ReadIndex(ctx context.Context) (uint64, error) {
	l.count(&l.catchUps)
	if l.beforeCatchUp != nil {
		l.beforeCatchUp(ctx)
	}
	if l.failure != nil {
		return 0, l.failure
	}
	err := l.world.bring(l.state)
	return l.state.Index(), err
}

// Permit is a lease on the state as it is, unless the story has ended it.
func (l *wayToLeader) Permit() freshness.Permit {
	if l.withoutLease {
		return freshness.Permit{}
	}
	return freshness.Permit{Epoch: l.state.Current().Epoch(), Lease: true}
}

func (l *wayToLeader) count(n *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*n++
}

// expectTrips checks how often the node went to the leader, and counts from
// zero again.
func (l *wayToLeader) expectTrips(commits, catchUps int) {
	l.world.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.commits != commits || l.catchUps != catchUps {
		l.world.t.Errorf("%d commits and %d catch-ups, want %d and %d", l.commits, l.catchUps, commits, catchUps)
	}
	l.commits, l.catchUps = 0, 0
}

// carry adds an entry to the log.
func (w *world) carry(entry []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries = append(w.entries, entry)
}

// bring applies to a node's state all that it lacks.
func (w *world) bring(state *fsm.Machine) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for index := state.Index(); index < uint64(len(w.entries)); index++ {
		if err := state.Apply(index+1, w.entries[index]); err != nil {
			return err
		}
	}
	return nil
}

// neighbours is a node's Peers: all nodes of the world.
type neighbours struct {
	world *world
	self  *node

	asked       int
	removed     []string // ids
	leadership  []string // ids that it was handed to
	withoutText error    // of EncodeJoinToken
	votes       []string // ids that were to vote, and with a dash before, not to
	overview    *Overview
}

var errNoAnswer = errors.New("connection refused")

func (p *neighbours) Self() Member { return p.self.member }

func (p *neighbours) Members() []Member {
	var members []Member
	for _, n := range p.world.nodes {
		members = append(members, n.member)
	}
	return members
}

func (p *neighbours) Ask(ctx context.Context, topic string, body []byte) []Answer {
	p.asked++
	var answers []Answer
	for _, n := range p.world.nodes {
		a := Answer{Member: n.member, Err: errNoAnswer}
		switch {
		case n.garbled:
			a.Body, a.Err = []byte("<html>"), nil
		case !n.dead:
			a.Body, a.Err = n.Topics()[topic](ctx, body)
		}
		answers = append(answers, a)
	}
	return answers
}

func (p *neighbours) Remove(_ context.Context, id string) error {
	p.removed = append(p.removed, id)
	return nil
}

func (p *neighbours) Leave(ctx context.Context) error { return p.Remove(ctx, p.Self().ID) }

func (p *neighbours) TransferLeadership(_ context.Context, id string) error {
	p.leadership = append(p.leadership, id)
	return nil
}

func (p *neighbours) SetVoting(_ context.Context, id string, vote bool) error {
	if !vote {
		id = "-" + id
	}
	p.votes = append(p.votes, id)
	return nil
}

func (p *neighbours) Overview() (Overview, bool) {
	if p.overview == nil {
		return Overview{}, false
	}
	return *p.overview, true
}

func (p *neighbours) EncodeJoinToken(id string, secret token.Secret) (string, error) {
	return id + " " + secret.Reveal(), p.withoutText
}

var (
	_ Log   = (*wayToLeader)(nil)
	_ Peers = (*neighbours)(nil)
)
