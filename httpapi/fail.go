package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// fail answers a request with an error. It is echo's error handler, and the
// one place where errors become answers.
func (s *server) fail(err error, c echo.Context) {
	r := requestOf(c)
	f, known := describe(r, err)
	s.logFailure(c.Request().Context(), r, err, known)
	if c.Response().Committed {
		return
	}
	f.setHeaders(c.Response().Header())
	doc, err := encode(f.body())
	if err != nil {
		panic(err) // a fault holds only strings and numbers
	}
	write(c, f.status, r.media.contentType(), r.layOut(doc))
}

// logFailure keeps what the client is not told: an error that nobody foresaw,
// and the stack of a panic. A client that went away is no failure.
func (s *server) logFailure(ctx context.Context, r *request, err error, known bool) {
	if known || errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
		return
	}
	attrs := append(r.logAttrs(), slog.Any("error", err))
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	s.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "internal error", attrs...)
}

func (s *server) logRequest(c echo.Context, r *request, took time.Duration) {
	status := c.Response().Status
	level := slog.LevelDebug
	if status >= http.StatusInternalServerError {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(c.Request().Context(), level) {
		return // spares gathering what nobody will read
	}
	s.log.LogAttrs(c.Request().Context(), level, "request",
		append(r.logAttrs(), slog.Int("status", status), slog.String("took", took.String()))...)
}

// logAttrs tells which request it was by its route: paths, parameters and
// headers are the client's, and may hold secrets.
func (r *request) logAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("method", r.method)}
	if r.route != nil {
		attrs = append(attrs, slog.String("route", r.route.path))
	}
	if r.who.Username != "" {
		attrs = append(attrs, slog.String("user", r.who.Username))
	}
	attrs = append(attrs, slog.String("request_id", r.id))
	if r.opaqueID != "" {
		attrs = append(attrs, slog.String("opaque_id", r.opaqueID))
	}
	return attrs
}
