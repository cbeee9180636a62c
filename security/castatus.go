package security

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"jeton/fsm"
	"jeton/security/account"
)

// CAStage is how far a rotation of the cluster's CA has come.
type CAStage string

// The stages, in their order.
const (
	CAIdle     CAStage = "idle"     // there is one CA
	CAPrepared CAStage = "prepared" // as CATrusting, and held there
	CATrusting CAStage = "trusting" // every node learns to trust the next CA
	CARenewing CAStage = "renewing" // every node gets a certificate of the new CA
)

// CAStatus tells of the cluster's CA.
type CAStatus struct {
	Certificates []byte // PEM of all CAs, for clients; the one that signs is the first
	CAs          []CA   // the same ones in the same order
	Stage        CAStage
	Nodes        []NodeCA // sorted by name
}

// CA is a certificate authority whose certificates the nodes trust.
type CA struct {
	Role        string // "current", "next" or "former"
	Fingerprint string // hex SHA-256 of the DER
	Expires     time.Time
}

// NodeCertificates is what a node says of the certificates that it works with.
type NodeCertificates struct {
	// Trusted are the fingerprints of the CAs that it trusts, and would trust after
	// a restart.
	Trusted []string `json:"trusted"`
	// Version is the step of a rotation that Trusted is from: a list of a former
	// rotation may hold the next CA too, and be given up yet.
	Version uint64 `json:"version"`
	// Issuer is the fingerprint of the CA that its own certificate comes from.
	Issuer  string    `json:"issuer"`
	Expires time.Time `json:"expires"` // of its own certificate
}

// NodeCA is a member's part in a rotation.
type NodeCA struct {
	ID, Name string
	Answers  bool
	NodeCertificates
	// Waits is what the rotation waits for at this node, and what to do about it;
	// "" where it waits for nothing.
	Waits string
}

// CAStatus tells of the cluster's own CA and asks every member for its
// certificates. Errors: *PermissionError, ErrNoLeader while this node knows of no
// cluster.
func (s *Service) CAStatus(ctx context.Context, who Identity) (CAStatus, error) {
	if err := s.authorize(ctx, who, account.ActionGetCA); err != nil {
		return CAStatus{}, err
	}
	state := s.state.Current()
	if state.CA() == nil {
		return CAStatus{}, ErrNoLeader
	}
	r := state.CARotation()
	status := CAStatus{Stage: stageOf(r), Nodes: s.nodesForCA(ctx, r)}
	status.add("current", state.CA().Certificate)
	if r.Next != nil {
		status.add("next", r.Next.Certificate)
	}
	if r.Former != "" {
		status.add("former", r.Former)
	}
	return status, nil
}

func (c *CAStatus) add(role, certificate string) {
	c.Certificates = append(c.Certificates, certificate...)
	ca := CA{Role: role}
	if parsed, err := parseCertificate(certificate); err == nil {
		ca.Fingerprint, ca.Expires = fingerprintOf(parsed), parsed.NotAfter
	}
	c.CAs = append(c.CAs, ca)
}

// CAStageOf is the stage of a state.
func CAStageOf(state *fsm.State) CAStage { return stageOf(state.CARotation()) }

func stageOf(r fsm.CARotation) CAStage {
	switch {
	case r.Former != "":
		return CARenewing
	case r.Next == nil:
		return CAIdle
	case r.Held:
		return CAPrepared
	}
	return CATrusting
}

// nodesForCA asks every server of the configuration for its certificates.
func (s *Service) nodesForCA(ctx context.Context, r fsm.CARotation) []NodeCA {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var nodes []NodeCA
	for _, a := range s.peers.Ask(ctx, topicCerts, nil) {
		n := NodeCA{ID: a.Member.ID, Name: a.Member.Name}
		err := a.Err
		if err == nil {
			err = json.Unmarshal(a.Body, &n.NodeCertificates)
		}
		n.Answers = err == nil
		if n.Waits = n.waits(r); !n.Answers && n.Waits != "" {
			n.Waits += " (" + err.Error() + ")"
		}
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b NodeCA) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return nodes
}

func (n NodeCA) waits(r fsm.CARotation) string {
	switch {
	case !r.UnderWay():
		return ""
	case !n.Answers:
		return "does not answer: start it, or remove it with `jeton node remove " + n.Name + "`"
	case r.Next != nil && (n.Version < r.Version || !slices.Contains(n.Trusted, r.Fingerprint)):
		return "does not trust the next CA yet; if that lasts, its log says why"
	case r.Next == nil && (n.Version < r.Version || n.Issuer != r.Fingerprint):
		return "has no certificate of the new CA yet; if that lasts, its log says why"
	}
	return ""
}
