package main

import (
	"io"
	"log/slog"
)

// newLogger writes to w; format is "text", "json", or "" for text on a terminal
// and JSON elsewhere.
func newLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == "text" || format == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
