package node_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

// peek connects to a node's client port and returns the certificate it serves
// to a client that trusts the given CAs.
func peek(n *nodetest.Node, roots *x509.CertPool) (*x509.Certificate, error) {
	address := n.URL()[len("https://"):]
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots}}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

func TestClientsAreServedOverTLSFromTheClustersOwnCA(t *testing.T) {
	t.Parallel()
	c := nodetest.StartWith(t, 2, nodetest.Options{Settings: []string{"xpack.security.http.ssl.enabled=true"}})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.CACert())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for _, n := range c.Nodes {
		onDisk, err := os.ReadFile(filepath.Join(n.Dir, "data", "ca.crt"))
		if err != nil || string(onDisk) != string(c.CACert()) {
			t.Errorf("%s has not the cluster's CA at path.data/ca.crt: %v", n.Name, err)
		}
		r, err := http.NewRequest(http.MethodGet, n.URL()+"/_security/_authenticate", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("elastic", c.Password)
		res, err := client.Do(r)
		if err != nil {
			t.Fatalf("a client that trusts the cluster's CA: %v", err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("status %d", res.StatusCode)
		}
		if _, err := peek(n, x509.NewCertPool()); err == nil {
			t.Error("a client that trusts nobody connects")
		}
	}
}

func TestGivenCertificatesAreServedAndReloaded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := writePair(t, dir, "first")
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(_ string, o *node.Options) {
		on := true
		o.Settings.HTTPSSLEnabled = &on
		o.Settings.HTTPSSLCertificate = filepath.Join(dir, "http.crt")
		o.Settings.HTTPSSLKey = filepath.Join(dir, "http.key")
	}})
	n := c.Nodes[0]
	served := func(roots *x509.CertPool) string {
		cert, err := peek(n, roots)
		if err != nil {
			return err.Error()
		}
		return cert.Subject.CommonName
	}
	if got := served(first); got != "first" {
		t.Fatalf("the node serves %q, not the given certificate", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "http.crt"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := writePair(t, dir, "second")
	c.Eventually("the new certificate to be served", func() error {
		if got := served(second); got != "second" {
			return errors.New(got)
		}
		return nil
	})
}

// writePair writes a self-signed certificate and its key, and returns who
// trusts it.
func writePair(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	template.Subject.CommonName = name
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for file, data := range map[string][]byte{
		"http.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		"http.crt": certPEM,
	} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return roots
}
