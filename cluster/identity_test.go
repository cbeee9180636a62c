package cluster

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// impostor listens with a certificate of its own and counts the bytes that it
// is told after the handshake.
type impostor struct {
	address string
	heard   chan []byte // once for each connection
}

func newImpostor(t testing.TB, cert tls.Certificate) *impostor {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{protoRaft, protoPeer, protoJoin},
		ClientAuth:   tls.RequestClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	i := &impostor{address: listener.Addr().String(), heard: make(chan []byte, 16)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(patience))
			heard, _ := io.ReadAll(conn)
			_ = conn.Close()
			i.heard <- heard
		}
	}()
	return i
}

func TestTheDialerAcceptsOnlyTheNodeThatItAskedFor(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	m, peer := tm.members[0], tm.members[1]
	strangers := &team{t: t, ca: newCA(t)}
	for _, c := range []struct {
		about string
		cert  *tls.Certificate
		says  []string
	}{
		{"another node of the cluster", tm.sign("somebody-else"), []string{"node somebody-else answers at", "where node " + peer.self.ID + " was expected"}},
		{"a node of another cluster that took the id", strangers.sign(peer.self.ID), []string{"unknown authority"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			other := newImpostor(t, *c.cert)
			d := m.dialer()
			d.addresses = func(string) []string { return []string{other.address} }
			for _, proto := range []string{protoRaft, protoPeer} {
				conn, err := d.dial(within(t, patience), peer.self.ID, proto)
				if err == nil {
					_ = conn.Close()
				}
				wantError(t, err, c.says...)
				if heard := <-other.heard; len(heard) > 0 {
					t.Errorf("it was told %d bytes", len(heard))
				}
			}
		})
	}
	t.Run("the node itself, found at its second address", func(t *testing.T) {
		other := newImpostor(t, *tm.sign("somebody-else"))
		d := m.dialer()
		d.addresses = func(string) []string { return []string{other.address, peer.self.TransportAddress} }
		conn, err := d.dial(within(t, patience), peer.self.ID, protoPeer)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if id := connID(conn); id != peer.self.ID {
			t.Errorf("connected to %q", id)
		}
	})
	t.Run("a node of which no address is known", func(t *testing.T) {
		_, err := m.dialer().dial(within(t, patience), "nobody", protoPeer)
		wantError(t, err, "no address of node nobody is known")
	})
}

// TestStrangersCannotUseTheMembersProtocols: a TLS 1.3 client has shaken hands
// before it hears of a refusal, so what counts is that nothing is answered.
func TestStrangersCannotUseTheMembersProtocols(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	strangers := &team{t: t, ca: newCA(t)}
	nameless := tm.sign("")
	for about, certs := range map[string][]tls.Certificate{
		"no certificate":                     nil,
		"a certificate of another CA":        {*strangers.sign(tm.members[0].self.ID)},
		"a certificate that names no node":   {*nameless},
		"the CA's certificate, and its key":  {*keyPair(t, Certificate{CA: tm.ca.Certificate}, tm.ca.Key)},
		"a newcomer's way in, and a request": nil,
	} {
		t.Run(about, func(t *testing.T) {
			for _, protos := range [][]string{{protoRaft}, {protoPeer}, {protoPeer, protoRaft}, {"h2", "http/1.1"}, nil} {
				config := &tls.Config{InsecureSkipVerify: true, NextProtos: protos, Certificates: certs}
				conn, err := tls.Dial("tcp", tm.members[0].self.TransportAddress, config)
				if err != nil {
					continue // refused outright
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(conn, "POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
				answer, err := io.ReadAll(conn)
				if len(answer) > 0 || isTimeout(err) {
					t.Errorf("%v: answered %q, %v", protos, answer, err)
				}
			}
		})
	}
	t.Run("whoever names the join protocol gets no other", func(t *testing.T) {
		config := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protoPeer, protoJoin}}
		conn, err := tls.Dial("tcp", tm.members[0].self.TransportAddress, config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if p := conn.ConnectionState().NegotiatedProtocol; p != protoJoin {
			t.Fatalf("got %q", p)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, "POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 404") {
			t.Errorf("a newcomer's question for the status was answered %q", answer)
		}
	})
}

// TestNoSessionIsResumed: one that is would skip the checks of certificates.
func TestNoSessionIsResumed(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	config := &tls.Config{
		InsecureSkipVerify: true,
		NextProtos:         []string{protoPeer},
		Certificates:       []tls.Certificate{*tm.members[1].cert},
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
		ServerName:         "node",
	}
	for range 3 {
		conn, err := tls.Dial("tcp", tm.members[0].self.TransportAddress, config)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		answer, _ := io.ReadAll(conn) // tickets would come with it
		_ = conn.Close()
		if conn.ConnectionState().DidResume || !strings.Contains(string(answer), "200 OK") {
			t.Errorf("resumed: %v, answered %q", conn.ConnectionState().DidResume, answer)
		}
	}
}

func TestAWipedMachineDoesNotAnswerAsItsFormerSelf(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	wiped, down := tm.others(leader)[0], tm.others(leader)[1]
	former := wiped.self
	wiped.stop()
	down.stop()
	// The same machine and address, a fresh directory: another id.
	wiped.dir = t.TempDir()
	wiped.self.ID = NewID()
	wiped.cert = tm.sign(wiped.self.ID)
	wiped.listenAndOpen(false)
	var err error
	tm.eventually("the connections to the former machine to be given up", func() bool {
		err = leader.wire.call(within(t, patience), former.ID, rpcTerm, nil, &termAnswer{})
		return !errors.Is(err, errLost)
	})
	if !errors.Is(err, errUnreached) {
		t.Errorf("%v, want %v", err, errUnreached)
	}
	wantError(t, err, "node "+wiped.self.ID+" answers at "+former.TransportAddress)
	// With it the leader would have a majority.
	ctx := within(t, 500*time.Millisecond)
	if err := leader.CatchUp(ctx); err == nil {
		t.Error("the wiped machine confirmed a leader")
	}
	if err := leader.Commit(ctx, command{ID: "with one voter of three"}.entry()); err == nil {
		t.Error("the wiped machine acknowledged an entry")
	}
	down.restart()
	tm.leaderOf(leader, down).commit(command{ID: "with two voters of three"})
	// It may join, as somebody else.
	wiped.stop()
	wiped.requestJoin(tm.newToken(down))
	wiped.restart()
	wiped.catchUp()
	if !wiped.machine.has("with two voters of three") {
		t.Error("the new node does not follow")
	}
}

func TestAnUnknownCertificateHasNoID(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	if id := connID(near); id != "" {
		t.Errorf("a plain connection proved the id %q", id)
	}
	if id := connID(tls.Client(near, &tls.Config{InsecureSkipVerify: true})); id != "" {
		t.Errorf("a connection without a certificate proved the id %q", id)
	}
}
