package cluster

import (
	"context"
	"net"
	"time"

	"github.com/hashicorp/raft"
)

// wire carries what this node's Raft and its questions say to other nodes, and
// what those say to it.
type wire interface {
	// transport is Raft's.
	transport() raftTransport
	// serve begins to answer questions. Raft is open by then: before, the term
	// would read 0, and a leader would count that as a confirmation.
	// The last are for those who have proven the join secret.
	serve(r *raft.Raft, members, newcomers, proven map[string]rpcHandler)
	// call asks a member and decodes its answer. Beside the member's own errors it
	// returns errUnreached when the question was certainly not sent, and errLost
	// when it may have been. An answer belongs to its question: one that comes too
	// late goes nowhere.
	call(ctx context.Context, id, name string, body []byte, answer any) error
	// hurry is on while leadership is handed over: nobody is waited for long.
	hurry(on bool)
	// close returns when nothing is being answered any more.
	close()
}

// tlsWire is the cluster port: mutual TLS over TCP.
type tlsWire struct {
	c       *Cluster
	port    *port
	stream  *stream
	client  *rpcClient
	net     *raft.NetworkTransport
	servers []*rpcServer
}

func newTLSWire(c *Cluster, logger *raftLog) *tlsWire {
	d := &dialer{certificate: c.cfg.Certificate, roots: c.cfg.Roots, addresses: c.addresses, tcp: c.cfg.Dial}
	if d.tcp == nil {
		d.tcp = (&net.Dialer{}).DialContext
	}
	w := &tlsWire{c: c, client: newRPCClient(d), port: newPort(&c.cfg)}
	w.stream = &stream{
		connQueue: w.port.by[protoRaft],
		self:      nodeAddr(c.cfg.Self.ID),
		dialer:    d,
		removed:   c.gone,
		election:  2 * c.timing.Heartbeat,
		ctx:       c.ctx,
	}
	w.net = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:  w.stream,
		MaxPool: 4,
		// No pipelining: with it a leader that meets a follower of a later term
		// can block for ever, and Shutdown with it
		// (docs/decisions/0007-no-pipelining.md).
		MaxRPCsInFlight: 1,
		Timeout:         10 * time.Second,
		Logger:          logger,
	})
	return w
}

func (w *tlsWire) transport() raftTransport { return queued{w.net} }

// queued is a transport without a fast path for heartbeats. With it, another
// goroutine raises the term of a leader that was replaced while its main loop
// waits for work, and what the loop is given next it writes under the new leader's
// term: two entries of one index and term, and machines that differ
// (docs/decisions/0015-no-heartbeat-fast-path.md).
type queued struct{ *raft.NetworkTransport }

// SetHeartbeatHandler implements raft.Transport: heartbeats go where all else goes.
func (queued) SetHeartbeatHandler(func(raft.RPC)) {}

func (w *tlsWire) serve(r *raft.Raft, members, newcomers, proven map[string]rpcHandler) {
	w.stream.raft.Store(r)
	w.servers = []*rpcServer{
		serveRPC(w.port.by[protoPeer], memberLimits, members, w.c.log),
		serveRPC(w.port.by[protoJoin], newcomerLimits, newcomers, w.c.log),
		serveRPC(w.port.by[protoForm], newcomerLimits, proven, w.c.log),
	}
	w.c.background.Go(w.port.serve)
}

func (w *tlsWire) call(ctx context.Context, id, name string, body []byte, answer any) error {
	return w.client.call(ctx, id, name, body, answer)
}

func (w *tlsWire) hurry(on bool) { w.stream.hurry.Store(on) }

func (w *tlsWire) close() {
	w.port.close()
	for _, s := range w.servers {
		s.close() // what is being answered must not outlive the stores
	}
	w.client.close()
}
