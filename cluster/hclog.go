package cluster

import (
	"context"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// raftLog lets hashicorp/raft log through slog, one level lower: its Info is
// for its authors, and it warns of what it mends by itself, such as a newcomer
// whose log is empty.
type raftLog struct {
	log     *slog.Logger
	closing func() bool // while it is, failures are expected and only Debug
	name    string
	args    []any
}

var levels = map[hclog.Level]slog.Level{
	hclog.Trace: slog.LevelDebug - 4,
	hclog.Debug: slog.LevelDebug - 4,
	hclog.Info:  slog.LevelDebug,
	hclog.Warn:  slog.LevelInfo,
	hclog.Error: slog.LevelError,
}

func (l *raftLog) Log(level hclog.Level, msg string, args ...any) {
	if l.closing() {
		level = min(level, hclog.Info)
	}
	l.log.Log(context.Background(), levels[level], msg, args...)
}

func (l *raftLog) enabled(level hclog.Level) bool {
	return l.log.Enabled(context.Background(), levels[level])
}

func (l *raftLog) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *raftLog) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *raftLog) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *raftLog) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *raftLog) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }
func (l *raftLog) IsTrace() bool                 { return l.enabled(hclog.Trace) }
func (l *raftLog) IsDebug() bool                 { return l.enabled(hclog.Debug) }
func (l *raftLog) IsInfo() bool                  { return l.enabled(hclog.Info) }
func (l *raftLog) IsWarn() bool                  { return l.enabled(hclog.Warn) }
func (l *raftLog) IsError() bool                 { return l.enabled(hclog.Error) }
func (l *raftLog) ImpliedArgs() []any            { return l.args }
func (l *raftLog) Name() string                  { return l.name }
func (l *raftLog) SetLevel(hclog.Level)          {}
func (l *raftLog) GetLevel() hclog.Level         { return hclog.NoLevel }

func (l *raftLog) With(args ...any) hclog.Logger {
	with := *l
	with.log, with.args = l.log.With(args...), append(l.args[:len(l.args):len(l.args)], args...)
	return &with
}

func (l *raftLog) Named(name string) hclog.Logger { return l.ResetNamed(l.name + "." + name) }

func (l *raftLog) ResetNamed(name string) hclog.Logger {
	named := *l
	named.name = name
	return &named
}

func (l *raftLog) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

func (l *raftLog) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return slog.NewLogLogger(l.log.Handler(), slog.LevelDebug).Writer()
}
