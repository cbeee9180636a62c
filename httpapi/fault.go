package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// fault is a refusal in the wire's words, ready to be written.
type fault struct {
	status     int
	kind       string // Elasticsearch's exception name; "" makes a flat body
	reason     string
	extra      object // keys between reason and header
	challenges []string
	allow      []string
	cause      *fault
	root       *fault // what it all began with; nil: the fault itself
	bare       bool   // a flat body without the status
	whole      object // the body itself, in place of the envelope
}

func (f *fault) Error() string { return f.reason }

// flat is a refusal whose body is a string and the status, without a type.
func flat(status int, reason string) *fault { return &fault{status: status, reason: reason} }

// noHandler is the answer for a path that is no route.
func noHandler(r *request) *fault {
	return &fault{
		status: http.StatusBadRequest,
		reason: fmt.Sprintf("no handler found for uri [%s] and method [%s]", r.uri, r.method),
		bare:   true,
	}
}

func wrongMethod(r *request, allowed []string) *fault {
	f := flat(http.StatusMethodNotAllowed, fmt.Sprintf(
		"Incorrect HTTP method for uri [%s] and method [%s], allowed: [%s]", r.uri, r.method, strings.Join(allowed, ", ")))
	f.allow = allowed
	return f
}

func lineTooLong() *fault {
	return &fault{
		status: http.StatusBadRequest,
		kind:   "too_long_http_line_exception",
		reason: fmt.Sprintf("An HTTP line is larger than %d bytes.", maxURI),
	}
}

// body is the fault as JSON: the envelope, or one of the two flat forms.
func (f *fault) body() object {
	switch {
	case f.whole != nil:
		return f.whole
	case f.bare:
		return object{{"error", f.reason}}
	case f.kind == "":
		return object{{"error", f.reason}, {"status", f.status}}
	}
	begin := f
	if f.root != nil {
		begin = f.root
	}
	root := slices.Concat(begin.describe(), begin.headerKey())
	envelope := slices.Concat(object{{"root_cause", []object{root}}}, f.describe(), f.causedBy(), f.headerKey())
	return object{{"error", envelope}, {"status", f.status}}
}

func (f *fault) describe() object {
	return slices.Concat(object{{"type", f.kind}, {"reason", f.reason}}, f.extra)
}

func (f *fault) causedBy() object {
	if f.cause == nil {
		return nil
	}
	return object{{"caused_by", f.cause.describe()}}
}

// headerKey repeats the challenges in the body: a string for one, an array
// for several.
func (f *fault) headerKey() object {
	switch len(f.challenges) {
	case 0:
		return nil
	case 1:
		return object{{"header", object{{"WWW-Authenticate", f.challenges[0]}}}}
	default:
		return object{{"header", object{{"WWW-Authenticate", f.challenges}}}}
	}
}

// setHeaders adds the headers that belong to the refusal.
func (f *fault) setHeaders(h http.Header) {
	if len(f.allow) > 0 {
		h.Set("Allow", strings.Join(f.allow, ","))
	}
	if len(f.challenges) > 0 {
		h["WWW-Authenticate"] = f.challenges
	}
}
