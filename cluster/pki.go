package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"
)

// Lifetimes of certificates. A node renews its own well before the end; the
// hour before "not before" forgives clocks that disagree.
const (
	caLifetime   = 20 * 365 * 24 * time.Hour
	nodeLifetime = 365 * 24 * time.Hour
	clockSkew    = time.Hour
)

// CA is the cluster's own certificate authority as PEM.
type CA struct {
	Certificate []byte
	Key         []byte // PKCS #8; secret
}

// LogValue implements slog.LogValuer; the key is left out.
func (CA) LogValue() slog.Value { return slog.StringValue("CA") }

// Format implements fmt.Formatter for every verb; the key is left out.
func (CA) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "CA") }

// Certificate is what a node gets from the CA, as PEM.
type Certificate struct {
	Certificate []byte `json:"certificate"`
	CA          []byte `json:"ca"` // all that the node is to trust, the issuer first
	// Version tells an old list of CAs from a newer one.
	Version uint64 `json:"version,omitempty"`
}

// NewID returns a random node id: 128 bits, 26 characters of lower-case
// base32. An id is made once for a data directory and never used again.
func NewID() string {
	return strings.ToLower(rand.Text())
}

// NewKey makes a node's or a CA's private key, as PEM.
func NewKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// NewCA makes the certificate authority of a new cluster.
func NewCA(clusterName string) (CA, error) {
	keyPEM, err := NewKey()
	if err != nil {
		return CA{}, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return CA{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: clusterName + " cluster CA"},
		NotBefore:             time.Now().Add(-clockSkew),
		NotAfter:              time.Now().Add(caLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return CA{}, fmt.Errorf("make CA certificate: %w", err)
	}
	return CA{Certificate: certPEM(der), Key: keyPEM}, nil
}

// NewCSR is a node's request for a certificate for its key, good for the host
// names and addresses under which clients and peers reach it.
func NewCSR(keyPEM []byte, hosts []string) ([]byte, error) {
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	template := &x509.CertificateRequest{}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return der, nil
}

// Sign issues the certificate of the node id for a request that NewCSR made.
func (ca CA) Sign(csr []byte, id string) (Certificate, error) {
	return ca.SignAt(csr, id, time.Now())
}

// SignAt is Sign for a certificate whose life begins at the given time, and not
// before the CA's own: whoever signs may have a clock that is behind that of the
// node that made the CA, and no certificate is good while its CA is not.
func (ca CA) SignAt(csr []byte, id string, now time.Time) (Certificate, error) {
	req, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return Certificate{}, fmt.Errorf("read certificate request: %w", err)
	}
	if err := req.CheckSignature(); err != nil {
		return Certificate{}, fmt.Errorf("certificate request: %w", err)
	}
	issuer, err := parseCert(ca.Certificate)
	if err != nil {
		return Certificate{}, err
	}
	key, err := parseKey(ca.Key)
	if err != nil {
		return Certificate{}, err
	}
	from := later(now.Add(-clockSkew), issuer.NotBefore)
	template := &x509.Certificate{
		SerialNumber: newSerial(),
		Subject:      pkix.Name{CommonName: id},
		NotBefore:    from,
		NotAfter:     from.Add(clockSkew + nodeLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     req.DNSNames,
		IPAddresses:  req.IPAddresses,
		URIs:         []*url.URL{nodeURI(id)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, req.PublicKey, key)
	if err != nil {
		return Certificate{}, fmt.Errorf("sign node certificate: %w", err)
	}
	return Certificate{Certificate: certPEM(der), CA: ca.Certificate}, nil
}

// nodeURI is the name in a certificate that proves a node's id.
func nodeURI(id string) *url.URL { return &url.URL{Scheme: "jeton", Host: "node", Path: "/" + id} }

// certID returns the node id that a certificate names.
func certID(c *x509.Certificate) (string, error) {
	for _, u := range c.URIs {
		if id, ok := strings.CutPrefix(u.Path, "/"); ok && u.Scheme == "jeton" && u.Host == "node" && id != "" {
			return id, nil
		}
	}
	return "", errors.New("the certificate names no node of a jeton cluster")
}

// verifyPeer checks a chain against the cluster's CAs and returns the node id
// that it proves. Between nodes a certificate does not expire: a cluster that
// was off for a year could otherwise never elect a leader again, and without one
// nobody renews. What revokes a node is its removal. Clients check the dates.
// A CA that comes with the chain is asked for no more than when its life began: the
// leaf of one whose clock was behind may be older.
func verifyPeer(chain []*x509.Certificate, roots *x509.CertPool) (string, error) {
	if len(chain) == 0 {
		return "", errors.New("the peer sent no certificate")
	}
	at := chain[0].NotBefore
	for _, ca := range chain[1:] {
		if chain[0].CheckSignatureFrom(ca) == nil {
			at = later(at, ca.NotBefore)
		}
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots:       roots,
		CurrentTime: at,
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return "", err
	}
	return certID(chain[0])
}

// CheckCertificate is nil when a peer that trusts the CAs, as PEM, would take the
// issued certificate for that of the node id.
func CheckCertificate(issued Certificate, cas []byte, id string) error {
	leaf, err := parseCert(issued.Certificate)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(cas) {
		return errors.New("no CA certificate")
	}
	switch proved, err := verifyPeer([]*x509.Certificate{leaf}, roots); {
	case err != nil:
		return err
	case proved != id:
		return fmt.Errorf("it is that of the node %s", proved)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// fingerprint is the SHA-256 of a certificate, in hex.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// FingerprintPEM is the SHA-256 of a PEM certificate's DER, in hex.
func FingerprintPEM(certificate []byte) (string, error) {
	c, err := parseCert(certificate)
	if err != nil {
		return "", err
	}
	return fingerprint(c.Raw), nil
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func parseCert(data []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no PEM certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

func parseKey(data []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the private key cannot sign")
	}
	return signer, nil
}

func newSerial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}
