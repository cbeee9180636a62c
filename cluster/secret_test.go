package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

const storySecret = "a join secret for stories, long enough"

// quickSecret is stretched less than one that is used.
func quickSecret(t testing.TB, text, clusterName string) *JoinSecret {
	t.Helper()
	s, err := stretch(text, clusterName, 2)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// session is a TLS connection, seen from both ends.
func session(t *testing.T) (caller, answerer *tls.Conn) {
	t.Helper()
	certificate, err := ProvisionalCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan *tls.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			close(accepted)
			return
		}
		secure := tls.Server(conn, &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{protoForm}, Certificates: []tls.Certificate{certificate}})
		_ = secure.Handshake()
		accepted <- secure
	}()
	caller, err = tls.Dial("tcp", l.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{protoForm}, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	answerer = <-accepted
	t.Cleanup(func() { _, _ = caller.Close(), answerer.Close() })
	return caller, answerer
}

// meet lets the two prove themselves to each other, each hanging up on a proof that
// fails, as the nodes do.
func meet(t *testing.T, caller, answerer *tls.Conn, of, to *JoinSecret) (called, answered error) {
	t.Helper()
	ctx := within(t, patience)
	done := make(chan error, 1)
	go func() {
		err := to.answer(ctx, answerer)
		if err != nil {
			_ = answerer.Close()
		}
		done <- err
	}()
	called = of.prove(ctx, caller)
	if called != nil {
		_ = caller.Close()
	}
	return called, <-done
}

func TestBothSidesProveTheSecret(t *testing.T) {
	t.Parallel()
	mine, same := quickSecret(t, storySecret, "jeton"), quickSecret(t, storySecret, "jeton")
	caller, answerer := session(t)
	if called, answered := meet(t, caller, answerer, mine, same); called != nil || answered != nil {
		t.Errorf("%v, %v", called, answered)
	}
	for about, other := range map[string]*JoinSecret{
		"another secret":       quickSecret(t, strings.Repeat("another", 6), "jeton"),
		"another cluster.name": quickSecret(t, storySecret, "production"),
	} {
		caller, answerer := session(t)
		called, answered := meet(t, caller, answerer, mine, other)
		if !errors.Is(called, errUnproven) || !errors.Is(answered, errUnproven) {
			t.Errorf("%s: %v, %v", about, called, answered)
		}
	}
}

// One in the middle has a session with each side and passes on all that is said.
func TestOneInTheMiddleIsFoundOut(t *testing.T) {
	t.Parallel()
	secret := quickSecret(t, storySecret, "jeton")
	caller, toCaller := session(t)
	toAnswerer, answerer := session(t)
	go func() { _, _ = io.Copy(toAnswerer, toCaller); _ = toAnswerer.Close() }()
	go func() { _, _ = io.Copy(toCaller, toAnswerer); _ = toCaller.Close() }()
	called, answered := meet(t, caller, answerer, secret, secret)
	if !errors.Is(called, errUnproven) || !errors.Is(answered, errUnproven) {
		t.Errorf("%v, %v", called, answered)
	}
}

func TestAProofThatIsSentBackProvesNothing(t *testing.T) {
	t.Parallel()
	secret := quickSecret(t, storySecret, "jeton")
	caller, mirror := session(t)
	go func() { _, _ = io.Copy(mirror, mirror) }()
	if err := secret.prove(within(t, patience), caller); !errors.Is(err, errUnproven) {
		t.Error(err)
	}
}

func TestOneWhoSaysNothingIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	secret := quickSecret(t, storySecret, "jeton")
	ctx, cancel := context.WithCancel(t.Context())
	caller, answerer := session(t)
	_, _ = caller.Write([]byte("hello"))
	result := make(chan error, 1)
	go func() { result <- secret.answer(ctx, answerer) }()
	cancel()
	if err := <-result; err == nil {
		t.Error("half a nonce was enough")
	}
}

// An impostor speaks the protocol without the secret, and answers what it likes.
func TestAnAnswerWithoutAProofIsNotBelieved(t *testing.T) {
	t.Parallel()
	certificate, err := ProvisionalCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{protoForm}, Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	heard := make(chan []byte, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		nonce := make([]byte, nonceSize)
		_, _ = io.ReadFull(conn, nonce)
		_, _ = conn.Write(nonce)
		_, _ = io.ReadFull(conn, make([]byte, proofSize))
		_, _ = fmt.Fprintf(conn, "%32sHTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"state\":\"member\"}", "")
		rest, _ := io.ReadAll(conn)
		heard <- rest
	}()
	d := &discovery{secret: quickSecret(t, storySecret, "jeton"), tcp: (&net.Dialer{}).DialContext}
	var p presence
	if err := d.ask(within(t, patience), l.Addr().String(), rpcPresence, nil, &p); !errors.Is(err, errUnproven) || p.State != "" {
		t.Errorf("%v, %+v", err, p)
	}
	if rest := <-heard; len(rest) > 0 {
		t.Errorf("it was told %q", rest)
	}
}

func TestAJoinSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	s := quickSecret(t, storySecret, "jeton")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "config", fmt.Sprintf("%+v %v %#v %x %s", s, *s, s, s.key[:0], s))
	key := fmt.Sprintf("%x", s.key)
	if strings.Contains(log.String(), key[:8]) || strings.Contains(log.String(), fmt.Sprint(s.key[0], " ", s.key[1])) {
		t.Error(log.String())
	}
}

func TestStretchingCosts(t *testing.T) {
	t.Parallel()
	began := time.Now()
	if _, err := NewJoinSecret(storySecret, "jeton"); err != nil {
		t.Fatal(err)
	}
	t.Logf("a start, and each guess, costs %v", time.Since(began))
}
