package httpapi

import (
	"context"
	"time"

	"jeton/security"
)

// The routes under /_jeton are Jeton's own; their field names do not change.

type membersBody struct {
	ClusterName string       `json:"cluster_name"`
	Nodes       []memberBody `json:"nodes"`
	Consistency string       `json:"consistency"` // the cluster's mode
	Level       int          `json:"level"`       // the cluster's feature level
}

type memberBody struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Role             string `json:"role"` // voter, nonvoter (it will vote), replica (it never votes)
	Leader           bool   `json:"leader"`
	Answers          bool   `json:"answers"`
	Version          string `json:"version"`
	TransportAddress string `json:"transport_address"`
	HTTPAddress      string `json:"http_address"`
	Index            uint64 `json:"index"`
	LeaseMillis      int64  `json:"lease_left_in_millis"` // 0: it asks a leader before it says yes
	Level            int    `json:"level"`                // the newest that its release knows; 0: no answer
	State            string `json:"state"`
	// What is null is not known.
	Lag                *int64  `json:"lag"`                    // entries behind the leader
	LastContactMillis  *int64  `json:"last_contact_in_millis"` // since it answered the leader
	CertificateExpires *string `json:"certificate_expires"`    // RFC 3339, UTC
}

func (s *server) members(ctx context.Context, r *request) (answer, error) {
	info, err := s.security.Nodes(ctx, r.who)
	body := membersBody{ClusterName: info.ClusterName, Nodes: make([]memberBody, 0, len(info.Nodes)), Consistency: info.Consistency, Level: info.Level}
	for _, n := range info.Nodes {
		body.Nodes = append(body.Nodes, memberOf(n))
	}
	return ok(body), err
}

func memberOf(n security.Node) memberBody {
	role := "nonvoter"
	switch {
	case n.Voter:
		role = "voter"
	case n.Replica:
		role = "replica"
	}
	body := memberBody{
		ID:               n.ID,
		Name:             n.Name,
		Role:             role,
		Leader:           n.Leader,
		Answers:          n.Answers,
		Version:          n.Version,
		TransportAddress: n.TransportAddress,
		HTTPAddress:      n.HTTPAddress,
		Index:            n.Index,
		LeaseMillis:      n.Lease.Milliseconds(),
		Level:            n.Level,
		State:            n.State,
	}
	if n.Lag >= 0 {
		body.Lag = &n.Lag
	}
	if n.Silence >= 0 {
		body.LastContactMillis = new(n.Silence.Milliseconds())
	}
	if !n.CertificateExpires.IsZero() {
		body.CertificateExpires = new(n.CertificateExpires.UTC().Format(time.RFC3339))
	}
	return body
}

type joinToken struct {
	Value   string `json:"join_token"`
	Expires string `json:"expires"` // RFC 3339, UTC
}

// createJoinToken takes an optional `ttl`, a time value.
func (s *server) createJoinToken(ctx context.Context, r *request) (answer, error) {
	ttl, err := r.decodeTTL()
	if err != nil {
		return answer{}, err
	}
	t, err := s.security.CreateJoinToken(ctx, r.who, ttl)
	return ok(joinToken{Value: t.Value, Expires: t.Expires.UTC().Format(time.RFC3339)}), err
}

func (r *request) decodeTTL() (time.Duration, error) {
	var text string
	if err := r.decodeBody("join_token_request", map[string]any{"ttl": &text}); err != nil || text == "" {
		return 0, err
	}
	ttl, err := parseTimeValue("ttl", text)
	if err == nil && ttl <= 0 {
		err = illegalArgument("[ttl] must be longer than nothing, but was [%s]", text)
	}
	return ttl, err
}

func (s *server) removeNode(ctx context.Context, r *request) (answer, error) {
	return ok(acknowledged{true}), s.security.RemoveNode(ctx, r.who, r.segment("name"))
}

func (s *server) promoteNode(ctx context.Context, r *request) (answer, error) {
	return ok(acknowledged{true}), s.security.PromoteNode(ctx, r.who, r.segment("name"))
}

func (s *server) demoteNode(ctx context.Context, r *request) (answer, error) {
	return ok(acknowledged{true}), s.security.DemoteNode(ctx, r.who, r.segment("name"))
}

func (s *server) leave(ctx context.Context, r *request) (answer, error) {
	return ok(acknowledged{true}), s.security.Leave(ctx, r.who)
}

// transferLeadership takes an optional `node`, the name of a voter.
func (s *server) transferLeadership(ctx context.Context, r *request) (answer, error) {
	var node string
	if err := r.decodeBody("transfer_request", map[string]any{"node": &node}); err != nil {
		return answer{}, err
	}
	return ok(acknowledged{true}), s.security.TransferLeadership(ctx, r.who, node)
}
