package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"jeton/security"
)

// request is one HTTP request, decoded. It exists from the first moment, so
// that a refusal can be answered in the form that the client asked for.
type request struct {
	method   string
	uri      string // as the client sent it, query included; never logged
	path     string // uri without the query; never logged
	id       string // X-Request-Id
	opaqueID string // X-Opaque-Id
	params   map[string]string
	media    media
	pretty   bool
	filter   filterPath

	challenges []string // what a 401 offers

	// Known once the request is routed.
	route    *route
	segments map[string]string // path parameters, decoded once

	// Known once the request is authenticated.
	who  security.Identity
	read string // how that was known; "" when nothing was looked up

	body    []byte
	stream  *streamedBody // in place of body, where the route has it so
	calling bool          // the handler has been called: a change may have been handed over
}

// decode reads everything of a request that needs neither its route nor its
// body. It returns what it could read even with an error.
func decode(hr *http.Request) (*request, error) {
	path, _, _ := strings.Cut(hr.RequestURI, "?")
	r := &request{method: hr.Method, uri: hr.RequestURI, path: path, id: requestID(hr.Header)}
	if len(hr.RequestURI) > maxURI {
		return r, lineTooLong()
	}
	if err := checkHeaders(hr.Header); err != nil {
		return r, err
	}
	r.opaqueID = hr.Header.Get(opaqueIDHeader)
	values, err := url.ParseQuery(hr.URL.RawQuery)
	if err != nil {
		return r, illegalArgument("the query string is malformed: use percent-encoding, and [&] between parameters")
	}
	r.params = lastValues(values)
	r.pretty = r.flag("pretty")
	if r.media, err = parseAccept(strings.Join(hr.Header.Values("Accept"), ",")); err != nil {
		return r, err
	}
	r.filter, err = parseFilterPath(r.params["filter_path"])
	return r, err
}

// Bounds of what a request may carry before it is looked at.
const (
	maxURI      = 4096 // bytes of the request target, as Elasticsearch's http.max_initial_line_length
	maxOpaqueID = 1024
	maxRunAs    = 1024 // bytes, as many as a user's name may have
)

const (
	opaqueIDHeader = "X-Opaque-Id"
	runAsHeader    = "es-security-runas-user"
)

// checkHeaders refuses what could be read in two ways, and a wish to act as
// nobody: ignoring that would act with other rights than asked for.
func checkHeaders(h http.Header) error {
	for _, name := range []string{"Authorization", opaqueIDHeader, runAsHeader} {
		values := h.Values(name)
		if slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
			return flat(http.StatusBadRequest, fmt.Sprintf("multiple values for single-valued header [%s].", name))
		}
	}
	if len(h.Get(opaqueIDHeader)) > maxOpaqueID {
		return illegalArgument("header [%s] is longer than [%d] bytes", opaqueIDHeader, maxOpaqueID)
	}
	runAs := h.Values(runAsHeader)
	switch {
	case len(runAs) > 0 && runAs[0] == "":
		return illegalArgument("header [%s] must name a user: leave it out to act as yourself", runAsHeader)
	case len(h.Get(runAsHeader)) > maxRunAs:
		return illegalArgument("header [%s] is longer than [%d] bytes", runAsHeader, maxRunAs)
	}
	return nil
}

// lastValues keeps the last value of every parameter.
func lastValues(values url.Values) map[string]string {
	last := make(map[string]string, len(values))
	for name, all := range values {
		last[name] = all[len(all)-1]
	}
	return last
}

// flag reads a boolean parameter: present without a value, or "true".
func (r *request) flag(name string) bool {
	value, present := r.params[name]
	return present && (value == "" || value == "true")
}

// segment is a path parameter, or "" where the route has none of that name.
func (r *request) segment(name string) string { return r.segments[name] }

// names are the names of a path parameter that is a list: divided by commas,
// each once, in their order.
func (r *request) names(segment string) []string { return namesOf(r.segment(segment)) }

func namesOf(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// namesOrAll are the names of a list, or none where it asks for all.
func namesOrAll(list string) []string {
	if list == "*" || list == "_all" {
		return nil
	}
	return namesOf(list)
}

// changing reports whether the request may have changed something.
func (r *request) changing() bool {
	return r.calling && r.method != http.MethodGet && r.method != http.MethodHead && !r.route.reads
}

// bindSegments decodes the path parameters, once. The router matched the
// escaped path, so an encoded slash is part of a value; a plain one in a last
// parameter means that the path is longer than the route.
func (r *request) bindSegments(c echo.Context) error {
	names, values := c.ParamNames(), c.ParamValues()
	r.segments = make(map[string]string, len(names))
	for i, name := range names {
		decoded, err := url.PathUnescape(values[i])
		if err != nil || strings.Contains(values[i], "/") {
			return noHandler(r)
		}
		r.segments[name] = decoded
	}
	return nil
}
