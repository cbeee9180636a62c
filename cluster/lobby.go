package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"sync"
	"time"
)

// lobby is a fresh node at its cluster port: it has no certificate of a cluster, so
// it speaks to nobody but those who prove the join secret, and tells them what it
// is and whom it votes for.
type lobby struct {
	self Node
	keep func(Ballot) error
	met  func() error
	port *port
	rpc  *rpcServer
	done sync.WaitGroup

	mu     sync.Mutex // over a change of the ballot and what is decided by it
	ballot Ballot
	state  string
}

// openLobby answers at the listener until close, which leaves it open.
func openLobby(f *Formation) (*lobby, error) {
	l := &lobby{self: f.Self, keep: f.Keep, met: f.Met, ballot: f.Ballot, state: stateFresh}
	if f.Joining {
		l.state = stateJoining
	}
	if f.chosen() {
		l.state = stateFounding
	}
	certificate, err := ProvisionalCertificate(nil)
	if err != nil {
		return nil, err
	}
	l.port = newQueues(f.Listener, f.Secret, f.Logger, protoForm)
	l.port.config = &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		NextProtos:             []string{protoForm},
		Certificates:           []tls.Certificate{certificate},
	}
	l.rpc = serveRPC(l.port.by[protoForm], newcomerLimits, map[string]rpcHandler{rpcPresence: l.present, rpcVote: l.vote}, f.Logger)
	l.done.Go(l.port.accept)
	return l, nil
}

// ProvisionalCertificate is one for as long as a node has none of a cluster: made
// for the moment, and proof of nothing.
func ProvisionalCertificate(hosts []string) (tls.Certificate, error) {
	ca, err := NewCA("a node without a")
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := NewKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	csr, err := NewCSR(key, hosts)
	if err != nil {
		return tls.Certificate{}, err
	}
	signed, err := ca.Sign(csr, "provisional")
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(signed.Certificate, key)
}

// close ends the lobby and leaves the listener to whoever opens the cluster. Who is
// in the middle of a question asks again.
func (l *lobby) close() error {
	listener, ok := l.port.listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		return fmt.Errorf("cluster: a %T cannot be handed on", l.port.listener)
	}
	l.port.closeQueues()
	err := listener.SetDeadline(time.Now()) // wakes the accept
	l.done.Wait()
	l.port.done.Wait()
	l.rpc.close()
	if err != nil {
		return err
	}
	return listener.SetDeadline(time.Time{})
}

// present answers what this node is.
func (l *lobby) present(context.Context, string, []byte) (any, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.presence(), nil
}

func (l *lobby) presence() presence {
	return presence{ID: l.self.ID, Name: l.self.Name, State: l.state, List: l.ballot.List, Vote: l.ballot.Vote, Rank: l.ballot.Rank}
}

// voteRequest asks for a vote.
type voteRequest struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	List   []string `json:"list"`
	Passed []string `json:"passed"` // ids that cannot found any more
}

// vote answers a candidate with what this node is then; a vote that was given is on
// disk by then. Who has met a cluster does not vote: a vote says that there is none.
func (l *lobby) vote(_ context.Context, _ string, body []byte) (any, error) {
	req, err := decode[voteRequest](body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	rank := slices.Index(l.ballot.List, req.Name)
	if !slices.Equal(req.List, l.ballot.List) || rank < 0 || !slices.Contains(l.ballot.List, l.self.Name) {
		return nil, &Refusal{fmt.Sprintf("cluster.initial_master_nodes is %q at %s, and [%s] asks for a vote by %q", l.ballot.List, l.self.Name, req.Name, req.List)}
	}
	if l.state == stateFresh {
		if _, err := l.give(candidate{req.ID, rank}, req.Passed); err != nil {
			return nil, err
		}
	}
	return l.presence(), nil
}

// give is Ballot.give, durably. l.mu is held.
func (l *lobby) give(to candidate, passed []string) (given bool, err error) {
	next, given := l.ballot.give(l.self.ID, to, passed)
	return given, l.enter(next)
}

func (l *lobby) enter(next Ballot) error {
	if next.Vote == l.ballot.Vote && next.Founder == l.ballot.Founder {
		return nil
	}
	if err := l.keep(next); err != nil {
		return fmt.Errorf("the ballot cannot be written: %w", err)
	}
	l.ballot = next
	return nil
}

// metCluster notes, durably, that there is one: this node never founds.
func (l *lobby) metCluster() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == stateJoining {
		return nil
	}
	if err := l.met(); err != nil {
		return err
	}
	l.state = stateJoining
	return nil
}

// stand gives this node's vote to itself, if it is free.
func (l *lobby) stand(rank int, passed []string) (Ballot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.give(candidate{l.self.ID, rank}, passed)
	return l.ballot, err
}

// found decides that this node founds, if it still may.
func (l *lobby) found(votes int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, ok := l.ballot.found(l.self.ID, votes)
	if !ok || l.state != stateFresh {
		return false, nil
	}
	if err := l.enter(next); err != nil {
		return false, err
	}
	l.state = stateFounding
	return true, nil
}

// chosen reports whether this node founds, and has met no cluster.
func (l *lobby) chosen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == stateFounding
}

// joining reports whether this node has met a cluster.
func (l *lobby) joining() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == stateJoining
}
