package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Questions of those who have proven the join secret.
const (
	rpcPresence = "presence"
	rpcVote     = "vote"
)

// What a node says that it is.
const (
	stateFresh    = "fresh"    // knows of no cluster
	stateJoining  = "joining"  // has met a cluster, and is no member yet
	stateFounding = "founding" // was chosen to found
	stateMember   = "member"
)

// presence is a node's answer to whom it has proven the secret, and who has to it.
type presence struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	State string   `json:"state"`
	List  []string `json:"list,omitempty"`
	Vote  string   `json:"vote,omitempty"`
	Rank  int      `json:"rank,omitempty"` // of the candidate that the vote is for
}

// Bounds of a look around.
const (
	maxAddresses = 64 // that all hosts together may resolve to
	lookLimit    = 4 * time.Second
	// seededLimit bounds a join: the longest lease, and some more.
	seededLimit = 30 * time.Second
)

// discovery finds the nodes at the hosts that this one was given.
type discovery struct {
	hosts  []string // host:port
	secret *JoinSecret
	tcp    func(ctx context.Context, network, address string) (net.Conn, error)
	lookup func(ctx context.Context, host string) ([]string, error)
}

// sighting is what came of one address, or of a host that could not be resolved.
type sighting struct {
	address string
	presence
	err error
}

// look asks at all addresses of all hosts at the same time.
func (d *discovery) look(ctx context.Context) []sighting {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	seen := d.addresses(ctx)
	var asking sync.WaitGroup
	for i := range seen {
		if s := &seen[i]; s.err == nil {
			asking.Go(func() { s.err = d.ask(ctx, s.address, rpcPresence, nil, &s.presence) })
		}
	}
	asking.Wait()
	return seen
}

// addresses are those that the hosts have now; a name may have several.
func (d *discovery) addresses(ctx context.Context) []sighting {
	found := make([][]sighting, len(d.hosts))
	var asking sync.WaitGroup
	for i, host := range d.hosts {
		asking.Go(func() { found[i] = d.resolve(ctx, host) })
	}
	asking.Wait()
	var all []sighting
	for _, s := range slices.Concat(found...) {
		if len(all) < maxAddresses && !slices.ContainsFunc(all, func(o sighting) bool { return o.address == s.address }) {
			all = append(all, s)
		}
	}
	return all
}

func (d *discovery) resolve(ctx context.Context, hostPort string) []sighting {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return []sighting{{address: hostPort, err: err}}
	}
	addresses, err := d.lookup(ctx, host)
	if err != nil {
		return []sighting{{address: hostPort, err: err}}
	}
	var all []sighting
	for _, a := range addresses {
		all = append(all, sighting{address: net.JoinHostPort(a, port)})
	}
	return all
}

// ask puts one question to whoever proves the secret at the address. The question
// goes out, and the answer is read, only after that.
func (d *discovery) ask(ctx context.Context, address, rpc string, body []byte, answer any) error {
	data, err := askOnce(ctx, rpc, body, func(ctx context.Context) (net.Conn, error) { return d.dial(ctx, address) })
	if err != nil {
		return err
	}
	return json.Unmarshal(data, answer)
}

func (d *discovery) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := d.tcp(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	// The certificate says nothing to who knows nobody; the proof is bound to the
	// session instead.
	secure := tls.Client(conn, &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{protoForm},
		SessionTicketsDisabled: true,
		InsecureSkipVerify:     true,
	})
	err = secure.HandshakeContext(ctx)
	if err == nil {
		err = d.secret.prove(ctx, secure)
	}
	if err != nil {
		_ = conn.Close()
		return nil, explained(err)
	}
	return secure, nil
}

// explained adds what to do where the handshake's own words do not say it.
func explained(err error) error {
	if strings.Contains(err.Error(), "no application protocol") {
		return fmt.Errorf("%w: the node there takes no join secret; set cluster.join_secret_file there too", err)
	}
	return err
}
