package cluster

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func newRaftLog(level slog.Level) (l *raftLog, text *strings.Builder, closing *bool) {
	text, closing = new(strings.Builder), new(bool)
	logger := slog.New(slog.NewTextHandler(text, &slog.HandlerOptions{Level: level}))
	return &raftLog{log: logger, name: "raft", closing: func() bool { return *closing }}, text, closing
}

func TestRaftIsQuietAboutWhatOnlyItsAuthorsNeed(t *testing.T) {
	l, text, closing := newRaftLog(slog.LevelInfo)
	l.Trace("t")
	l.Debug("d")
	l.Info("i")
	if text.Len() > 0 || l.IsTrace() || l.IsDebug() || l.IsInfo() || !l.IsWarn() || !l.IsError() {
		t.Errorf("logged %q", text)
	}
	l.Named("net").With("peer", "node1").Error("broken", "error", "connection refused")
	if s := text.String(); !strings.Contains(s, `level=ERROR msg=broken peer=node1 error="connection refused"`) {
		t.Errorf("logged %q", s)
	}
	text.Reset()
	*closing = true
	l.Error("the connection is gone")
	if text.Len() > 0 {
		t.Errorf("a node that is closing logs %q", text)
	}
}

func TestRaftsLoggerIsAnHclogOne(t *testing.T) {
	l, text, _ := newRaftLog(slog.LevelDebug)
	var logger hclog.Logger = l
	named := logger.Named("snapshot").With("a", 1)
	if named.Name() != "raft.snapshot" || len(named.ImpliedArgs()) != 2 || len(logger.ImpliedArgs()) != 0 {
		t.Errorf("%q, %v", named.Name(), named.ImpliedArgs())
	}
	if logger.ResetNamed("x").Name() != "x" || logger.GetLevel() != hclog.NoLevel {
		t.Error("another name or level")
	}
	logger.SetLevel(hclog.Error) // the levels are slog's
	logger.StandardLogger(nil).Print("as a line")
	logger.Log(hclog.Info, "as an entry")
	for _, want := range []string{"as a line", "as an entry"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
}
