package security

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"

	"jeton/fsm"
)

// checkCA judges whether the CA can sign the certificates of nodes, and returns its
// fingerprint. Its errors hold nothing of the key.
func checkCA(ca fsm.CA, now time.Time) (fingerprint string, err error) {
	cert, err := parseCertificate(ca.Certificate)
	if err != nil {
		return "", err
	}
	switch {
	case !cert.BasicConstraintsValid || !cert.IsCA:
		return "", errors.New("its certificate is not that of a CA")
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return "", errors.New("its certificate is not for signing certificates")
	case now.After(cert.NotAfter):
		return "", fmt.Errorf("its certificate expired on %s", cert.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(cert.NotBefore):
		return "", fmt.Errorf("its certificate is not good before %s", cert.NotBefore.UTC().Format(time.RFC3339))
	}
	key, err := checkKey(cert, ca.Key)
	if err != nil {
		return "", err
	}
	return fingerprintOf(cert), tryCA(cert, key, now)
}

// tryCA signs as for a node, and judges as nodes and clients will: a CA may be bound
// to names, purposes or what is critical in ways that only a verification knows.
func tryCA(ca *x509.Certificate, key crypto.Signer, now time.Time) error {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    now.Add(-time.Minute),
		NotAfter:     now.Add(time.Minute),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		URIs:         []*url.URL{{Scheme: "jeton", Host: "node", Path: "/trial"}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), key)
	if err != nil {
		return errors.New("its key cannot sign a node's certificate")
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("what it signs for a node cannot be read: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, use := range template.ExtKeyUsage {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{use}}); err != nil {
			return fmt.Errorf("what it signs for a node is refused: %w", err)
		}
	}
	return nil
}

func checkKey(cert *x509.Certificate, text fsm.Sensitive) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errors.New("its key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("its key cannot be read as PKCS #8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("its key cannot sign")
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(cert.PublicKey) {
		return nil, errors.New("its key is not that of its certificate")
	}
	return signer, nil
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("its certificate is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("its certificate cannot be read: %w", err)
	}
	return cert, nil
}

// fingerprintOf is the SHA-256 of a certificate, in hex.
func fingerprintOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}
