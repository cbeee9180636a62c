package httpapi

import (
	"context"
	"time"

	"jeton/security"
)

func (d *domain) CAStatus(_ context.Context, who security.Identity) (security.CAStatus, error) {
	end := time.Date(2046, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	return security.CAStatus{
		Certificates: []byte("-----BEGIN CERTIFICATE-----\n"),
		Stage:        security.CATrusting,
		CAs:          []security.CA{{Role: "current", Fingerprint: "aa", Expires: end}, {Role: "next", Fingerprint: "bb"}},
		Nodes: []security.NodeCA{
			{ID: "a", Name: "node0", Answers: true, NodeCertificates: security.NodeCertificates{Trusted: []string{"aa", "bb"}, Issuer: "aa", Expires: end}},
			{ID: "b", Name: "node1", Waits: "does not answer"},
		},
	}, may(who, "cluster:monitor/jeton/ca", "monitor", "manage", "all")
}

// RotateCA refuses one that is only prepared.
func (d *domain) RotateCA(_ context.Context, who security.Identity, hold bool) error {
	if hold {
		return &security.NodeError{Kind: security.NodeConflict, Reason: "another rotation is under way"}
	}
	return may(who, "cluster:admin/jeton/ca/rotate", "manage", "all")
}
