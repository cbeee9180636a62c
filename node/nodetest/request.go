package nodetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
)

// Answer is a node's answer to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON decodes the body.
func (a Answer) JSON(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		t.Fatalf("not a JSON object: %v in %q", err, a.Body)
	}
	return v
}

// Option changes a request.
type Option func(*http.Request)

// Bearer presents a token instead of elastic's password.
func Bearer(value string) Option {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+value) }
}

// Header sets a header; with an empty value it removes it.
func Header(name, value string) Option {
	return func(r *http.Request) {
		if r.Header.Del(name); value != "" {
			r.Header.Set(name, value)
		}
	}
}

// OnceSent calls f when the request has been written to the connection.
func OnceSent(f func()) Option {
	return func(r *http.Request) {
		trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { f() }}
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
	}
}

// Try sends a request to the node as elastic, and does not send it again.
func (n *Node) Try(method, path, body string, options ...Option) (Answer, error) {
	r, err := http.NewRequest(method, n.URL()+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.GetBody = nil
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.SetBasicAuth("elastic", n.c.Password)
	for _, o := range options {
		o(r)
	}
	res, err := n.c.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(data)}, err
}

// Do is Try for requests that must be answered.
func (n *Node) Do(method, path, body string, options ...Option) Answer {
	n.c.t.Helper()
	a, err := n.Try(method, path, body, options...)
	if err != nil {
		n.c.t.Fatalf("%s %s at %s: %v", method, path, n.Name, err)
	}
	return a
}
