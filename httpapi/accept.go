package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// requestKey is where a request waits in echo's context.
const requestKey = "request"

func requestOf(c echo.Context) *request { return c.Get(requestKey).(*request) }

// accept is the outermost middleware: it runs before routing and sees every
// request and every answer, its own refusals and panics included.
func (s *server) accept(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		r, err := decode(c.Request())
		r.challenges = s.challenges
		c.Set(requestKey, r)
		setCommonHeaders(c.Response().Header(), r)
		s.limitBodyTime(c)
		if err == nil {
			routeByEscapedPath(c.Request())
			err = contain(next, c)
		}
		if err != nil {
			c.Error(err)
		}
		took := time.Since(start)
		s.logRequest(c, r, took)
		s.observe(observationOf(c, r, took))
		return nil
	}
}

// setCommonHeaders sets what every answer carries. The product header is
// written as Elasticsearch writes it, which is not Go's canonical form.
func setCommonHeaders(h http.Header, r *request) {
	h["X-elastic-product"] = []string{"Elasticsearch"}
	h.Set("Cache-Control", "no-store")
	h.Set(requestIDHeader, r.id)
	if r.opaqueID != "" {
		h.Set(opaqueIDHeader, r.opaqueID)
	}
}

// routeByEscapedPath makes the router match the path as it was sent, less its
// trailing slashes, so that an encoded slash never splits a segment.
func routeByEscapedPath(hr *http.Request) {
	escaped := strings.TrimRight(hr.URL.EscapedPath(), "/")
	if escaped == "" {
		escaped = "/"
	}
	hr.URL.RawPath = escaped
}

// panicked is a panic of a handler. Its text may hold anything, so it is for
// the log alone.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// contain turns a panic into an error, so that the client has an answer and
// keeps its connection. http.ErrAbortHandler means the opposite and goes on.
func contain(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		err = &panicked{value: v, stack: debug.Stack()}
	}()
	return next(c)
}

// routed runs after routing: it answers OPTIONS for every path and turns the
// router's verdicts into the documented refusals.
func (s *server) routed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, allowed := requestOf(c), allowedMethods(c)
		if r.method == http.MethodOptions {
			writeOptions(c, allowed)
			return nil
		}
		err := next(c)
		switch {
		case errors.Is(err, echo.ErrNotFound):
			return noHandler(r)
		case errors.Is(err, echo.ErrMethodNotAllowed):
			return wrongMethod(r, allowed)
		}
		return err
	}
}

// allowedMethods are the methods of the matched path, as the router left them
// when the request's own was not among them. OPTIONS goes without saying.
func allowedMethods(c echo.Context) []string {
	list, _ := c.Get(echo.ContextKeyHeaderAllow).(string)
	methods := slices.DeleteFunc(strings.Split(list, ", "), func(m string) bool {
		return m == "" || m == http.MethodOptions
	})
	slices.Sort(methods)
	return methods
}

func writeOptions(c echo.Context, allowed []string) {
	if len(allowed) > 0 {
		c.Response().Header().Set("Allow", strings.Join(allowed, ","))
	}
	write(c, http.StatusOK, textType, nil)
}
