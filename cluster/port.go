package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"
)

// The cluster port is one TCP port for four protocols, told apart by ALPN.
// The first two need a certificate of the cluster's CA on both sides; the others
// are for a newcomer, which has none yet: it has a token, or the join secret.
const (
	protoRaft = "jeton-raft/1"
	protoPeer = "jeton-peer/1"
	protoJoin = "jeton-join/1"
	protoForm = "jeton-form/1"
)

const (
	handshakeTimeout = 5 * time.Second
	// Handshakes under way, and connections of newcomers, at one time: what
	// strangers can make this node hold, from one address and from all.
	maxHandshakes, maxHandshakesEach = 1024, 64
	maxNewcomers, maxNewcomersEach   = 64, 16
)

// port accepts connections and deals them out by protocol.
type port struct {
	listener   net.Listener
	config     *tls.Config
	log        *slog.Logger
	by         map[string]*connQueue // by protocol
	handshakes crowd
	newcomers  crowd
	secret     *JoinSecret // nil: protoForm is not spoken
	unproven   seldom
	ctx        context.Context // ends when the port is closed
	cancel     context.CancelFunc
	done       sync.WaitGroup
}

// newQueues is a port that is told nothing of TLS yet.
func newQueues(l net.Listener, secret *JoinSecret, log *slog.Logger, protocols ...string) *port {
	p := &port{listener: l, log: log, by: map[string]*connQueue{}, secret: secret,
		handshakes: crowd{each: maxHandshakesEach, all: maxHandshakes},
		newcomers:  crowd{each: maxNewcomersEach, all: maxNewcomers},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for _, proto := range protocols {
		p.by[proto] = newConnQueue(l.Addr())
	}
	return p
}

func newPort(cfg *Config) *port {
	p := newQueues(cfg.Listener, cfg.Secret, cfg.Logger, protoRaft, protoPeer, protoJoin, protoForm)
	base := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true, // a resumed session would skip the checks
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cfg.Certificate(), nil },
	}
	members := base.Clone()
	members.NextProtos = []string{protoRaft, protoPeer}
	members.ClientAuth = tls.RequireAnyClientCert
	members.VerifyConnection = func(cs tls.ConnectionState) error {
		_, err := verifyPeer(cs.PeerCertificates, cfg.Roots())
		return err
	}
	newcomers := base.Clone()
	newcomers.NextProtos = []string{protoJoin}
	strangers := base.Clone()
	strangers.NextProtos = []string{protoForm}
	p.config = &tls.Config{
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if slices.Contains(hello.SupportedProtos, protoJoin) {
				return newcomers, nil
			}
			if cfg.Secret != nil && slices.Contains(hello.SupportedProtos, protoForm) {
				return strangers, nil
			}
			return members, nil
		},
	}
	return p
}

// serve accepts until the listener is closed, or the port is.
func (p *port) serve() {
	defer p.close()
	p.accept()
}

// accept deals out what comes. What is too much is closed at once and never waited
// for: members must get through.
func (p *port) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || p.ctx.Err() != nil {
				return
			}
			p.log.Warn("cluster port: accept failed; trying again", "error", err)
			time.Sleep(50 * time.Millisecond) // out of file descriptors, most likely
			continue
		}
		leave, ok := p.handshakes.enter(source(conn))
		if !ok {
			_ = conn.Close()
			continue
		}
		p.done.Go(func() {
			defer leave()
			p.handshake(conn)
		})
	}
}

// crowd counts who is in, by source, up to a bound for each and for all.
type crowd struct {
	each, all int

	mu    sync.Mutex
	total int
	by    map[string]int
}

func (c *crowd) enter(source string) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[source] >= c.each || c.total >= c.all {
		return nil, false
	}
	if c.by == nil {
		c.by = map[string]int{}
	}
	c.by[source]++
	c.total++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.by[source]--; c.by[source] == 0 {
			delete(c.by, source)
		}
		c.total--
	}), true
}

// source is where a connection comes from, without its port.
func source(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

func (p *port) handshake(conn net.Conn) {
	ctx, cancel := context.WithTimeout(p.ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Server(conn, p.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		p.log.Debug("cluster port: connection refused", "from", conn.RemoteAddr(), "error", err)
		_ = conn.Close()
		return
	}
	proto := secure.ConnectionState().NegotiatedProtocol
	var accepted net.Conn = secure
	if proto == protoJoin || proto == protoForm {
		leave, ok := p.newcomers.enter(source(conn))
		if !ok {
			_ = conn.Close()
			return
		}
		accepted = &leavingConn{Conn: secure, leave: leave}
	}
	if proto == protoForm && !p.proven(ctx, secure) {
		_ = accepted.Close()
		return
	}
	queue, ok := p.by[proto]
	if !ok || !queue.put(accepted) {
		_ = accepted.Close()
	}
}

// proven reports whether the other side has the join secret; before it has shown
// that, nothing it says is read.
func (p *port) proven(ctx context.Context, conn *tls.Conn) bool {
	err := p.secret.answer(ctx, conn)
	if errors.Is(err, errUnproven) && p.unproven.now() {
		p.log.Warn("cluster port: a node without this cluster's join secret was sent away; are cluster.join_secret and cluster.name the same there?", "from", conn.RemoteAddr())
	}
	return err == nil
}

// leavingConn is counted for as long as it is open.
type leavingConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *leavingConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

func (p *port) close() {
	_ = p.listener.Close()
	p.closeQueues()
}

func (p *port) closeQueues() {
	p.cancel()
	for _, q := range p.by {
		_ = q.Close()
	}
}

// connQueue is a net.Listener of connections that were accepted elsewhere.
type connQueue struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newConnQueue(addr net.Addr) *connQueue {
	return &connQueue{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (q *connQueue) put(c net.Conn) bool {
	select {
	case q.conns <- c:
		return true
	case <-q.closed:
		return false
	}
}

// Accept implements net.Listener.
func (q *connQueue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (q *connQueue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

// Addr implements net.Listener.
func (q *connQueue) Addr() net.Addr { return q.addr }

// dialer opens connections to members. A member is named by its id; whoever
// answers at the address must prove that id by certificate.
type dialer struct {
	certificate func() *tls.Certificate
	roots       func() *x509.CertPool
	addresses   func(id string) []string
	tcp         func(ctx context.Context, network, address string) (net.Conn, error)
}

const connectTimeout = 2 * time.Second

func (d *dialer) dial(ctx context.Context, id, proto string) (net.Conn, error) {
	addresses := d.addresses(id)
	if len(addresses) == 0 {
		return nil, errors.New("no address of node " + id + " is known")
	}
	var errs []error
	for _, address := range addresses {
		conn, err := d.dialAddress(ctx, address, id, proto)
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (d *dialer) dialAddress(ctx context.Context, address, id, proto string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	config := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{proto},
		SessionTicketsDisabled: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return d.certificate(), nil
		},
		InsecureSkipVerify: true, // by host name; VerifyConnection checks the node id
		VerifyConnection: func(cs tls.ConnectionState) error {
			got, err := verifyPeer(cs.PeerCertificates, d.roots())
			if err == nil && got != id {
				err = errors.New("node " + got + " answers at " + address + ", where node " + id + " was expected")
			}
			return err
		},
	}
	conn, err := d.tcp(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}
