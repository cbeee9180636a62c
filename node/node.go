package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/httpapi"
	"jeton/internal/localfile"
	"jeton/security"
	"jeton/security/audit"
	"jeton/security/rolefile"
	"jeton/security/token"
	"jeton/security/tokenfile"
	"jeton/security/userfile"
)

// FeatureLevel is the newest that this release knows.
const FeatureLevel = fsm.Level

// Options are what Start needs beside the settings.
type Options struct {
	Settings  Settings
	ConfigDir string
	// Bootstrap founds a new cluster from a fresh data directory; JoinToken
	// joins one. A directory that belongs to a cluster ignores both.
	Bootstrap bool
	JoinToken string
	// Password is the first password of the user elastic, for a founder; ""
	// means a random one.
	Password string
	// ShowPassword is handed a random password once the cluster is founded;
	// nil leaves it in path.data/initial_password.
	ShowPassword func(password string)
	Version      string // of jeton
	Logger       *slog.Logger
	Timing       cluster.Timing // zero: the defaults
	// UpkeepInterval is how often uses of tokens are recorded and expired records
	// purged; 0 is a minute.
	UpkeepInterval time.Duration
	// Level makes the node one of an older release, for tests: it knows the
	// feature levels up to it. 0 is fsm.Level.
	Level int
	// Now is the time by which certificates are made and renewed; nil is the
	// machine's.
	Now func() time.Time
	// AuditRoom is how many events of the audit log may wait to be written; 0 is
	// the usual number.
	AuditRoom int
}

// Node is one running node.
type Node struct {
	opts    Options
	log     *slog.Logger
	id      *identity
	certs   *certificates
	secret  *cluster.JoinSecret // nil without one
	state   *fsm.Machine
	files   *tokenfile.Store
	users   *userfile.Store
	roles   *rolefile.Store
	link    *link
	service *security.Service
	cluster *cluster.Cluster
	client  *clientPort // nil until it listens
	metrics *metrics
	backups *backups
	audit   *audit.Log // nil: nothing is kept

	ctx        context.Context // ends when stopping
	cancel     context.CancelFunc
	background sync.WaitGroup

	done chan struct{} // closed when the node stops by itself
	once sync.Once
	err  error // set before done is closed
}

// Start brings a node up: it returns when the node listens and its Raft runs,
// which is before it has found a leader, but for a founder and a newcomer, which
// have founded or joined. ctx bounds only the start.
func Start(ctx context.Context, o Options) (*Node, error) {
	n := &Node{opts: o, log: withRequestIDs(o.Logger), state: fsm.NewOfLevel(cmp.Or(o.Level, fsm.Level)), done: make(chan struct{})}
	n.backups = &backups{n: n}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.start(ctx); err != nil {
		_ = n.close(ctx)
		return nil, err
	}
	return n, nil
}

func (n *Node) start(ctx context.Context) error {
	s := n.opts.Settings
	var err error
	if n.id, err = openIdentity(s.PathData); err != nil {
		return err
	}
	how, err := n.entrance()
	if err != nil {
		return err
	}
	if n.secret, err = n.joinSecret(); err != nil {
		return err
	}
	if err := n.checkBackups(); err != nil {
		return err
	}
	// The tools that edit files in it may run as somebody else: made here, it is
	// the server's. Where it is read-only, or somebody else's, it is there.
	if err := os.MkdirAll(n.opts.ConfigDir, 0o700); err != nil {
		n.log.Debug("the config directory could not be made", "error", err)
	}
	n.files = tokenfile.Open(filepath.Join(n.opts.ConfigDir, "service_tokens"), n.log)
	n.users = userfile.Open(n.opts.ConfigDir, n.log)
	n.roles = rolefile.Open(filepath.Join(n.opts.ConfigDir, "roles.yml"), n.log)
	// Both ports are bound before anything else is told to anybody: with port
	// 0 only the listener knows what there is to tell.
	peers, err := listen("transport", s.TransportBind())
	if err != nil {
		return err
	}
	if n.client, err = listenClients(s); err != nil {
		return errors.Join(err, peers.Close())
	}
	if n.opts.Now == nil {
		n.opts.Now = time.Now
	}
	n.certs = &certificates{id: n.id, hosts: hostsOf(s), state: n.state, now: n.opts.Now, log: n.log}
	n.link = &link{
		state: n.state,
		certs: n.certs,
		self: cluster.Node{
			ID:               n.id.ID,
			Name:             s.NodeName,
			TransportAddress: publishAddress(s.TransportPublish(), s.TransportPublishPort, peers),
			HTTPAddress:      n.client.publish,
		},
		opened:  make(chan struct{}),
		closing: n.ctx.Done(),
	}
	if n.audit, err = openAudit(n.opts, n.id.ID, n.log); err != nil {
		return errors.Join(err, peers.Close())
	}
	if n.service, err = n.domain(); err != nil {
		return errors.Join(err, peers.Close())
	}
	n.link.service = n.service
	n.metrics = newMetrics(n.opts.Version, newNodeCollector(n.reading), newCertCollector(n.certReading),
		newAuditCollector(n.auditStats), newLogStoreCollector(n.link.logStore), raftMetrics())
	// Clients are answered from now on: while a join takes its time the process
	// is alive, and file tokens need nobody.
	handler := httpapi.New(httpapi.Config{
		Security:         n.service,
		Logger:           n.log,
		RequestTimeout:   s.RequestTimeout,
		MaxContentLength: s.HTTPMaxContentLength,
		TokenService:     s.TokenService(),
		Metrics:          n.metrics.expose,
		Observe:          n.metrics.observe,
		Stopping:         n.client.drain.stopping.Load,
	})
	if err := n.client.serve(handler, n.certs, n.log); err != nil {
		return errors.Join(err, peers.Close())
	}
	if err := how(ctx, peers); err != nil {
		return errors.Join(err, peers.Close())
	}
	n.background.Go(n.keepCertificates)
	n.background.Go(n.keepTokens)
	if s.BackupInterval > 0 {
		n.background.Go(n.backups.keep)
	}
	return nil
}

// domain makes the service of this node.
func (n *Node) domain() (*security.Service, error) {
	s := n.opts.Settings
	hashing, err := token.ParseAlgorithm(s.PasswordHashing)
	if err != nil {
		return nil, err
	}
	var auditor security.Auditor
	if n.audit != nil {
		auditor = n.audit // a nil *audit.Log would be an auditor
	}
	return security.New(security.Config{
		Log:             n.link,
		Peers:           n.link,
		State:           n.state,
		Files:           n.files,
		FileUsers:       n.users,
		FileRoles:       n.roles,
		PasswordHashing: hashing,
		Tokens:          security.TokenService{Enabled: s.TokenService(), Timeout: s.TokenTimeout},
		RequireTLS:      s.ProductionWithoutTLS(),
		AuthTimeout:     s.AuthTimeout,
		Stats:           n.stats,
		Certificates:    n.certs.report,
		NewCA:           newCA,
		Auditor:         auditor,
		Now:             time.Now,
		Logger:          n.log,
	})
}

// open joins Raft. It takes the listener over.
func (n *Node) open(peers net.Listener, bootstrap bool) error {
	dir := n.id.path(raftDir)
	if err := localfile.MkdirPrivate(dir); err != nil {
		return err
	}
	topics := map[string]cluster.Handler{}
	for topic, h := range n.service.Topics() {
		topics[topic] = h
	}
	timing, pause, err := failpoints(n.opts.Timing)
	if err != nil {
		return err
	}
	n.cluster, err = cluster.Open(cluster.Config{
		Self:        n.link.self,
		Dir:         dir,
		Listener:    peers,
		Certificate: n.certs.certificate,
		Roots:       n.certs.pool,
		Bootstrap:   bootstrap,
		Level:       n.state.Level(),
		Secret:      n.secret,
		Machine:     n.state,
		Registry:    registry{n.link},
		Topics:      topics,
		Logger:      n.log,
		Timing:      timing,
		Pause:       pause,
		Removed:     n.wasRemoved,
		Fatal:       n.stopped,
	})
	if err != nil {
		return err
	}
	n.link.cluster.Store(n.cluster)
	close(n.link.opened)
	return nil
}

// wasRemoved is called when this node learns that it is no member any more.
func (n *Node) wasRemoved() {
	err := n.id.enter(phaseRemoved)
	if !n.link.leaving.Load() {
		err = errors.Join(security.ErrNotMember, err)
	}
	n.log.Warn("this node was taken out of the cluster and stops")
	n.stopped(err)
}

// stopped notes why the node cannot go on.
func (n *Node) stopped(err error) {
	n.once.Do(func() {
		n.err = err
		close(n.done)
	})
}

// Name is the node's name.
func (n *Node) Name() string { return n.link.self.Name }

// ID is the node's id.
func (n *Node) ID() string { return n.id.ID }

// URL is where clients reach the node.
func (n *Node) URL() string { return n.client.url() }

// TransportAddress is where other nodes reach it: host:port.
func (n *Node) TransportAddress() string { return n.link.self.TransportAddress }

// Leads reports whether this node is the leader as far as it knows.
func (n *Node) Leads() bool { return n.cluster.Leads() }

// Fingerprint is a digest of the node's state and the log index that it stands
// at: equal on all nodes at equal index.
func (n *Node) Fingerprint() (index uint64, digest string) { return n.state.Fingerprint() }

// Ready is nil when the node is a member, has caught up and has just confirmed
// that with a leader; else it says why not.
func (n *Node) Ready(ctx context.Context) error { return n.service.Ready(ctx) }

// Voters are the numbers of voters and of members in Raft's configuration, as
// this node knows it.
func (n *Node) Voters() (voters, members int) {
	for _, m := range n.cluster.Members() {
		members++
		if m.Voter {
			voters++
		}
	}
	return voters, members
}

// CreateJoinToken makes a token with which another node may join.
func (n *Node) CreateJoinToken(ctx context.Context) (string, error) {
	t, err := n.service.CreateLocalJoinToken(ctx)
	return t.Value, err
}

// CACertificate is the PEM of the cluster's CA.
func (n *Node) CACertificate() ([]byte, error) { return n.certs.caPEM() }

// Done is closed when the node stopped by itself: it left, was removed, or can
// no longer follow the log. Stop must still be called.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why Done was closed; nil after a leave.
func (n *Node) Err() error {
	<-n.done
	return n.err
}

// Stop ends the node: it is not ready any more, a leader hands over leadership,
// open requests are finished for as long as ctx allows, and the stores are closed.
// The node stays a member of its cluster.
//
// Leadership goes first, while clients are still answered: what is under way
// finishes with the next leader, and the others do not wait for a node whose
// clients take their time.
func (n *Node) Stop(ctx context.Context) error {
	if n.client != nil {
		n.client.announce()
	}
	if n.cluster != nil {
		n.noteLastUses(ctx)
		n.cluster.HandOver(ctx)
	}
	return n.close(ctx)
}

func (n *Node) close(ctx context.Context) error {
	n.cancel()
	var errs []error
	if n.client != nil {
		errs = append(errs, n.client.close(ctx))
	}
	if n.cluster != nil {
		errs = append(errs, n.cluster.Close())
	}
	n.background.Wait()
	if n.files != nil {
		n.files.Close()
		n.users.Close()
		n.roles.Close()
	}
	errs = append(errs, n.closeAudit(ctx))
	return errors.Join(errs...)
}

// listen binds the port that the settings of that prefix name.
func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; set [%s.host] (or [network.host]) to an address of this machine and [%s.port] to a free port", address, err, setting, setting)
	}
	return l, nil
}

// publishAddress is the host:port to tell others.
func publishAddress(host string, port int, l net.Listener) string {
	if port == 0 {
		port = l.Addr().(*net.TCPAddr).Port
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}
