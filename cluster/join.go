package cluster

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hashicorp/raft"
)

// JoinRequest is a newcomer's, over a connection on which it has checked the
// cluster's CA already.
type JoinRequest struct {
	TokenID string `json:"token_id"`
	Secret  string `json:"secret"`
	Node    Node   `json:"node"`
	CSR     []byte `json:"csr"`             // DER
	Level   int    `json:"level,omitempty"` // the newest feature level that it knows
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
	return c.letIn(ctx, req, func() error { return c.cfg.Registry.Admit(ctx, req, c.inCluster) })
}

// letIn does it, whatever it is by which the registry admits the node.
func (c *Cluster) letIn(ctx context.Context, req JoinRequest, record func() error) (Joined, error) {
	node := req.Node
	if _, ok := c.reigning(); !ok {
		return Joined{}, errNotLeader
	}
	leave, err := c.enterMembership(ctx)
	if err != nil {
		return Joined{}, err
	}
	defer leave()
	if err := c.checkJoin(req); err != nil {
		return Joined{}, err
	}
	if err := record(); err != nil {
		return Joined{}, err
	}
	// Again: a raise whose outcome was not known may have been before the record.
	// After it there is none, because whoever raises asks all that are recorded.
	if err := c.checkLevel(req); err != nil {
		return Joined{}, err
	}
	if _, err := c.cfg.Registry.Sign(req.CSR, node.ID); err != nil { // before it is a server
		return Joined{}, badCSR(err)
	}
	if err := c.book.learn(node); err != nil {
		return Joined{}, fmt.Errorf("write the address book: %w", err)
	}
	if !c.inCluster(node.ID) {
		future := c.raft.AddNonvoter(raft.ServerID(node.ID), raft.ServerAddress(node.ID), 0, c.timing.Attempt)
		if err := await(c.ctx, future); err != nil {
			return Joined{}, appendError(err)
		}
	}
	// Once more, from a state that is no older than the node's place in the
	// configuration: whoever waits for all servers to trust a CA waits for this one,
	// or this one learns of the CA here.
	certificate, err := c.cfg.Registry.Sign(req.CSR, node.ID)
	if err != nil {
		return Joined{}, badCSR(err)
	}
	c.log.Info("node joined the cluster", "node", node.ID, "name", node.Name)
	return Joined{Certificate: certificate, Nodes: c.cfg.Registry.Nodes()}, nil
}

// checkJoin refuses what is known to be in vain before it costs a token and a
// record. It signs nothing: nobody has looked at the token yet.
func (c *Cluster) checkJoin(req JoinRequest) error {
	// No other change is under way, so it stays without a vote.
	if c.suffrage(req.Node.ID) == raft.Voter {
		return errCopy
	}
	csr, err := x509.ParseCertificateRequest(req.CSR)
	if err == nil {
		err = csr.CheckSignature()
	}
	if err != nil {
		return badCSR(err)
	}
	return c.checkLevel(req)
}

func badCSR(err error) error {
	return &Refusal{"the certificate request was refused: " + err.Error()}
}

// RequestJoin asks the token's addresses, one after the other, to let this node
// in, which knows feature levels up to the given one. A *Refusal is final; any other error means that it may be tried again.
// The answer must be kept (KeepJoined) before the cluster is opened.
func RequestJoin(ctx context.Context, token JoinToken, node Node, level int, csr []byte) (Joined, error) {
	body, err := json.Marshal(JoinRequest{TokenID: token.ID, Secret: token.Secret, Node: node, Level: level, CSR: csr})
	if err != nil {
		return Joined{}, err
	}
	var errs []error
	for _, address := range token.Addresses {
		joined, err := requestJoin(ctx, address, token.fingerprints(), body)
		var refusal *Refusal
		if err == nil || errors.As(err, &refusal) {
			return joined, err
		}
		errs = append(errs, fmt.Errorf("%s: %w", address, err))
	}
	return Joined{}, errors.Join(errs...)
}

func requestJoin(ctx context.Context, address string, fingerprints []string, body []byte) (Joined, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	data, err := askOnce(ctx, rpcJoin, body, func(ctx context.Context) (net.Conn, error) {
		return dialJoin(ctx, address, fingerprints...)
	})
	if err != nil {
		return Joined{}, err
	}
	return decode[Joined](data)
}

// askOnce puts a newcomer's one question over a connection of its own.
func askOnce(ctx context.Context, rpc string, body []byte, dial func(context.Context) (net.Conn, error)) ([]byte, error) {
	transport := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableKeepAlives: true,
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cluster/"+rpc, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return nil, wrapped.Err // the URL says nothing to anybody
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		var e wireError
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("status %s", res.Status)
		}
		return nil, e.toError()
	}
	return data, nil
}

// dialJoin connects to a member that this node cannot know yet. The token's
// secret is sent only after this: the certificate at the other end must come
// from a CA whose fingerprint the token holds.
func dialJoin(ctx context.Context, address string, fingerprints ...string) (net.Conn, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{protoJoin},
		InsecureSkipVerify: true, // VerifyConnection pins the CA instead
		VerifyConnection: func(cs tls.ConnectionState) error {
			for _, cert := range cs.PeerCertificates {
				if slices.Contains(fingerprints, fingerprint(cert.Raw)) {
					roots := x509.NewCertPool()
					roots.AddCert(cert)
					_, err := verifyPeer(cs.PeerCertificates, roots)
					return err
				}
			}
			return errors.New("the node at " + address + " does not belong to the cluster that the join token is for, or the cluster's CA has been replaced since the token was made: make a new token with `jeton node join-token`")
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
