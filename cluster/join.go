package cluster

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/raft"
)

// JoinRequest is a newcomer's, over a connection on which it has checked the
// cluster's CA already.
type JoinRequest struct {
	TokenID string `json:"token_id"`
	Secret  string `json:"secret"`
	Node    Node   `json:"node"`
	CSR     []byte `json:"csr"` // DER
}

// LogValue implements slog.LogValuer; the secret is left out.
func (r JoinRequest) LogValue() slog.Value { return slog.StringValue(r.printed()) }

// Format implements fmt.Formatter for every verb; the secret is left out.
func (r JoinRequest) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.printed()) }

func (r JoinRequest) printed() string { return "join of node " + r.Node.ID + " by token " + r.TokenID }

// Joined is the cluster's answer.
type Joined struct {
	Certificate Certificate `json:"certificate"`
	Nodes       []Node      `json:"nodes"` // whom to look for
}

// maxJoins bounds how many newcomers are dealt with at one time.
const maxJoins = 8

// joinNewcomer answers the one question that needs no certificate.
func (c *Cluster) joinNewcomer() rpcHandler {
	slots := make(chan struct{}, maxJoins)
	return func(ctx context.Context, _ string, body []byte) (any, error) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			return nil, ErrOverloaded
		}
		req, err := decode[JoinRequest](body)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, c.timing.Attempt)
		defer cancel()
		var joined Joined
		err = c.retry(ctx, c.timing.Attempt, func(ctx context.Context, leader string) error {
			if leader == c.cfg.Self.ID {
				var err error
				joined, err = c.admit(ctx, req)
				return err
			}
			return c.wire.call(ctx, leader, rpcJoin, body, &joined)
		})
		return joined, err
	}
}

// joinRPC is a newcomer's request that a member passes on.
func (c *Cluster) joinRPC(ctx context.Context, peer string, body []byte) (any, error) {
	if err := c.requireMember(peer); err != nil {
		return nil, err
	}
	req, err := decode[JoinRequest](body)
	if err != nil {
		return nil, err
	}
	return c.admit(ctx, req)
}

// admit runs on the leader: it spends the token, signs the certificate and adds
// the node as a non-voter. Each step may be done again by the same node with
// the same token, so a join that was cut off anywhere can be repeated.
func (c *Cluster) admit(ctx context.Context, req JoinRequest) (Joined, error) {
	if _, ok := c.reigning(); !ok {
		return Joined{}, errNotLeader
	}
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return Joined{}, err
	}
	defer leave()
	if err := c.cfg.Registry.Admit(ctx, req, c.inCluster); err != nil {
		return Joined{}, err
	}
	certificate, err := c.cfg.Registry.Sign(req.CSR, req.Node.ID)
	if err != nil {
		return Joined{}, &Refusal{"the certificate request was refused: " + err.Error()}
	}
	if err := c.book.learn(req.Node); err != nil {
		return Joined{}, fmt.Errorf("write the address book: %w", err)
	}
	if !c.inCluster(req.Node.ID) {
		future := c.raft.AddNonvoter(raft.ServerID(req.Node.ID), raft.ServerAddress(req.Node.ID), 0, c.timing.Attempt)
		if err := await(c.ctx, future); err != nil {
			return Joined{}, appendError(err)
		}
	}
	c.log.Info("node joined the cluster", "node", req.Node.ID, "name", req.Node.Name)
	return Joined{Certificate: certificate, Nodes: c.cfg.Registry.Nodes()}, nil
}

// RequestJoin asks the token's addresses, one after the other, to let this node
// in. A *Refusal is final; any other error means that it may be tried again.
// The answer must be kept (KeepJoined) before the cluster is opened.
func RequestJoin(ctx context.Context, token JoinToken, node Node, csr []byte) (Joined, error) {
	body, err := json.Marshal(JoinRequest{TokenID: token.ID, Secret: token.Secret, Node: node, CSR: csr})
	if err != nil {
		return Joined{}, err
	}
	var errs []error
	for _, address := range token.Addresses {
		joined, err := requestJoin(ctx, address, token.CA, body)
		var refusal *Refusal
		if err == nil || errors.As(err, &refusal) {
			return joined, err
		}
		errs = append(errs, fmt.Errorf("%s: %w", address, err))
	}
	return Joined{}, errors.Join(errs...)
}

func requestJoin(ctx context.Context, address, caFingerprint string, body []byte) (Joined, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialJoin(ctx, address, caFingerprint)
		},
		DisableKeepAlives: true,
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cluster/"+rpcJoin, bytes.NewReader(body))
	if err != nil {
		return Joined{}, err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return Joined{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return Joined{}, err
	}
	if res.StatusCode != http.StatusOK {
		var e wireError
		if err := json.Unmarshal(data, &e); err != nil {
			return Joined{}, fmt.Errorf("status %s", res.Status)
		}
		return Joined{}, e.toError()
	}
	return decode[Joined](data)
}

// dialJoin connects to a member that this node cannot know yet. The token's
// secret is sent only after this: the certificate at the other end must come
// from the CA whose fingerprint the token holds.
func dialJoin(ctx context.Context, address, caFingerprint string) (net.Conn, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{protoJoin},
		InsecureSkipVerify: true, // VerifyConnection pins the CA instead
		VerifyConnection: func(cs tls.ConnectionState) error {
			for _, cert := range cs.PeerCertificates {
				if subtle.ConstantTimeCompare([]byte(fingerprint(cert.Raw)), []byte(caFingerprint)) == 1 {
					roots := x509.NewCertPool()
					roots.AddCert(cert)
					_, err := verifyPeer(cs.PeerCertificates, roots)
					return err
				}
			}
			return errors.New("the node at " + address + " does not belong to the cluster that the join token is for")
		},
	}
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
}

// KeepJoined writes down whom the node has to look for, in the directory that
// Open will be given.
func KeepJoined(dir string, joined Joined) error {
	book, err := openAddressBook(dir)
	if err != nil {
		return err
	}
	return book.learn(joined.Nodes...)
}
