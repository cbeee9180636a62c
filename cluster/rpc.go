package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The peers' questions to each other are HTTP/1.1 requests over the cluster
// port's mutual TLS: a body, an answer, and errors as codes.

// rpcLimits bound what one who asks may cost.
type rpcLimits struct {
	body      int64         // bytes of a question
	read      time.Duration // for a whole question
	keepAlive bool          // whether a connection is for more than one
}

// maxBody bounds a question between members and every answer, in bytes.
const maxBody = 4 << 20

var (
	memberLimits = rpcLimits{body: maxBody, read: 30 * time.Second, keepAlive: true}
	// A newcomer's question is read before anything is known of who asks.
	newcomerLimits = rpcLimits{body: 64 << 10, read: handshakeTimeout}
)

var (
	// errUnreached: the question was never sent.
	errUnreached = errors.New("cluster: the node could not be reached")
	// errLost: the question was sent and the answer was lost.
	errLost = errors.New("cluster: the node's answer was lost")
)

// codes are the errors that cross the wire.
var codes = map[string]error{
	"not_leader": errNotLeader,
	"no_leader":  ErrNoLeader,
	"unknown":    ErrUnknown,
	"not_member": ErrNotMember,
	"overloaded": ErrOverloaded,
}

type wireError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

const (
	codeRefusal = "refused"
	codeNotYet  = "not_yet"
	codeFailed  = "failed"
)

func toWire(err error) wireError {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return wireError{codeRefusal, refusal.Reason}
	}
	var notYet *NotYet
	if errors.As(err, &notYet) {
		return wireError{codeNotYet, notYet.Reason}
	}
	for code, sentinel := range codes {
		if errors.Is(err, sentinel) {
			return wireError{code, err.Error()}
		}
	}
	return wireError{codeFailed, err.Error()}
}

func (e wireError) toError() error {
	if e.Code == codeRefusal {
		return &Refusal{e.Message}
	}
	if e.Code == codeNotYet {
		return &NotYet{e.Message}
	}
	if sentinel, ok := codes[e.Code]; ok {
		return sentinel
	}
	return errors.New(e.Message)
}

// maxPeerConns bounds a node's connections for questions to another.
const maxPeerConns = 128

// rpcHandler answers a question of the peer with the id, which is "" for a
// newcomer.
type rpcHandler func(ctx context.Context, peer string, body []byte) (any, error)

// rpcServer answers questions from a queue's connections.
type rpcServer struct {
	http      *http.Server
	answering sync.RWMutex // held for reading while a handler runs
	closed    bool
}

func serveRPC(queue *connQueue, limits rpcLimits, handlers map[string]rpcHandler, log *slog.Logger) *rpcServer {
	s := &rpcServer{}
	mux := http.NewServeMux()
	for name, h := range handlers {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limits.body))
			if err != nil {
				reply(w, nil, err)
				return
			}
			s.answering.RLock()
			defer s.answering.RUnlock()
			if s.closed {
				return
			}
			peer, _ := r.Context().Value(peerKey{}).(string)
			answer, err := h(r.Context(), peer, body)
			reply(w, answer, err)
		})
	}
	s.http = &http.Server{
		Handler:        mux,
		ReadTimeout:    limits.read,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 8 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, c.(peerConn).id)
		},
	}
	s.http.SetKeepAlivesEnabled(limits.keepAlive)
	go func() { _ = s.http.Serve(peerListener{queue}) }()
	return s
}

// close ends what is being answered, and returns when nothing is any more. An
// http.Server's Shutdown would wait for connections that have not asked yet.
func (s *rpcServer) close() {
	_ = s.http.Close()
	s.answering.Lock()
	defer s.answering.Unlock()
	s.closed = true
}

func reply(w http.ResponseWriter, answer any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(toWire(err))
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

type peerKey struct{}

// peerListener hides the TLS connection from net/http, which would look for a
// protocol of its own in it, and keeps the id that it proved.
type peerListener struct{ *connQueue }

type peerConn struct {
	net.Conn
	id string
}

// Accept implements net.Listener.
func (l peerListener) Accept() (net.Conn, error) {
	c, err := l.connQueue.Accept()
	if err != nil {
		return nil, err
	}
	return peerConn{Conn: c, id: connID(c)}, nil
}

// rpcClient asks members.
type rpcClient struct {
	quick *http.Client
	// waiting is for questions that may take as long as a lease: with connections
	// of their own they keep none from rounds and creates.
	waiting *http.Client
}

// waits are the questions whose answer may wait for a lease to end.
var waits = map[string]bool{rpcRevoke: true, rpcRemove: true, rpcTransfer: true, rpcDemote: true, rpcAdmit: true}

func newRPCClient(d *dialer) *rpcClient {
	return &rpcClient{quick: newHTTPClient(d), waiting: newHTTPClient(d)}
}

func newHTTPClient(d *dialer) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			id, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			conn, err := d.dial(ctx, id, protoPeer)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errUnreached, err)
			}
			return conn, nil
		},
		MaxIdleConnsPerHost: maxPeerConns,
		MaxConnsPerHost:     maxPeerConns,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true,
	}}
}

// call asks the member a question and decodes its answer into answer. Beside
// the member's own errors it returns errUnreached when the question was
// certainly not sent, and errLost when it may have been.
func (c *rpcClient) call(ctx context.Context, id, name string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+id+"/"+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.GetBody = nil // never sent twice behind our back
	client := c.quick
	if waits[name] {
		client = c.waiting
	}
	res, err := client.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the address, which is made up
	}
	if errors.Is(err, errUnreached) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		if err := json.Unmarshal(data, answer); err != nil {
			return fmt.Errorf("%w: %w", errLost, err)
		}
		return nil
	case http.StatusConflict:
		var e wireError
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("%w: %w", errLost, err)
		}
		return e.toError()
	case http.StatusNotFound:
		return &Refusal{"the node that was asked runs a release that does not know [" + name + "]: upgrade every node first"}
	default:
		return fmt.Errorf("%w: status %s", errLost, res.Status)
	}
}

func (c *rpcClient) close() {
	c.quick.CloseIdleConnections()
	c.waiting.CloseIdleConnections()
}
