package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// metrics shows what the node measures to those who may monitor it.
func (s *server) metrics(ctx context.Context, r *request) (answer, error) {
	if err := s.security.Metrics(ctx, r.who); err != nil {
		return answer{}, err
	}
	kind, body, err := s.expose(r.media.header)
	return answer{status: http.StatusOK, text: string(body), kind: kind}, err
}

// Observation is what is told of one request. Each of its texts is one of a few:
// nothing in it was made up by a client, and nothing names anybody.
type Observation struct {
	Method string // "other" for one that no route takes
	Route  string // as in the table of routes; "none" for a request without one
	Status int
	Took   time.Duration
	// Authentication is nil for a request that was answered before its caller was
	// looked at.
	Authentication *Authentication
}

// Authentication is how a request's caller was judged.
type Authentication struct {
	Outcome string // OutcomeAccepted, OutcomeRefused or OutcomeUndecided
	Realm   string // that has accepted the credential, else "none"
	Type    string // "realm" for a name and a password, "token", or "none"
	Read    string // as security.Report tells it, "none" when nothing was looked up
}

// The outcomes of an authentication.
const (
	OutcomeAccepted  = "accepted"
	OutcomeRefused   = "refused"
	OutcomeUndecided = "undecided" // the node could not know, or had no time
)

// none stands for what is not there.
const none = "none"

func observationOf(c echo.Context, r *request, took time.Duration) Observation {
	o := Observation{Method: r.method, Route: none, Status: c.Response().Status, Took: took}
	if r.route != nil {
		o.Route = r.route.path
		o.Authentication = authenticationSeen(c, r)
	}
	if !slices.Contains(observedMethods, r.method) {
		o.Method = "other"
	}
	return o
}

// observedMethods are the methods that have names: clients may make others up.
var observedMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions,
}

// authenticationSeen tells how the authentication went from what it left behind.
// It is the first step of a closed route that can fail with 401 or with 5xx.
func authenticationSeen(c echo.Context, r *request) *Authentication {
	status := c.Response().Status
	a := &Authentication{Outcome: OutcomeAccepted, Realm: none, Type: schemeType(c.Request()), Read: none}
	switch {
	case r.route.open:
		return nil
	case r.who.Username != "":
		a.Realm, a.Type = r.who.AuthenticationRealm().Name, r.who.Type
	case status == http.StatusUnauthorized:
		a.Outcome = OutcomeRefused
	case status >= http.StatusInternalServerError:
		a.Outcome = OutcomeUndecided
	default:
		return nil // refused before anybody looked at the caller
	}
	if r.read != "" {
		a.Read = r.read
	}
	return a
}

// schemeType is the kind of credential that a request has shown.
func schemeType(r *http.Request) string {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Basic"):
		return "realm"
	case strings.EqualFold(scheme, "Bearer"):
		return "token"
	default:
		return none
	}
}
