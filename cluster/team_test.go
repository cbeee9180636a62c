package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a story waits for what must happen; a bound for broken
// runs on slow machines, not a promise.
const patience = 30 * time.Second

// quick are times for nodes that share a machine.
func quick() Timing {
	return Timing{
		Heartbeat: 400 * time.Millisecond,
		Commit:    5 * time.Millisecond,
		Attempt:   3 * time.Second,
		Tick:      20 * time.Millisecond,
		Survey:    50 * time.Millisecond,

		Stabilization: 20 * time.Millisecond,
	}
}

// team is a cluster under test: nodes of this process, with real listeners,
// disks and TLS, and a network that can be cut.
type team struct {
	*network
	t       testing.TB
	ca      CA
	timing  Timing
	members []*member // in the order in which they came; stopped ones stay
	tokens  int
}

// member is one node under test.
type member struct {
	*Cluster // nil while it is stopped
	team     *team
	self     Node
	dir      string
	level    int // of the next start
	cert     *tls.Certificate
	machine  *machine // of the latest start
	registry *registry
	clock    *handClock
	removed  atomic.Int32 // calls
	fatal    chan error
	journal  *journal
}

// newTeam founds a cluster and lets others join, until it has size voters.
func newTeam(t testing.TB, size int, tune ...func(*Timing)) *team {
	t.Helper()
	tm := &team{network: newNetwork(t), t: t, ca: newCA(t), timing: quick()}
	for _, f := range tune {
		f(&tm.timing)
	}
	founder := tm.newMember("n0")
	founder.cert = tm.sign(founder.self.ID)
	founder.listenAndOpen(true)
	founder.commit(command{ID: "found", Op: opAdmit, Node: founder.self, Token: "founder"})
	for len(tm.members) < size {
		tm.join(founder)
	}
	tm.waitVoters(size)
	return tm
}

func newCA(t testing.TB) CA {
	t.Helper()
	ca, err := NewCA("team")
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// sign returns a certificate of the team's CA for the id.
func (tm *team) sign(id string) *tls.Certificate {
	tm.t.Helper()
	key, csr := newCSR(tm.t)
	cert, err := tm.ca.Sign(csr, id)
	if err != nil {
		tm.t.Fatal(err)
	}
	return keyPair(tm.t, cert, key)
}

func newCSR(t testing.TB) (key, csr []byte) {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if csr, err = NewCSR(key, []string{"localhost", "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	return key, csr
}

func keyPair(t testing.TB, cert Certificate, key []byte) *tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(slices.Concat(cert.Certificate, cert.CA), key)
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

func (tm *team) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(tm.ca.Certificate)
	return pool
}

// fingerprint is the CA's.
func (tm *team) fingerprint() string {
	fingerprint, err := FingerprintPEM(tm.ca.Certificate)
	if err != nil {
		panic(err)
	}
	return fingerprint
}

// newMember is a node with a fresh directory and an address, not yet open.
func (tm *team) newMember(name string) *member {
	tm.t.Helper()
	m := &member{team: tm, dir: tm.t.TempDir(), clock: newHandClock(systemClock), fatal: make(chan error, 16), journal: new(journal)}
	m.self = Node{ID: NewID(), Name: name, TransportAddress: freeAddress(tm.t), HTTPAddress: "127.0.0.1:1"}
	tm.members = append(tm.members, m)
	tm.t.Cleanup(m.stop)
	return m
}

// freeAddress is one where nobody listens now. Nodes keep theirs over restarts, so
// it is none that a connection may be given while the node is down.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 1000 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(22_000)))
		if l, err := net.Listen("tcp", address); err == nil {
			defer l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// newToken is a join token that names the members' addresses.
func (tm *team) newToken(via ...*member) JoinToken {
	tm.t.Helper()
	tm.tokens++
	id := fmt.Sprint("token", tm.tokens)
	token := JoinToken{CA: tm.fingerprint(), ID: id, Secret: secretOf(id)}
	for _, m := range via {
		token.Addresses = append(token.Addresses, m.self.TransportAddress)
	}
	return token
}

// join adds a node through the given member and opens it.
func (tm *team) join(via *member) *member {
	tm.t.Helper()
	m := tm.newMember(fmt.Sprint("n", len(tm.members)))
	m.requestJoin(tm.newToken(via))
	m.listenAndOpen(false)
	return m
}

// requestJoin gets the node its certificate and its first address book.
func (m *member) requestJoin(token JoinToken) {
	t := m.team.t
	t.Helper()
	key, csr := newCSR(t)
	var joined Joined
	m.team.try("join", func(ctx context.Context) (err error) {
		joined, err = RequestJoin(ctx, token, m.self, m.level, csr)
		return err
	})
	if err := KeepJoined(m.dir, joined); err != nil {
		t.Fatal(err)
	}
	m.cert = keyPair(t, joined.Certificate, key)
}

// listenAndOpen starts the node at its address.
func (m *member) listenAndOpen(bootstrap bool) {
	t := m.team.t
	t.Helper()
	// Placed before it listens: a connection to an address that is nobody's yet
	// would be cut by nothing.
	m.team.place(m.self.ID, m.self.TransportAddress)
	listener, err := net.Listen("tcp", m.self.TransportAddress)
	if err != nil {
		t.Fatal(err)
	}
	m.machine = newMachine()
	m.registry = &registry{machine: m.machine, ca: m.team.ca}
	cert := m.cert
	m.Cluster, err = Open(Config{
		Self:        m.self,
		Dir:         m.dir,
		Listener:    listener,
		Dial:        m.team.dialer(m.self.ID),
		Certificate: func() *tls.Certificate { return cert },
		Roots:       m.team.roots,
		Bootstrap:   bootstrap,
		Level:       m.level,
		Machine:     m.machine,
		Registry:    m.registry,
		Topics:      map[string]Handler{"name": func(context.Context, []byte) ([]byte, error) { return []byte(m.self.Name), nil }},
		Logger:      slog.New(slog.NewTextHandler(m.journal, &slog.HandlerOptions{Level: slog.LevelDebug - 4})),
		Timing:      m.team.timing,
		Clock:       m.clock.read,
		Removed:     func() { m.removed.Add(1) },
		Fatal:       func(err error) { m.fatal <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	m.registry.cluster.Store(m.Cluster)
}

// dialer dials as the node does, outside of the network that can be cut.
func (m *member) dialer() *dialer {
	return &dialer{
		certificate: m.cfg.Certificate,
		roots:       m.cfg.Roots,
		addresses:   m.addresses,
		tcp:         (&net.Dialer{}).DialContext,
	}
}

// stop ends the node without a hand-over; it stays a member.
func (m *member) stop() {
	if m.Cluster == nil {
		return
	}
	if err := m.Close(); err != nil {
		m.team.t.Errorf("close %s: %v", m.self.Name, err)
	}
	m.Cluster = nil
}

// restart opens a stopped node again, at the same address.
func (m *member) restart() {
	m.team.t.Helper()
	m.listenAndOpen(false)
}

// move gives a stopped node another address.
func (m *member) move() {
	m.self.TransportAddress = freeAddress(m.team.t)
}

// commit must succeed.
func (m *member) commit(c command) {
	m.team.t.Helper()
	m.team.try("commit "+c.ID+" at "+m.self.Name, func(ctx context.Context) error { return m.Commit(ctx, c.entry()) })
}

// CatchUp returns once the machine is fresh.
func (m *member) CatchUp(ctx context.Context) error {
	index, err := m.ReadIndex(ctx)
	if err != nil {
		return err
	}
	if m.machine.Wait(ctx, index) != nil {
		return ErrNoLeader
	}
	return nil
}

// catchUp must succeed, after some tries if need be.
func (m *member) catchUp() {
	m.team.t.Helper()
	m.team.try("catch up at "+m.self.Name, m.CatchUp)
}

// try repeats what may fail for want of a leader until it succeeds.
func (tm *team) try(what string, f func(ctx context.Context) error) {
	tm.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = f(ctx); err == nil {
			return
		}
		if definite(err) {
			break
		}
	}
	tm.t.Fatalf("%s: %v", what, err)
}

func (tm *team) running() []*member {
	return slices.DeleteFunc(slices.Clone(tm.members), func(m *member) bool { return m.Cluster == nil })
}

// others are the running members but the given ones.
func (tm *team) others(not ...*member) []*member {
	return slices.DeleteFunc(tm.running(), func(m *member) bool { return slices.Contains(not, m) })
}

// leader waits until one of the running nodes leads, is ready and is known to
// all of them.
func (tm *team) leader() *member { return tm.leaderOf(tm.running()...) }

func (tm *team) leaderOf(among ...*member) *member {
	tm.t.Helper()
	var leader *member
	tm.eventually("a leader that all agree on", func() bool {
		for _, m := range among {
			if _, ready := m.reigning(); ready {
				leader = m
			}
		}
		return leader != nil && !slices.ContainsFunc(among, func(m *member) bool { return m.leaderID() != leader.self.ID })
	})
	return leader
}

func (tm *team) follower() *member { return tm.others(tm.leader())[0] }

// waitVoters waits until all running nodes see so many voters and no others.
func (tm *team) waitVoters(size int) {
	tm.t.Helper()
	tm.eventually(fmt.Sprint(size, " voters"), func() bool {
		for _, m := range tm.running() {
			members := m.Members()
			if len(members) != size || slices.ContainsFunc(members, func(m Member) bool { return !m.Voter }) {
				return false
			}
		}
		return true
	})
}

// waitEqual waits until all running machines have applied the same entries.
func (tm *team) waitEqual() {
	tm.t.Helper()
	first := tm.running()[0]
	tm.eventually("equal machines", func() bool {
		want := first.machine.applied()
		return !slices.ContainsFunc(tm.running(), func(m *member) bool { return !slices.Equal(m.machine.applied(), want) })
	})
}

func (tm *team) eventually(what string, holds func() bool) { eventually(tm.t, what, holds) }
