package cluster

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"net/url"
	"testing"
	"time"
)

// Each node signs its own renewal by its own clock, and the CA was made by that of
// another one.
func TestACertificateProvesItsIDWhateverTheClockOfWhoSignedIt(t *testing.T) {
	ca := newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	_, csr := newCSR(t)
	for _, behind := range []time.Duration{-time.Hour, 0, 2 * time.Second, time.Minute, 400 * 24 * time.Hour} {
		issued, err := ca.SignAt(csr, "node1", time.Now().Add(-behind))
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := parseCert(issued.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if leaf.NotBefore.Before(root.NotBefore) {
			t.Errorf("%s behind: good from %s, before its CA is", behind, leaf.NotBefore)
		}
		if id, err := verifyPeer([]*x509.Certificate{leaf}, pool(t, ca)); err != nil || id != "node1" {
			t.Errorf("%s behind: proves %q, %v", behind, id, err)
		}
		if err := CheckCertificate(issued, ca.Certificate, "node1"); err != nil {
			t.Errorf("%s behind: %v", behind, err)
		}
	}
}

// Earlier releases have signed such ones, and a node sends its CA along.
func TestACertificateFromBeforeItsCAProvesItsIDWithTheCABesideIt(t *testing.T) {
	ca := newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	early := signedFor(t, ca, root.NotBefore.Add(-10*time.Second), time.Now().Add(nodeLifetime))
	if id, err := verifyPeer([]*x509.Certificate{early, root}, pool(t, ca)); err != nil || id != "node1" {
		t.Errorf("proves %q, %v", id, err)
	}
	if id, err := verifyPeer([]*x509.Certificate{early, root}, pool(t, newCA(t))); err == nil {
		t.Errorf("to a node that trusts another CA it proves %q", id)
	}
}

func TestBetweenNodesACertificateDoesNotExpire(t *testing.T) {
	ca := newCA(t)
	root, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	over := signedFor(t, ca, root.NotBefore, root.NotBefore.Add(time.Minute))
	if id, err := verifyPeer([]*x509.Certificate{over, root}, pool(t, ca)); err != nil || id != "node1" {
		t.Errorf("proves %q, %v", id, err)
	}
}

func TestACertificateThatPeersWouldRefuseIsFoundOut(t *testing.T) {
	ca := newCA(t)
	_, csr := newCSR(t)
	issued, err := ca.Sign(csr, "node1")
	if err != nil {
		t.Fatal(err)
	}
	if CheckCertificate(issued, newCA(t).Certificate, "node1") == nil {
		t.Error("of a CA that nobody trusts")
	}
	if CheckCertificate(issued, ca.Certificate, "node2") == nil {
		t.Error("of another node")
	}
	if CheckCertificate(Certificate{}, ca.Certificate, "node1") == nil {
		t.Error("none")
	}
}

// signedFor is a certificate of node1 for any time.
func signedFor(t *testing.T, ca CA, from, until time.Time) *x509.Certificate {
	t.Helper()
	issuer, err := parseCert(ca.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := parseKey(ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    from,
		NotAfter:     until,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		URIs:         []*url.URL{nodeURI("node1")},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
