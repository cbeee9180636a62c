package node

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/internal/localfile"
	"jeton/security"
)

// certificates are this node's own: one key pair, by which other nodes know its
// id and, unless files were given, clients its host name; and the CAs that it
// trusts.
type certificates struct {
	id    *identity
	hosts []string // names and addresses that the certificate must be good for
	state *fsm.Machine
	now   func() time.Time
	log   *slog.Logger

	// current ends with the certificate of the CA that it comes from.
	current atomic.Pointer[tls.Certificate]
	trusted atomic.Pointer[trust]

	mu       sync.Mutex // guards the files and kept
	kept     *trust     // what the files hold
	retry    time.Time  // when a renewal that failed is tried again; maintain's own
	renewals atomic.Uint64
	failures atomic.Uint64

	provisional struct {
		sync.Mutex
		*tls.Certificate
	}
}

// renewalPause is the time between attempts to renew that fail.
const renewalPause = time.Minute

// request makes the node's key, unless there is one, and a certificate request.
func (c *certificates) request() (csr []byte, err error) {
	key, err := os.ReadFile(c.id.path(keyFile))
	if errors.Is(err, os.ErrNotExist) {
		if key, err = cluster.NewKey(); err == nil {
			err = localfile.Write(c.id.path(keyFile), key)
		}
	}
	if err != nil {
		return nil, err
	}
	return cluster.NewCSR(key, c.hosts)
}

// keep writes down what the cluster has issued to a node that comes to it, and uses
// it from now on.
func (c *certificates) keep(issued cluster.Certificate) error {
	t, err := newTrust(issued.Version, issued.CA)
	if err != nil {
		return fmt.Errorf("the cluster's CA certificate: %w", err)
	}
	if err := writeTrust(c.id, t); err != nil {
		return err
	}
	if err := localfile.Write(c.id.path(certFile), issued.Certificate); err != nil {
		return err
	}
	return c.load()
}

// load uses what is on disk.
func (c *certificates) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := readTrust(c.id)
	if err != nil {
		return err
	}
	c.kept = t
	c.trusted.Store(t)
	return c.use()
}

// use presents the certificate that is on disk.
func (c *certificates) use() error {
	pair, err := tls.LoadX509KeyPair(c.id.path(certFile), c.id.path(keyFile))
	if err != nil {
		return fmt.Errorf("this node's certificate: %w", err)
	}
	// The CA goes with the chain, so that a newcomer can check its fingerprint.
	pair.Certificate = append(pair.Certificate, c.trusted.Load().issuer(pair.Leaf))
	c.current.Store(&pair)
	return nil
}

// forClients is this node's certificate, or one that proves nothing as long as it
// has none: so probes, which verify nothing, are answered while it waits.
func (c *certificates) forClients() (*tls.Certificate, error) {
	if mine := c.certificate(); mine != nil {
		return mine, nil
	}
	c.provisional.Lock()
	defer c.provisional.Unlock()
	if c.provisional.Certificate == nil {
		made, err := cluster.ProvisionalCertificate(c.hosts)
		if err != nil {
			return nil, err
		}
		c.provisional.Certificate = &made
	}
	return c.provisional.Certificate, nil
}

func (c *certificates) certificate() *tls.Certificate { return c.current.Load() }

// pool is asked for each connection. So when this node's state holds the end of a
// rotation, no new connection of the former CA is made any more.
func (c *certificates) pool() *x509.CertPool { return c.follow().pool }

// follow takes over what the state says to trust, if that is newer.
func (c *certificates) follow() *trust {
	for {
		known, state := c.trusted.Load(), c.state.Current()
		if state.CA() == nil || state.CARotation().Version <= known.version {
			return known
		}
		newer, err := newTrust(state.CARotation().Version, trustedBy(state))
		if err != nil { // each was read before it got into the log
			c.log.Error("the cluster's CA certificates cannot be read; the former ones stay in force", "error", err)
			return known
		}
		if c.trusted.CompareAndSwap(known, newer) {
			return newer
		}
	}
}

// persist writes down what this node trusts, so that it does so after a start too.
func (c *certificates) persist() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.follow()
	if t == c.kept {
		return nil
	}
	if err := writeTrust(c.id, t); err != nil {
		return err
	}
	c.kept = t
	return nil
}

// caPEM is the cluster's CA certificate as this node has it, and during a rotation
// that of the other CA.
func (c *certificates) caPEM() ([]byte, error) { return os.ReadFile(c.id.path(caFile)) }

// report is what this node says to the others about its certificates.
func (c *certificates) report() security.NodeCertificates {
	pair := c.certificate()
	if pair == nil {
		return security.NodeCertificates{} // it has not joined yet
	}
	if err := c.persist(); err != nil {
		c.log.Warn("the cluster's CA certificates could not be written down; trying again", "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return security.NodeCertificates{
		Trusted: c.kept.fingerprints(),
		Version: c.kept.version,
		Issuer:  fingerprint(pair.Certificate[len(pair.Certificate)-1]),
		Expires: pair.Leaf.NotAfter,
	}
}

// due reports whether the certificate should be replaced: the last third of its
// life has begun, another CA signs now, or the node has moved to where it is not
// good for.
func (c *certificates) due(now time.Time, t *trust) bool {
	pair := c.certificate()
	leaf := pair.Leaf
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	if leaf.NotAfter.Sub(now) < life/3 || !t.signed(pair) {
		return true
	}
	return slices.ContainsFunc(c.hosts, func(h string) bool { return leaf.VerifyHostname(h) != nil })
}

// maintain writes down what is trusted and renews the certificate, when either is
// due. What fails is tried again.
func (c *certificates) maintain(sign func(csr []byte, id string) (cluster.Certificate, error)) {
	now := c.now()
	if now.Before(c.retry) {
		return
	}
	t := c.follow()
	// A state that is older than what this node trusts knows a CA that signs no more.
	upToDate := c.state.Current().CA() != nil && c.state.Current().CARotation().Version == t.version
	err := c.persist()
	if err == nil && (!upToDate || !c.due(now, t)) {
		return
	}
	if err == nil {
		err = c.renew(sign)
	}
	if err != nil {
		c.retry = now.Add(renewalPause)
		c.failures.Add(1)
		c.log.Warn("this node's certificate should be renewed and could not be; trying again", "expires", c.certificate().Leaf.NotAfter, "error", err)
		return
	}
	c.renewals.Add(1)
	c.log.Info("this node's certificate was renewed", "expires", c.certificate().Leaf.NotAfter)
}

func (c *certificates) renew(sign func(csr []byte, id string) (cluster.Certificate, error)) error {
	csr, err := c.request()
	if err != nil {
		return err
	}
	issued, err := sign(csr, c.id.ID)
	if err != nil {
		return err
	}
	// What peers would refuse must not take the place of what they take: connections
	// that are open would hide it until this node starts again.
	if err := cluster.CheckCertificate(issued, c.follow().pem, c.id.ID); err != nil {
		return fmt.Errorf("the other nodes would refuse the certificate that the cluster's CA has signed: %w", err)
	}
	if err := localfile.Write(c.id.path(certFile), issued.Certificate); err != nil {
		return err
	}
	return c.use()
}

// hostsOf are the names and addresses under which a node is reached.
func hostsOf(s Settings) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, h := range []string{s.HTTPPublish(), s.TransportPublish(), s.NodeName} {
		if usableHost(h) && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// usableHost reports whether a certificate can be made out to the text.
func usableHost(h string) bool {
	if net.ParseIP(h) != nil {
		return true
	}
	c := x509.Certificate{DNSNames: []string{h}}
	return c.VerifyHostname(h) == nil
}
