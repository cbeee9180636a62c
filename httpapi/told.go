package httpapi

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"jeton/security"
	"jeton/security/token"
)

// requestIDHeader names a request in its answer, in the log and in the audit log.
const requestIDHeader = "X-Request-Id"

// requestIDForm is what a client may choose as an id. Others are not refused: the
// request gets one of ours.
var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}$`)

func requestID(h http.Header) string {
	if given := h.Values(requestIDHeader); len(given) == 1 && requestIDForm.MatchString(given[0]) && !isToken(given[0]) {
		return given[0]
	}
	return rand.Text()
}

// told is what the domain is told of a request that was routed.
func (r *request) told(remote string) *security.Request {
	return &security.Request{
		Source: sourceOf(remote), Address: remote,
		ID: r.id, OpaqueID: r.opaqueID, Method: r.method, URL: r,
	}
}

// redacted stands where a URL has something that does not belong there.
const redacted = "[redacted]"

// AuditedURL tells what was asked for: the path with the names in it, and the
// parameters that the route takes. Whatever else a client has put there may be a
// secret, and so may be a name that has the form of a token.
func (r *request) AuditedURL() (path, query string) {
	if r.route == nil {
		return redacted, ""
	}
	segments := strings.Split(r.route.path, "/")
	for i, s := range segments {
		name, ok := strings.CutPrefix(s, ":")
		switch value := r.segments[name]; {
		case !ok:
		case isToken(value):
			segments[i] = redacted
		default:
			segments[i] = url.PathEscape(value)
		}
	}
	return strings.Join(segments, "/"), r.auditedQuery()
}

func (r *request) auditedQuery() string {
	var shown []string
	unknown := false
	for name, value := range r.params {
		judge, known := r.judgeOf(name)
		switch {
		case !known:
			unknown = true
		case judge(name, value) != nil || isToken(value):
			shown = append(shown, name+"="+redacted)
		default:
			shown = append(shown, name+"="+url.QueryEscape(value))
		}
	}
	slices.Sort(shown)
	if unknown {
		shown = append(shown, redacted)
	}
	return strings.Join(shown, "&")
}

// isToken reports whether a text has the form of a token of ours.
func isToken(text string) bool {
	if _, bearer := token.ParseBearer(text); bearer {
		return true
	}
	_, oauth := token.ParseOAuth(token.SecretFrom(text))
	return oauth
}
