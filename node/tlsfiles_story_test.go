package node_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
)

func withGivenPair(dir string, log *logBook) nodetest.Options {
	return nodetest.Options{Tune: func(name string, o *node.Options) {
		on := true
		o.Settings.HTTPSSLEnabled = &on
		o.Settings.HTTPSSLCertificate = filepath.Join(dir, "http.crt")
		o.Settings.HTTPSSLKey = filepath.Join(dir, "http.key")
		log.tune(name, o)
	}}
}

func untilShown(t *testing.T, c *nodetest.Cluster, name string, roots *x509.CertPool) {
	t.Helper()
	c.Eventually("the certificate "+name, func() error {
		cert, err := peek(c.Nodes[0], roots)
		if err == nil && cert.Subject.CommonName != name {
			err = errors.New(cert.Subject.CommonName)
		}
		return err
	})
}

// badFiles is what the metrics say of given files, to a client that trusts roots.
func badFiles(t *testing.T, c *nodetest.Cluster, ca []byte, files string) (bad, failures float64) {
	t.Helper()
	c.Trust(ca)
	all := numbers(t, c.Nodes[0])
	return all[`jeton_tls_files_bad{files="`+files+`"}`], all[`jeton_tls_reload_failures_total{files="`+files+`"}`]
}

func TestABadCertificateIsVisibleUntilItIsMended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log logBook
	first := writePair(t, dir, "first")
	firstPEM := fileOf(t, dir, "http.crt")
	c := nodetest.StartWith(t, 1, withGivenPair(dir, &log))
	if err := os.WriteFile(filepath.Join(dir, "http.crt"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Eventually("the bad file to be visible", func() error {
		if bad, failures := badFiles(t, c, firstPEM, "certificate"); bad != 1 || failures != 1 {
			return fmt.Errorf("bad %v, failures %v", bad, failures)
		}
		return nil
	})
	untilShown(t, c, "first", first)
	if n := log.count("level=ERROR"); n != 1 {
		t.Errorf("%d errors were logged", n)
	}
	second := writePair(t, dir, "second")
	untilShown(t, c, "second", second)
	if bad, failures := badFiles(t, c, fileOf(t, dir, "http.crt"), "certificate"); bad != 0 || failures != 1 {
		t.Errorf("mended: bad %v, failures %v", bad, failures)
	}
}

func fileOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAPairIsReplacedByRenames(t *testing.T) {
	t.Parallel()
	dir, aside := t.TempDir(), t.TempDir()
	var log logBook
	writePair(t, dir, "first")
	c := nodetest.StartWith(t, 1, withGivenPair(dir, &log))
	second := writePair(t, aside, "second")
	for _, name := range []string{"http.crt", "http.key"} {
		if err := os.Rename(filepath.Join(aside, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	untilShown(t, c, "second", second)
	if n := log.count("level=ERROR"); n != 0 {
		t.Errorf("%d errors were logged", n)
	}
}

// A mounted secret of Kubernetes: the files are links to ..data/, which is a link
// that is replaced.
func TestAPairIsReplacedAsKubernetesDoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log logBook
	version := func(name string) *x509.CertPool {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		roots := writePair(t, filepath.Join(dir, name), name)
		link := filepath.Join(dir, "..data_tmp")
		if err := os.Symlink(name, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
		return roots
	}
	first := version("first")
	for _, name := range []string{"http.crt", "http.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	c := nodetest.StartWith(t, 1, withGivenPair(dir, &log))
	untilShown(t, c, "first", first)
	second := version("second")
	if err := os.RemoveAll(filepath.Join(dir, "first")); err != nil {
		t.Fatal(err)
	}
	untilShown(t, c, "second", second)
	if n := log.count("level=ERROR"); n != 0 {
		t.Errorf("%d errors were logged", n)
	}
}

// clientAuthority signs certificates of clients.
type clientAuthority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newClientAuthority(t *testing.T, name string) clientAuthority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return clientAuthority{cert, key}
}

func (a clientAuthority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// client shows a certificate of the authority in each of its connections, and
// resumes sessions where the server lets it.
func (a clientAuthority) client(t *testing.T, ca []byte) *http.Client {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	own := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		RootCAs:            roots,
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
		// Whatever CAs the server asks for.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil },
	}}}
}

func TestTheCAsOfClientsAreReplaced(t *testing.T) {
	t.Parallel()
	former, next := newClientAuthority(t, "former"), newClientAuthority(t, "next")
	path := filepath.Join(t.TempDir(), "clients.pem")
	put := func(data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(former.pem())
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(_ string, o *node.Options) {
		on := true
		o.Settings.HTTPSSLEnabled = &on
		o.Settings.HTTPSSLCertificateAuthorities = []string{path}
	}})
	ca := c.CACert()
	ofFormer, ofNext := former.client(t, ca), next.client(t, ca)
	accepted := func(client *http.Client) bool {
		res, err := client.Get(c.Nodes[0].URL() + "/livez")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	}
	if !accepted(ofFormer) || accepted(ofNext) {
		t.Fatal("at first clients of one CA and not of the other should be accepted")
	}
	put([]byte("rubbish"))
	c.Eventually("the bad file to be visible", func() error {
		if bad, failures := badFiles(t, c, ca, "certificate_authorities"); bad != 1 || failures != 1 {
			return fmt.Errorf("bad %v, failures %v", bad, failures)
		}
		return nil
	})
	if !accepted(ofFormer) {
		t.Error("with a bad file the former CA is not in use any more")
	}
	put(next.pem())
	c.Eventually("the new CA to count", func() error {
		if !accepted(ofNext) {
			return errors.New("a client of it is refused")
		}
		return nil
	})
	if accepted(ofFormer) {
		t.Error("a client of the removed CA is accepted")
	}
	if bad, _ := badFiles(t, c, ca, "certificate_authorities"); bad != 0 {
		t.Error("the mended file counts as bad")
	}
}
