package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestErrorsKeepTheirMeaningOnTheWire(t *testing.T) {
	for _, want := range []error{errNotLeader, ErrNoLeader, ErrUnknown, ErrNotMember, ErrOverloaded} {
		for _, err := range []error{want, fmt.Errorf("in a story: %w", want)} {
			if got := overTheWire(t, err); !errors.Is(got, want) || definite(got) != definite(want) || mayBeDone(got) != mayBeDone(want) {
				t.Errorf("%v arrives as %v", err, got)
			}
		}
	}
	var refusal *Refusal
	if got := overTheWire(t, &Refusal{"the name is taken"}); !errors.As(got, &refusal) || refusal.Reason != "the name is taken" {
		t.Errorf("a refusal arrives as %v", got)
	}
	got := overTheWire(t, errors.New("disk full"))
	if got.Error() != "disk full" || definite(got) || mayBeDone(got) {
		t.Errorf("another error arrives as %v", got)
	}
	if got := (wireError{Code: "from the future", Message: "what is this"}).toError(); got.Error() != "what is this" || definite(got) {
		t.Errorf("an unknown code is read as %v", got)
	}
}

func overTheWire(t *testing.T, err error) error {
	t.Helper()
	data, fail := json.Marshal(toWire(err))
	if fail != nil {
		t.Fatal(fail)
	}
	var w wireError
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	return w.toError()
}

// clientOf is an rpcClient whose every connection goes to the address.
func clientOf(address string) *rpcClient {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		},
	}}
	return &rpcClient{quick: client, waiting: client}
}

// TestAnAnswerThatIsNotUnderstoodIsALostOne: the question may have been carried
// out, whatever the answer was.
func TestAnAnswerThatIsNotUnderstoodIsALostOne(t *testing.T) {
	for about, answer := range map[string]func(w http.ResponseWriter){
		"no JSON":                  func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") },
		"half of it":               func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"index":`) },
		"nothing":                  func(http.ResponseWriter) {},
		"a status of its own":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) },
		"an error that is no JSON": func(w http.ResponseWriter) { w.WriteHeader(http.StatusConflict) },
		"a broken connection":      func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"a body that breaks off": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"index":1}`)
		},
		"more than the bound": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `"`+strings.Repeat("x", maxBody)+`"`)
		},
	} {
		t.Run(about, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
			defer server.Close()
			client := clientOf(server.Listener.Addr().String())
			defer client.close()
			var got any
			if err := client.call(within(t, patience), "node1", rpcPropose, []byte("entry"), &got); !errors.Is(err, errLost) {
				t.Errorf("%v, want %v", err, errLost)
			}
		})
	}
}

// TestAQuestionIsNotSentTwice: net/http repeats requests by itself where it
// takes that for safe.
func TestAQuestionIsNotSentTwice(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == "entry" {
			asked.Add(1)
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	client := clientOf(server.Listener.Addr().String())
	defer client.close()
	for range 20 {
		_ = client.call(within(t, patience), "node1", rpcStatus, nil, &struct{}{}) // a connection to use again
		if err := client.call(within(t, patience), "node1", rpcPropose, []byte("entry"), new(any)); !errors.Is(err, errLost) {
			t.Fatalf("%v, want %v", err, errLost)
		}
	}
	server.Close()
	if n := asked.Load(); n != 20 {
		t.Errorf("20 questions arrived %d times", n)
	}
}

// TestNothingIsAnsweredAfterAClose: what still ran would find the stores closed.
func TestNothingIsAnsweredAfterAClose(t *testing.T) {
	queue := newConnQueue(nodeAddr("here"))
	defer queue.Close()
	began := make(chan struct{})
	var ended atomic.Bool
	server := serveRPC(queue, memberLimits, map[string]rpcHandler{rpcStatus: func(ctx context.Context, _ string, _ []byte) (any, error) {
		close(began)
		<-ctx.Done()
		wait(t.Context(), 50*time.Millisecond)
		ended.Store(true)
		return nil, ctx.Err()
	}}, slog.New(slog.DiscardHandler))
	near, far := net.Pipe()
	defer near.Close()
	go queue.put(far)
	if _, err := io.WriteString(near, "POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-began
	server.close()
	if !ended.Load() {
		t.Error("closed while a question was being answered")
	}
}

func TestMalformedQuestionsAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		if json.Valid(body) {
			t.Skip()
		}
		_, err := decode[JoinRequest](body)
		var refusal *Refusal
		if !errors.As(err, &refusal) {
			t.Fatalf("%v, want a refusal", err)
		}
	})
}
