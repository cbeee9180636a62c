package security

import (
	"context"
	"slices"
	"sync"
)

// Request is what the wire knows of a request, beside what it asks for. None of
// it decides anything, but Source; all of it is for those who look into it
// afterwards.
type Request struct {
	// Source is where it comes from as far as one person or machine is concerned,
	// so that one source's wrong secrets do not hold up another's right ones.
	Source   string
	ID       string // unique, unless the client has chosen it
	OpaqueID string // what the client calls it
	Address  string // host:port that it came from
	Method   string
	// URL, if there is one, tells what was asked for, with nothing in it that may
	// be a secret.
	URL interface {
		AuditedURL() (path, query string)
	}

	mu      sync.Mutex
	caller  *Identity // as last judged
	granted []string  // actions of which it was told
}

type requestKey struct{}

// WithRequest has the use cases that are called with the context know of the
// request.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// WithSource is WithRequest of a request of which nothing is known but its Source.
func WithSource(ctx context.Context, source string) context.Context {
	return WithRequest(ctx, &Request{Source: source})
}

// requestOf is nil where nobody has told of a request.
func requestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

func source(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.Source
	}
	return ""
}

// RequestID is the id of the request that the context belongs to; "" outside of
// any.
func RequestID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.ID
	}
	return ""
}

// judged notes who asks. first: the action was not granted to them before in this
// request; one that waits for something asks again and again.
func (r *Request) judged(who Identity, action string, granted bool) (first bool) {
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caller = &who
	if !granted {
		return true
	}
	if slices.Contains(r.granted, action) {
		return false
	}
	r.granted = append(r.granted, action)
	return true
}

// asker is who was judged last, the zero Identity where nobody was.
func (r *Request) asker() Identity {
	if r == nil {
		return Identity{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.caller == nil {
		return Identity{}
	}
	return *r.caller
}
