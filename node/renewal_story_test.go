package node_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

// clock is a time that the story moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *clock) tune(_ string, o *node.Options) { o.Now = c.now }

// logBook is what nodes have logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) tune(_ string, o *node.Options) {
	o.Logger = slog.New(slog.NewTextHandler(b, nil))
}

func (b *logBook) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), text)
}

// shown is the certificate that a new connection of a client meets, at a time.
func shown(t *testing.T, n *nodetest.Node, ca []byte, now func() time.Time) *x509.Certificate {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: roots, Time: now}
	conn, err := (&tls.Dialer{Config: config}).DialContext(context.Background(), "tcp", n.URL()[len("https://"):])
	if err != nil {
		t.Fatalf("a client that trusts the CA: %v", err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

func TestCertificatesAreRenewedBeforeTheyExpire(t *testing.T) {
	t.Parallel()
	var at clock
	c := nodetest.StartWith(t, 2, nodetest.Options{Settings: []string{"xpack.security.http.ssl.enabled=true"}, Tune: at.tune})
	ca := c.CACert()
	for year := range 3 {
		at.pass(300 * 24 * time.Hour) // of 365 days; two thirds are over after 243
		for _, n := range c.Nodes {
			c.Eventually("a certificate for longer", func() error {
				if end := shown(t, n, ca, at.now).NotAfter; end.Before(at.now().Add(364 * 24 * time.Hour)) {
					return fmt.Errorf("%s has one until %s", n.Name, end)
				}
				return nil
			})
		}
		if year == 1 { // new connections between the nodes
			c.Nodes[1].Stop()
			c.Nodes[1].Restart()
			c.WaitReady()
		}
	}
}

func TestARenewalThatFailsIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	var at clock
	var log logBook
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(name string, o *node.Options) {
		at.tune(name, o)
		log.tune(name, o)
	}})
	n := c.Nodes[0]
	const expiry = `jeton_certificate_expiry_timestamp_seconds{kind="node"}`
	before := numbers(t, n)
	if left := before[expiry] - float64(at.now().Unix()); left < 364*24*3600 {
		t.Errorf("the certificate is good for %v s", left)
	}
	mend := obstruct(t, filepath.Join(n.Dir, "data", "node.crt"))
	at.pass(300 * 24 * time.Hour)
	c.Eventually("the failure to be counted", func() error {
		if now := numbers(t, n); now["jeton_certificate_renewal_failures_total"] != 1 || now[expiry] != before[expiry] {
			return fmt.Errorf("%v failures", now["jeton_certificate_renewal_failures_total"])
		}
		return nil
	})
	if log.count("level=WARN msg=\"this node's certificate should be renewed and could not be; trying again\"") != 1 {
		t.Error("there is not one warning")
	}
	mend()
	at.pass(time.Minute)
	c.Eventually("the renewal", func() error {
		now := numbers(t, n)
		if now["jeton_certificate_renewals_total"] != 1 || now[expiry] < before[expiry]+299*24*3600 {
			return fmt.Errorf("%v renewals", now["jeton_certificate_renewals_total"])
		}
		return nil
	})
}
