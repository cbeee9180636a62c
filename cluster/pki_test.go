package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func issue(t *testing.T, ca CA, id string, hosts ...string) *x509.Certificate {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, err := NewCSR(key, hosts)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ca.Sign(csr, id)
	if err != nil {
		t.Fatal(err)
	}
	if string(signed.CA) != string(ca.Certificate) {
		t.Error("the CA's certificate does not come with it")
	}
	cert, err := parseCert(signed.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func pool(t *testing.T, ca CA) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca.Certificate) {
		t.Fatal("no certificate")
	}
	return roots
}

func TestANodesCertificateProvesItsIDAndServesItsHosts(t *testing.T) {
	ca := newCA(t)
	cert := issue(t, ca, "node1", "jeton.example", "10.0.0.1", "::1")
	if id, err := verifyPeer([]*x509.Certificate{cert}, pool(t, ca)); err != nil || id != "node1" {
		t.Errorf("proves %q, %v", id, err)
	}
	for _, host := range []string{"jeton.example", "10.0.0.1", "::1"} {
		if err := cert.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if cert.VerifyHostname("other.example") == nil || cert.IsCA {
		t.Error("good for more than it should be")
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		if !slices.Contains(cert.ExtKeyUsage, usage) {
			t.Errorf("not for usage %d", usage)
		}
	}
}

func TestCertificatesAreGoodForTheirTimeAndForgiveClocks(t *testing.T) {
	now := time.Now()
	ca := newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cert *x509.Certificate
		life time.Duration
	}{{root, caLifetime}, {issue(t, ca, "node1"), nodeLifetime}} {
		if c.cert.NotBefore.After(now.Add(-clockSkew + time.Minute)) {
			t.Errorf("good only from %s", c.cert.NotBefore)
		}
		if left := c.cert.NotAfter.Sub(now); left < c.life-time.Minute || left > c.life+time.Minute {
			t.Errorf("good for %s, want %s", left, c.life)
		}
	}
	if !root.IsCA || !root.MaxPathLenZero {
		t.Error("the CA is none, or may make others")
	}
}

func TestOnlyTheClustersCAProvesAnything(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for about, chain := range map[string][]*x509.Certificate{
		"no certificate":                        nil,
		"another CA's":                          {issue(t, other, "node1")},
		"another CA's, with our CA's beside it": {issue(t, other, "node1"), root},
		"the CA's own":                          {root},
		"one that was over before the CA was":   {signedFor(t, ca, root.NotBefore.Add(-2*time.Hour), root.NotBefore.Add(-time.Hour)), root},
		"one for nobody":                        {issue(t, ca, "")},
	} {
		if id, err := verifyPeer(chain, pool(t, ca)); err == nil {
			t.Errorf("%s: proved %q", about, id)
		}
	}
}

func TestARequestCannotChooseWhatItIsSignedAs(t *testing.T) {
	ca := newCA(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:        pkix.Name{CommonName: "node2"},
		URIs:           []*url.URL{nodeURI("node2")},
		EmailAddresses: []string{"root@jeton.example"},
		IPAddresses:    []net.IP{net.IPv4(10, 0, 0, 1)},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ca.Sign(csr, "node1")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := parseCert(signed.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := certID(cert); err != nil || id != "node1" || len(cert.URIs) != 1 {
		t.Errorf("signed as %q, %v, %v", id, cert.URIs, err)
	}
	if cert.Subject.CommonName != "node1" || cert.EmailAddresses != nil || len(cert.IPAddresses) != 1 {
		t.Errorf("signed for %v, %v, %v", cert.Subject, cert.EmailAddresses, cert.IPAddresses)
	}
}

func TestADamagedRequestIsNotSigned(t *testing.T) {
	ca := newCA(t)
	_, csr := newCSR(t)
	for i := range csr {
		damaged := slices.Clone(csr)
		damaged[i] ^= 1
		if _, err := ca.Sign(damaged, "node1"); err == nil {
			t.Fatalf("signed with byte %d changed", i)
		}
	}
	if _, err := ca.Sign(nil, "node1"); err == nil {
		t.Error("signed nothing")
	}
}

func TestTheFingerprintIsThatOfTheCertificate(t *testing.T) {
	ca := newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	got, err := FingerprintPEM(ca.Certificate)
	if err != nil || got != fingerprint(root.Raw) || len(got) != 64 {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range [][]byte{nil, []byte("hello"), ca.Key} {
		if _, err := FingerprintPEM(bad); err == nil {
			t.Errorf("a fingerprint of %d bytes that are no certificate", len(bad))
		}
	}
}

func TestUnusableKeysAreErrors(t *testing.T) {
	ca := newCA(t)
	_, csr := newCSR(t)
	for _, bad := range [][]byte{nil, []byte("hello"), ca.Certificate} {
		if _, err := NewCSR(bad, nil); err == nil {
			t.Error("a request without a key")
		}
		if _, err := (CA{Certificate: ca.Certificate, Key: bad}).Sign(csr, "node1"); err == nil {
			t.Error("signed without a key")
		}
		if _, err := (CA{Certificate: bad, Key: ca.Key}).Sign(csr, "node1"); err == nil && string(bad) != string(ca.Certificate) {
			t.Error("signed without a CA")
		}
	}
}

func TestIDsAreRandomAndFitIntoNames(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if len(id) != 26 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") != "" || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func FuzzCSR(f *testing.F) {
	ca, err := NewCA("team")
	if err != nil {
		f.Fatal(err)
	}
	_, csr := newCSR(f)
	f.Add(csr)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, csr []byte) {
		signed, err := ca.Sign(csr, "node1")
		if err != nil {
			return
		}
		if cert, err := parseCert(signed.Certificate); err != nil {
			t.Fatal(err)
		} else if id, err := certID(cert); err != nil || id != "node1" {
			t.Fatalf("signed as %q, %v", id, err)
		}
	})
}
