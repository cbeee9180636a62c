package httpapi

import (
	"context"
	"time"

	"jeton/security"
)

type caBody struct {
	PEM   string       `json:"certificate"` // of all CAs, the one that signs first
	CAs   []caCertBody `json:"cas"`
	Stage string       `json:"stage"` // idle, prepared, trusting or renewing
	Nodes []caNodeBody `json:"nodes"` // sorted by name
}

type caCertBody struct {
	Role        string `json:"role"`        // current, next or former
	Fingerprint string `json:"fingerprint"` // hex SHA-256
	Expires     string `json:"expires"`     // RFC 3339, UTC
}

type caNodeBody struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Answers bool     `json:"answers"`
	Trusted []string `json:"trusted"`   // fingerprints
	Issuer  string   `json:"issuer"`    // fingerprint of the CA that its certificate is from
	Expires string   `json:"expires"`   // of its certificate; RFC 3339, UTC
	Waits   string   `json:"waits_for"` // what a rotation waits for at this node; empty: nothing
}

func (s *server) caStatus(ctx context.Context, r *request) (answer, error) {
	status, err := s.security.CAStatus(ctx, r.who)
	return ok(caBodyOf(status)), err
}

// rotateCA takes an optional `prepare`, and answers as soon as the rotation has
// begun.
func (s *server) rotateCA(ctx context.Context, r *request) (answer, error) {
	var prepare bool
	if err := r.decodeBody("ca_rotation_request", map[string]any{"prepare": &prepare}); err != nil {
		return answer{}, err
	}
	return ok(acknowledged{true}), s.security.RotateCA(ctx, r.who, prepare)
}

func caBodyOf(status security.CAStatus) caBody {
	body := caBody{PEM: string(status.Certificates), Stage: string(status.Stage), CAs: []caCertBody{}, Nodes: []caNodeBody{}}
	for _, ca := range status.CAs {
		body.CAs = append(body.CAs, caCertBody{ca.Role, ca.Fingerprint, utc(ca.Expires)})
	}
	for _, n := range status.Nodes {
		node := caNodeBody{ID: n.ID, Name: n.Name, Answers: n.Answers, Trusted: []string{}, Issuer: n.Issuer, Expires: utc(n.Expires), Waits: n.Waits}
		node.Trusted = append(node.Trusted, n.Trusted...)
		body.Nodes = append(body.Nodes, node)
	}
	return body
}

// utc is a time in RFC 3339; "" for none.
func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
