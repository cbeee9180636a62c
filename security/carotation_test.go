package security

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
)

// newCA makes a CA that is good in the world's time.
func (w *world) newCA(name string) fsm.CA {
	return w.certify(x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: w.now.Add(-time.Hour), NotAfter: w.now.Add(time.Hour)})
}

func (w *world) certify(template x509.Certificate) fsm.CA {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	return fsm.CA{
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		Key:         fsm.Sensitive(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}
}

// three is a cluster of three nodes whose first leads.
func three(t *testing.T) (leader *node, others []*node) {
	w := newWorld(t)
	leader = w.node()
	others = []*node{w.node(), w.node()}
	leader.found()
	return leader, others
}

func (n *node) advance() {
	n.world.t.Helper()
	if err := n.AdvanceCARotation(n.world.t.Context()); err != nil {
		n.world.t.Fatal(err)
	}
}

func (n *node) expectStage(want CAStage) (next string) {
	n.world.t.Helper()
	status, err := n.CAStatus(n.world.t.Context(), elastic)
	if err != nil || status.Stage != want {
		n.world.t.Fatalf("the rotation is at %q, %v; want %q", status.Stage, err, want)
	}
	return n.state.Current().CARotation().Fingerprint
}

func TestARotationGoesOnWhenEveryServerIsReady(t *testing.T) {
	leader, others := three(t)
	all := append(slices.Clone(others), leader)
	if err := leader.RotateCA(t.Context(), elastic, false); err != nil {
		t.Fatal(err)
	}
	former := leader.state.Current().CA().Certificate
	next := leader.expectStage(CATrusting)
	for _, n := range all {
		leader.advance()
		leader.expectStage(CATrusting)
		n.certificates.Trusted, n.certificates.Version = []string{"former", next}, leader.state.Current().CARotation().Version
	}
	leader.advance()
	leader.expectStage(CARenewing)
	if now := leader.state.Current().CA().Certificate; now == former {
		t.Error("the former CA signs still")
	}
	for _, n := range all {
		leader.advance()
		leader.expectStage(CARenewing)
		n.certificates.Issuer, n.certificates.Version = next, leader.state.Current().CARotation().Version
	}
	leader.advance()
	leader.expectStage(CAIdle)
	if leader.leader.revocations != 1 {
		t.Errorf("%d steps waited until no node goes on without them, want the last one only", leader.leader.revocations)
	}
}

func TestAServerThatDoesNotAnswerHoldsARotationUpAndIsNamed(t *testing.T) {
	leader, others := three(t)
	if err := leader.RotateCA(t.Context(), elastic, false); err != nil {
		t.Fatal(err)
	}
	next := leader.expectStage(CATrusting)
	for _, n := range []*node{leader, others[0]} {
		n.certificates.Trusted, n.certificates.Version = []string{next}, leader.state.Current().CARotation().Version
	}
	others[1].dead = true
	leader.advance()
	leader.expectStage(CATrusting)
	status, err := leader.CAStatus(t.Context(), elastic)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range status.Nodes {
		want := ""
		if n.Name == "node-2" {
			want = "does not answer: start it, or remove it with `jeton node remove node-2` (connection refused)"
		}
		if n.Waits != want {
			t.Errorf("%s: it is waited for %q, want %q", n.Name, n.Waits, want)
		}
	}
}

func TestAPreparedRotationWaitsForTheSecondCall(t *testing.T) {
	leader, others := three(t)
	rotate := func(hold bool) {
		t.Helper()
		if err := leader.RotateCA(t.Context(), elastic, hold); err != nil {
			t.Fatal(err)
		}
	}
	rotate(true)
	next := leader.expectStage(CAPrepared)
	for _, n := range append(others, leader) {
		n.certificates = NodeCertificates{Trusted: []string{next}, Version: leader.state.Current().CARotation().Version}
	}
	leader.advance()
	rotate(true)
	if again := leader.expectStage(CAPrepared); again != next {
		t.Error("a second preparation made another CA")
	}
	rotate(false)
	leader.expectStage(CATrusting)
	leader.advance()
	leader.expectStage(CARenewing)
	rotate(false)
	if again := leader.expectStage(CARenewing); again != next {
		t.Error("a rotation that is under way was begun again")
	}
}

func TestAGivenCAMustBeOneThatCanSign(t *testing.T) {
	n := oneNode(t)
	w := n.world
	good := w.newCA("x")
	usual := x509.Certificate{IsCA: true, BasicConstraintsValid: true, NotBefore: w.now.Add(-time.Hour), NotAfter: w.now.Add(time.Hour)}
	leaf, over, early, other, names, purpose, critical := usual, usual, usual, usual, usual, usual, usual
	leaf.IsCA = false
	over.NotAfter = w.now.Add(-time.Minute)
	early.NotBefore = w.now.Add(time.Minute)
	other.KeyUsage = x509.KeyUsageDigitalSignature
	names.PermittedDNSDomains, names.PermittedDNSDomainsCritical = []string{"jeton.example"}, true
	purpose.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	critical.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	for want, ca := range map[string]fsm.CA{
		"its certificate is not PEM":                      {Certificate: "rubbish", Key: good.Key},
		"its key is not PEM":                              {Certificate: good.Certificate, Key: "rubbish"},
		"its key is not that of its certificate":          {Certificate: good.Certificate, Key: w.newCA("y").Key},
		"its certificate is not that of a CA":             w.certify(leaf),
		"its certificate expired on":                      w.certify(over),
		"its certificate is not good before":              w.certify(early),
		"its certificate is not for signing certificates": w.certify(other),
		"is not permitted by any constraint":              w.certify(names),
		"specifies an incompatible key usage":             w.certify(purpose),
		"unhandled critical extension":                    w.certify(critical),
	} {
		err := n.BeginCARotation(t.Context(), ca)
		var refused *NodeError
		if !errors.As(err, &refused) || refused.Kind != NodeInvalid || !strings.Contains(refused.Reason, want) {
			t.Errorf("refused with %v, want %s", err, want)
		}
	}
	n.leader.expectTrips(0, 0)
	for range 2 {
		if err := n.BeginCARotation(t.Context(), good); err != nil {
			t.Errorf("a good one: %v", err)
		}
	}
	var refused *NodeError
	if err := n.BeginCARotation(t.Context(), w.newCA("z")); !errors.As(err, &refused) || refused.Kind != NodeConflict {
		t.Errorf("a second rotation beside the first: %v", err)
	}
}

// Back to the CA before: a node that lags trusts it still, and is about to give it up.
func TestAnAnswerFromAFormerRotationIsNotCounted(t *testing.T) {
	r := fsm.CARotation{Version: 9, Fingerprint: "a", Next: &fsm.CA{}}
	late := NodeCA{Answers: true, NodeCertificates: NodeCertificates{Trusted: []string{"b", "a"}, Version: 7}}
	if step := NextCAStep(r, []NodeCA{late}); step != nil {
		t.Errorf("%T by the list of a rotation before", step)
	}
	late.Version = 9
	if step := NextCAStep(r, []NodeCA{late}); step == nil {
		t.Error("no step though the node trusts the CA by this rotation")
	}
}
