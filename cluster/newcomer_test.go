package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// fakes are servers that a newcomer may meet at an address of its join token.
// None of them has the CA's key.
func fakes(t *testing.T, tm *team) map[string]tls.Certificate {
	t.Helper()
	other := &team{t: t, ca: newCA(t)}
	stranger := other.sign("node1")
	realCA, _ := pem.Decode(tm.ca.Certificate)
	withRealCA := tls.Certificate{Certificate: [][]byte{stranger.Certificate[0], realCA.Bytes}, PrivateKey: stranger.PrivateKey}
	// A CA of its own in the middle, and the real one's certificate behind it.
	chain := tls.Certificate{Certificate: append(slices.Clone(stranger.Certificate), realCA.Bytes), PrivateKey: stranger.PrivateKey}
	alone := tls.Certificate{Certificate: stranger.Certificate[:1], PrivateKey: stranger.PrivateKey}
	return map[string]tls.Certificate{
		"another cluster's node":                           *stranger,
		"a certificate alone":                              alone,
		"its own certificate beside the real CA's":         withRealCA,
		"its own certificate and CA, and the real CA's":    chain,
		"a member's certificate, of which it has no key":   {Certificate: tm.members[0].cert.Certificate, PrivateKey: stranger.PrivateKey},
		"the real CA's certificate alone, without its key": {Certificate: [][]byte{realCA.Bytes}, PrivateKey: stranger.PrivateKey},
	}
}

func TestTheSecretIsNotSentToAnybodyElse(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	for about, cert := range fakes(t, tm) {
		t.Run(about, func(t *testing.T) {
			fake := newImpostor(t, cert)
			token := tm.newToken()
			token.Addresses = []string{fake.address}
			_, csr := newCSR(t)
			_, err := RequestJoin(within(t, patience), token, Node{ID: NewID(), Name: "new"}, 1, csr)
			if err == nil {
				t.Fatal("joined")
			}
			if strings.Contains(err.Error(), token.Secret) {
				t.Errorf("the error gives the secret away: %v", err)
			}
			if heard := <-fake.heard; len(heard) > 0 {
				t.Errorf("the server was told %d bytes", len(heard))
			}
		})
	}
	t.Run("the next address is tried", func(t *testing.T) {
		fake := newImpostor(t, *(&team{t: t, ca: newCA(t)}).sign("node1"))
		token := tm.newToken(tm.members[0])
		token.Addresses = []string{freeAddress(t), fake.address, token.Addresses[0]}
		_, csr := newCSR(t)
		if _, err := RequestJoin(within(t, patience), token, Node{ID: NewID(), Name: "new"}, 1, csr); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("all addresses that failed are told", func(t *testing.T) {
		token := tm.newToken()
		token.Addresses = []string{freeAddress(t), freeAddress(t)}
		_, err := RequestJoin(within(t, patience), token, Node{ID: NewID(), Name: "new"}, 1, nil)
		wantError(t, err, token.Addresses...)
		if definite(err) {
			t.Errorf("%v, want an error that allows another try", err)
		}
	})
}

// joinClient talks to a member as a newcomer does.
func joinClient(t *testing.T, tm *team) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return dialJoin(ctx, address, tm.fingerprint())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestANewcomersQuestionIsBounded(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	client := joinClient(t, tm)
	_, csr := newCSR(t)
	endless, err := json.Marshal(JoinRequest{
		TokenID: "endless",
		Secret:  secretOf("endless"),
		Node:    Node{ID: NewID(), Name: strings.Repeat("x", 1<<20)},
		CSR:     csr,
	})
	if err != nil {
		t.Fatal(err)
	}
	at := "http://" + tm.members[0].self.TransportAddress
	for about, c := range map[string]struct {
		path string
		body []byte
	}{
		"a body of 1 MB":   {"/join", bytes.Repeat([]byte("x"), 1<<20)},
		"a name of 1 MB":   {"/join", endless},
		"no JSON":          {"/join", []byte("hello")},
		"nothing":          {"/join", nil},
		"null":             {"/join", []byte("null")},
		"another question": {"/propose", []byte("{}")},
	} {
		res, err := client.Post(at+c.path, "application/json", bytes.NewReader(c.body))
		if err != nil {
			continue // cut off while it was still talking
		}
		_ = res.Body.Close()
		if res.StatusCode < 400 {
			t.Errorf("%s: %s", about, res.Status)
		}
	}
	if n := tm.members[0].registry.signs.Load(); n != 0 {
		t.Errorf("%d certificates were signed", n)
	}
	if res, err := client.Get(at + "/join"); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%v, %v", res, err)
	} else {
		_ = res.Body.Close()
	}
}

func TestANewcomerMustSeeTheCAWithTheCertificate(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	conn, err := dialJoin(within(t, patience), tm.members[0].self.TransportAddress, tm.fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if len(chain) != 2 || !chain[1].Equal(mustParse(t, tm.ca.Certificate)) {
		t.Errorf("a chain of %d", len(chain))
	}
	_, err = dialJoin(within(t, patience), tm.members[0].self.TransportAddress, strings.Repeat("0", 64))
	wantError(t, err, "does not belong to the cluster that the join token is for")
}

func mustParse(t *testing.T, data []byte) *x509.Certificate {
	t.Helper()
	cert, err := parseCert(data)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
