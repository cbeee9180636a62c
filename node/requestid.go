package node

import (
	"context"
	"log/slog"

	"jeton/security"
)

// requestIDs is a handler of the log that names the request in whose course
// something was logged.
type requestIDs struct{ slog.Handler }

func withRequestIDs(log *slog.Logger) *slog.Logger { return slog.New(requestIDs{log.Handler()}) }

// Handle implements slog.Handler.
func (h requestIDs) Handle(ctx context.Context, r slog.Record) error {
	if id := security.RequestID(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h requestIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestIDs{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h requestIDs) WithGroup(name string) slog.Handler {
	return requestIDs{h.Handler.WithGroup(name)}
}
