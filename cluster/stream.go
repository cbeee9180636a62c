package cluster

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// stream is Raft's transport over the cluster port. A server's Raft address is
// its id, so the address in Raft's configuration never changes, and only the
// node that can prove the id answers for it.
type stream struct {
	*connQueue
	self     nodeAddr
	dialer   *dialer
	removed  func(id string) bool
	election time.Duration             // how long an election takes
	raft     atomic.Pointer[raft.Raft] // nil until it is open
	hurry    atomic.Bool               // while leadership is handed over
	ctx      context.Context           // ends when the cluster is closed
}

// Accept implements net.Listener. A node that was removed does not take part
// any more, although its certificate is still good.
func (s *stream) Accept() (net.Conn, error) {
	for {
		conn, err := s.connQueue.Accept()
		if err != nil {
			return nil, err
		}
		if !s.removed(connID(conn)) {
			return s.untilClosed(conn), nil
		}
		_ = conn.Close()
	}
}

const (
	redialEvery = 100 * time.Millisecond
	// leaderPatience is for how long one Dial of a leader keeps trying. After a
	// failed call Raft's replication waits longer and longer, up to 10 s,
	// before it calls again, so a member that comes back would be left behind
	// for so long. A Dial that waits for the member instead meets it within
	// redialEvery.
	leaderPatience = 5 * time.Minute
)

// Dial implements raft.StreamLayer.
func (s *stream) Dial(address raft.ServerAddress, _ time.Duration) (net.Conn, error) {
	began := time.Now()
	for {
		conn, err := s.dialer.dial(s.ctx, string(address), protoRaft)
		if err == nil {
			return s.untilClosed(conn), nil
		}
		if time.Since(began) > s.patience() {
			return nil, err
		}
		select {
		case <-time.After(redialEvery):
		case <-s.ctx.Done():
			return nil, err
		}
	}
}

// patience is short for all but a leader, which has few calls to each member
// under way. A candidate calls all of them in every election, and the votes of
// one that is over are of no use.
func (s *stream) patience() time.Duration {
	if r := s.raft.Load(); r != nil && r.State() == raft.Leader && !s.hurry.Load() {
		return leaderPatience
	}
	return s.election
}

// untilClosed makes the connection end with the cluster: Raft's shutdown waits
// for calls under way, and one to a node that is cut off would take its whole
// time-out.
func (s *stream) untilClosed(conn net.Conn) net.Conn {
	stop := context.AfterFunc(s.ctx, func() { _ = conn.Close() })
	return &streamConn{Conn: conn, stop: stop}
}

type streamConn struct {
	net.Conn
	stop func() bool
}

// Close implements net.Conn.
func (c *streamConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// Addr implements net.Listener; its text is what Raft takes for this node's
// address.
func (s *stream) Addr() net.Addr { return s.self }

type nodeAddr string

func (nodeAddr) Network() string  { return "jeton" }
func (a nodeAddr) String() string { return string(a) }
