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

	"github.com/hashicorp/raft"
)

// Names of the peers' questions.
const (
	rpcPropose   = "propose"
	rpcRevoke    = "revoke"
	rpcHolds     = "holds"
	rpcReadIndex = "read-index"
	rpcTerm      = "term"
	rpcStatus    = "status"
	rpcAnnounce  = "announce"
	rpcRemove    = "remove"
	rpcTransfer  = "transfer"
	rpcPromote   = "promote"
	rpcDemote    = "demote"
	rpcRemoved   = "removed"
	rpcJoin      = "join"
	rpcAsk       = "ask"
	rpcAdmit     = "admit"
)

// Cluster is this node's part in the cluster.
type Cluster struct {
	cfg    Config
	timing Timing
	log    *slog.Logger
	raft   *raft.Raft
	fsm    *raftFSM
	wire   wire
	stores *stores
	book   *addressBook

	confirms *rounds[confirmation] // the leader's
	catchUps *rounds[uint64]       // this node's

	// reign is this node's latest time as a leader that may answer for
	// freshness; nil before the first.
	reign      atomic.Pointer[reign]
	leadership broadcast
	// handingOver is becomeReady's own.
	handingOver handOver
	leases      leases
	counters    counters
	overview    atomic.Pointer[heldOverview] // nil before the first

	asking     sync.Map // ids of voters that are being asked for their term
	late       sync.Map // of the variant late-answers only: id of a voter → its latest answer
	silent     sync.Map // ids of members that did not answer Ask the last time
	holders    sync.Map // id of a member → *rounds[uint64], what it holds
	silences   silences
	newcomers  newcomers
	busy       struct{ ready, settle, removals, addresses, level atomic.Bool }
	membership chan struct{} // has room for one: one change of the configuration at a time
	removed    sync.Once
	ctx        context.Context // ends when closing
	cancel     context.CancelFunc
	background sync.WaitGroup
}

// Open starts this node's part in the cluster from what its directory holds.
// It returns when Raft runs; a leader may be found later.
func Open(cfg Config) (*Cluster, error) {
	c := newCluster(cfg)
	if err := c.open(); err != nil {
		c.cancel()
		return nil, err
	}
	return c, nil
}

func newCluster(cfg Config) *Cluster {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cluster{cfg: cfg, timing: cfg.Timing.withDefaults(), log: cfg.Logger, membership: make(chan struct{}, 1), ctx: ctx, cancel: cancel}
	var fatal sync.Once
	c.cfg.Fatal = func(err error) { fatal.Do(func() { cfg.Fatal(err) }) }
	if c.cfg.Clock == nil {
		c.cfg.Clock = systemClock
	}
	if c.cfg.Pause == nil {
		c.cfg.Pause = func(string) {}
	}
	c.leases.offered = make(chan promise, 1)
	c.confirms = &rounds[confirmation]{run: c.confirm, ctx: ctx, max: maxWaiters}
	c.catchUps = &rounds[uint64]{run: c.askIndex, ctx: ctx, max: maxWaiters}
	return c
}

func (c *Cluster) open() error {
	logger := c.raftLog()
	var err error
	if c.book, err = openAddressBook(c.cfg.Dir); err != nil {
		return fmt.Errorf("read the address book: %w", err)
	}
	if c.stores, err = openStores(c.cfg.Dir, logger); err != nil {
		return err
	}
	c.wire = newTLSWire(c, logger)
	return c.run(c.raftConfig(logger))
}

func (c *Cluster) raftLog() *raftLog {
	return &raftLog{log: c.log.With("component", "raft"), name: "raft", closing: func() bool { return c.ctx.Err() != nil }}
}

// run opens Raft over the stores and the wire, and begins to answer.
func (c *Cluster) run(conf *raft.Config) error {
	if err := c.openRaft(c.wire.transport(), conf); err != nil {
		return errors.Join(err, c.wire.transport().Close(), c.stores.close())
	}
	c.wire.serve(c.raft, c.unlessRemoved(map[string]rpcHandler{
		rpcPropose:   c.propose,
		rpcRevoke:    c.revoke,
		rpcReadIndex: c.readIndex,
		rpcTerm:      c.term,
		rpcHolds:     c.holds,
		rpcStatus:    c.status,
		rpcAnnounce:  c.announced,
		rpcRemove:    c.removeRPC,
		rpcTransfer:  c.transferRPC,
		rpcPromote:   c.promoteRPC,
		rpcDemote:    c.demoteRPC,
		rpcRemoved:   c.removedRPC,
		rpcJoin:      c.joinRPC,
		rpcAsk:       c.answerTopic,
		rpcAdmit:     c.admitRPC,
	}), map[string]rpcHandler{rpcJoin: c.joinNewcomer()}, c.formation())
	c.background.Go(c.housekeep)
	c.background.Go(c.pilotReigns)
	c.background.Go(c.keepLease)
	c.background.Go(c.installLeases)
	return nil
}

func (c *Cluster) raftConfig(logger *raftLog) *raft.Config {
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
	return conf
}

// bootstrap writes the first entry of the log, once. BootstrapCluster writes a
// term before it and takes a term without an entry for a cluster; it is a founder
// that was killed in between.
func (c *Cluster) bootstrap(transport raft.Transport, conf *raft.Config) error {
	self := raft.Server{ID: conf.LocalID, Address: raft.ServerAddress(c.cfg.Self.ID)}
	alone := raft.Configuration{Servers: []raft.Server{self}}
	err := raft.BootstrapCluster(conf, c.stores.log, c.stores.stable, c.stores.snapshots, transport, alone)
	if !errors.Is(err, raft.ErrCantBootstrap) {
		return err
	}
	last, err := c.stores.log.LastIndex()
	if err != nil || last > 0 {
		return err
	}
	snapshots, err := c.stores.snapshots.List()
	if err != nil || len(snapshots) > 0 {
		return err
	}
	return c.stores.log.StoreLog(&raft.Log{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(alone)})
}

func (c *Cluster) openRaft(transport raftTransport, conf *raft.Config) error {
	if c.cfg.Bootstrap {
		if err := c.bootstrap(transport, conf); err != nil {
			return fmt.Errorf("found the cluster: %w", err)
		}
	}
	var err error
	c.fsm = &raftFSM{machine: c.cfg.Machine, fatal: c.cfg.Fatal}
	if c.raft, err = raft.NewRaft(conf, c.fsm, boundaryLog{c.stores.log, c.stores.snapshots}, c.stores.stable, c.stores.snapshots, boundaryTransport{transport}); err != nil {
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
	c.wire.close()
	c.background.Wait()
	return errors.Join(err, c.stores.close())
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

// index is what this node's machine holds.
func (c *Cluster) index() uint64 {
	index, _ := c.cfg.Machine.Position()
	return index
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
