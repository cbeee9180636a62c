package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// Names of the peers' questions.
const (
	rpcPropose   = "propose"
	rpcReadIndex = "read-index"
	rpcTerm      = "term"
	rpcStatus    = "status"
	rpcAnnounce  = "announce"
	rpcRemove    = "remove"
	rpcTransfer  = "transfer"
	rpcRemoved   = "removed"
	rpcJoin      = "join"
	rpcAsk       = "ask"
)

// Cluster is this node's part in the cluster.
type Cluster struct {
	cfg    Config
	timing Timing
	log    *slog.Logger
	raft   *raft.Raft
	fsm    *raftFSM
	stream *stream
	stores *stores
	port   *port
	client *rpcClient
	book   *addressBook

	confirms *rounds // the leader's
	catchUps *rounds // this node's

	// ready is the term in which this node, leading, has applied an entry of
	// its own and so everything of earlier terms; before that it must not
	// answer for freshness.
	ready      atomic.Uint64
	leadership broadcast

	asking     sync.Map // ids of voters that are being asked for their term
	busy       struct{ ready, promote, addresses atomic.Bool }
	membership sync.Mutex // one change of the configuration at a time
	removed    sync.Once
	servers    []*rpcServer
	ctx        context.Context // ends when closing
	cancel     context.CancelFunc
	background sync.WaitGroup
}

// Open starts this node's part in the cluster from what its directory holds.
// It returns when Raft runs; a leader may be found later.
func Open(cfg Config) (*Cluster, error) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cluster{cfg: cfg, timing: cfg.Timing.withDefaults(), log: cfg.Logger, ctx: ctx, cancel: cancel}
	var fatal sync.Once
	c.cfg.Fatal = func(err error) { fatal.Do(func() { cfg.Fatal(err) }) }
	c.confirms = &rounds{run: c.confirm, ctx: ctx, max: maxWaiters}
	c.catchUps = &rounds{run: c.askIndex, ctx: ctx, max: maxWaiters}
	if err := c.open(); err != nil {
		cancel()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) open() error {
	logger := &raftLog{log: c.log.With("component", "raft"), name: "raft", closing: func() bool { return c.ctx.Err() != nil }}
	var err error
	if c.book, err = openAddressBook(c.cfg.Dir); err != nil {
		return fmt.Errorf("read the address book: %w", err)
	}
	if c.stores, err = openStores(c.cfg.Dir, logger); err != nil {
		return err
	}
	d := &dialer{certificate: c.cfg.Certificate, roots: c.cfg.Roots, addresses: c.addresses, tcp: c.cfg.Dial}
	if d.tcp == nil {
		d.tcp = (&net.Dialer{}).DialContext
	}
	c.client = newRPCClient(d)
	c.port = newPort(&c.cfg)
	c.stream = &stream{
		connQueue: c.port.by[protoRaft],
		self:      nodeAddr(c.cfg.Self.ID),
		dialer:    d,
		removed:   c.cfg.Registry.Removed,
		election:  2 * c.timing.Heartbeat,
		ctx:       c.ctx,
	}
	transport := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:  c.stream,
		MaxPool: 4,
		// No pipelining: with it a leader that meets a follower of a later term
		// can block for ever, and Shutdown with it
		// (docs/decisions/0007-no-pipelining.md).
		MaxRPCsInFlight: 1,
		Timeout:         10 * time.Second,
		Logger:          logger,
	})
	if err := c.openRaft(transport, logger); err != nil {
		return errors.Join(err, transport.Close(), c.stores.log.Close())
	}
	c.stream.raft.Store(c.raft)
	// Only now that Raft is open may anybody be answered: before, the term
	// would read 0, and a leader would count that as a confirmation.
	c.servers = []*rpcServer{
		serveRPC(c.port.by[protoPeer], memberLimits, c.unlessRemoved(map[string]rpcHandler{
			rpcPropose:   c.propose,
			rpcReadIndex: c.readIndex,
			rpcTerm:      c.term,
			rpcStatus:    c.status,
			rpcAnnounce:  c.announced,
			rpcRemove:    c.removeRPC,
			rpcTransfer:  c.transferRPC,
			rpcRemoved:   c.removedRPC,
			rpcJoin:      c.joinRPC,
			rpcAsk:       c.answerTopic,
		}), c.log),
		serveRPC(c.port.by[protoJoin], newcomerLimits, map[string]rpcHandler{rpcJoin: c.joinNewcomer()}, c.log),
	}
	c.background.Go(c.port.serve)
	c.background.Go(c.housekeep)
	return nil
}

func (c *Cluster) openRaft(transport raft.Transport, logger *raftLog) error {
	conf := raft.DefaultConfig()
	conf.LocalID = raft.ServerID(c.cfg.Self.ID)
	conf.HeartbeatTimeout = c.timing.Heartbeat
	conf.ElectionTimeout = c.timing.Heartbeat
	conf.LeaderLeaseTimeout = c.timing.Heartbeat / 2
	conf.CommitTimeout = c.timing.Commit
	conf.SnapshotThreshold = c.timing.SnapshotThreshold
	conf.TrailingLogs = c.timing.TrailingLogs
	conf.SnapshotInterval = c.timing.SnapshotInterval
	conf.MaxAppendEntries = 512
	conf.BatchApplyCh = true
	conf.NoLegacyTelemetry = true
	conf.Logger = logger
	if c.cfg.Bootstrap {
		self := raft.Server{ID: conf.LocalID, Address: raft.ServerAddress(c.cfg.Self.ID)}
		err := raft.BootstrapCluster(conf, c.stores.log, c.stores.log, c.stores.snapshots, transport, raft.Configuration{Servers: []raft.Server{self}})
		// A founder that was killed half-way has done this already.
		if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
			return fmt.Errorf("found the cluster: %w", err)
		}
	}
	var err error
	c.fsm = &raftFSM{machine: c.cfg.Machine, fatal: c.cfg.Fatal}
	if c.raft, err = raft.NewRaft(conf, c.fsm, c.stores.cached, c.stores.log, c.stores.snapshots, transport); err != nil {
		return fmt.Errorf("open Raft: %w", err)
	}
	return nil
}

// HandOver makes another voter the leader if this node is, as well as it can:
// before a stop it spares the others an election.
func (c *Cluster) HandOver(ctx context.Context) {
	if c.raft.State() != raft.Leader {
		return
	}
	if err := c.transfer(ctx, ""); err != nil {
		c.log.Debug("leadership could not be handed over; the others will elect", "error", err)
	}
}

// await returns the future's error, or that of ctx: Raft never answers some of
// the futures that are open when it shuts down.
func await(ctx context.Context, f raft.Future) error {
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops this node's part; it does not take the node out of the cluster.
func (c *Cluster) Close() error {
	c.cancel()
	err := c.raft.Shutdown().Error()
	c.port.close()
	for _, s := range c.servers {
		s.close() // what is being answered must not outlive the stores
	}
	c.background.Wait()
	c.client.close()
	return errors.Join(err, c.stores.log.Close())
}

// Leads reports whether this node is the leader as far as it knows.
func (c *Cluster) Leads() bool { return c.raft.State() == raft.Leader }

// leaderID is the id of the leader as far as this node knows, or "".
func (c *Cluster) leaderID() string {
	_, id := c.raft.LeaderWithID()
	return string(id)
}

func (c *Cluster) configuration() []raft.Server {
	return c.raft.GetConfiguration().Configuration().Servers
}

func (c *Cluster) addresses(id string) []string { return c.book.lookup(id) }

// broadcast wakes everybody who waits.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed by the next notify.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) notify() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// connID is the node id that a connection's certificate proved, or "".
func connID(c net.Conn) string {
	secure, ok := c.(*tls.Conn)
	if !ok {
		return ""
	}
	certs := secure.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return ""
	}
	id, _ := certID(certs[0])
	return id
}

func decode[T any](body []byte) (T, error) {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return v, &Refusal{"malformed question: " + err.Error()}
	}
	return v, nil
}
