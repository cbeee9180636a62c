package node

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"jeton/cluster"
	"jeton/internal/localfile"
)

// certificates are this node's own: one key pair, by which other nodes know its
// id and, unless files were given, clients its host name.
type certificates struct {
	id      *identity
	hosts   []string // names and addresses that the certificate must be good for
	current atomic.Pointer[tls.Certificate]
	roots   atomic.Pointer[x509.CertPool]
}

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

// keep writes a certificate down and uses it from now on.
func (c *certificates) keep(issued cluster.Certificate) error {
	if err := localfile.Write(c.id.path(caFile), issued.CA); err != nil {
		return err
	}
	if err := localfile.Write(c.id.path(certFile), issued.Certificate); err != nil {
		return err
	}
	return c.load()
}

// load uses what is on disk.
func (c *certificates) load() error {
	pair, err := tls.LoadX509KeyPair(c.id.path(certFile), c.id.path(keyFile))
	if err != nil {
		return fmt.Errorf("this node's certificate: %w", err)
	}
	data, err := os.ReadFile(c.id.path(caFile))
	if err != nil {
		return fmt.Errorf("the cluster's CA certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return fmt.Errorf("the cluster's CA certificate: no certificate in %s", c.id.path(caFile))
	}
	// The CA goes with the chain, so that a newcomer can check its fingerprint.
	block, _ := pem.Decode(data)
	pair.Certificate = append(pair.Certificate, block.Bytes)
	c.roots.Store(roots)
	c.current.Store(&pair)
	return nil
}

func (c *certificates) certificate() *tls.Certificate { return c.current.Load() }
func (c *certificates) pool() *x509.CertPool          { return c.roots.Load() }

// caPEM is the cluster's CA certificate as this node has it.
func (c *certificates) caPEM() ([]byte, error) { return os.ReadFile(c.id.path(caFile)) }

// due reports whether the certificate should be replaced: the last third of its
// life has begun, or the node has moved to where it is not good for.
func (c *certificates) due(now time.Time) bool {
	leaf := c.certificate().Leaf
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	if leaf.NotAfter.Sub(now) < life/3 {
		return true
	}
	return slices.ContainsFunc(c.hosts, func(h string) bool { return leaf.VerifyHostname(h) != nil })
}

// renew replaces the certificate when that is due.
func (c *certificates) renew(now time.Time, sign func(csr []byte, id string) (cluster.Certificate, error), log *slog.Logger) {
	if !c.due(now) {
		return
	}
	csr, err := c.request()
	if err == nil {
		var issued cluster.Certificate
		if issued, err = sign(csr, c.id.ID); err == nil {
			err = c.keep(issued)
		}
	}
	if err != nil {
		log.Warn("this node's certificate should be renewed and could not be; trying again", "expires", c.certificate().Leaf.NotAfter, "error", err)
		return
	}
	log.Info("this node's certificate was renewed", "expires", c.certificate().Leaf.NotAfter)
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
