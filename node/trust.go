package node

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"jeton/fsm"
	"jeton/internal/localfile"
)

// trust are the CAs that other nodes' certificates must come from. It never
// changes; another one takes its place.
type trust struct {
	// version orders lists: after a start this node's state may be older than what
	// it trusted when it stopped, and going back could lock it out.
	version uint64
	pem     []byte
	certs   []*x509.Certificate // the CA that signs is the first
	pool    *x509.CertPool
}

func newTrust(version uint64, data []byte) (*trust, error) {
	t := &trust{version: version, pem: data, pool: x509.NewCertPool()}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		t.certs = append(t.certs, cert)
		t.pool.AddCert(cert)
	}
	if len(t.certs) == 0 {
		return nil, errors.New("no certificate")
	}
	return t, nil
}

// trustedBy is the PEM of the CAs that a state says to trust, the one that signs
// first.
func trustedBy(state *fsm.State) []byte {
	r := state.CARotation()
	text := []byte(state.CA().Certificate)
	if r.Next != nil {
		text = append(text, r.Next.Certificate...)
	}
	return append(text, r.Former...)
}

func (t *trust) fingerprints() []string {
	var all []string
	for _, c := range t.certs {
		all = append(all, fingerprint(c.Raw))
	}
	return all
}

// issuer is the DER of the CA that the certificate comes from.
func (t *trust) issuer(leaf *x509.Certificate) []byte {
	for _, ca := range t.certs {
		if leaf.CheckSignatureFrom(ca) == nil {
			return ca.Raw
		}
	}
	return t.certs[0].Raw
}

// fingerprint is the SHA-256 of a certificate, in hex.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// trustLabel stands beside the CAs' certificates, which are for clients too and
// hold nothing else.
type trustLabel struct {
	Version uint64 `json:"version"`
}

// readTrust reads what writeTrust wrote. Without a label it is of version 0: what
// any rotation says is newer.
func readTrust(id *identity) (*trust, error) {
	data, err := os.ReadFile(id.path(caFile))
	if err != nil {
		return nil, fmt.Errorf("the cluster's CA certificate: %w", err)
	}
	var label trustLabel
	text, err := os.ReadFile(id.path(caLabelFile))
	if err == nil {
		err = json.Unmarshal(text, &label)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s cannot be read (%w): delete it, and the node goes on by %s alone", id.path(caLabelFile), err, caFile)
	}
	t, err := newTrust(label.Version, data)
	if err != nil {
		return nil, fmt.Errorf("the cluster's CA certificate: %s: %w", id.path(caFile), err)
	}
	return t, nil
}

// writeTrust writes the label last: a list under an older label is looked at again,
// an older list under a newer label would stay.
func writeTrust(id *identity, t *trust) error {
	if err := localfile.Write(id.path(caFile), t.pem); err != nil {
		return err
	}
	data, err := json.Marshal(trustLabel{t.version})
	if err != nil {
		return err
	}
	return localfile.Write(id.path(caLabelFile), append(data, '\n'))
}

// signed reports whether the pair comes from the CA that signs.
func (t *trust) signed(pair *tls.Certificate) bool {
	return bytes.Equal(pair.Certificate[len(pair.Certificate)-1], t.certs[0].Raw)
}
