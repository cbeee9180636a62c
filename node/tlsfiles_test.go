package node

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Two files are replaced one after the other; in between they do not go together.
func TestFilesThatDisagreeForAMomentAreNobodysError(t *testing.T) {
	var log bytes.Buffer
	var wrong error
	f := &tlsFiles{load: func() error { return wrong }, grace: time.Hour, log: slog.New(slog.NewTextHandler(&log, nil))}
	defer f.close()
	wrong = errors.New("private key does not match public key")
	f.changed()
	if bad, failures := f.health(); bad || failures != 0 {
		t.Error("it is told at once")
	}
	wrong = nil
	f.changed()
	f.lasted() // the timer was about to tell
	if bad, failures := f.health(); bad || failures != 0 || log.Len() > 0 {
		t.Errorf("it is told although it is over: %s", &log)
	}
}

func TestFilesThatStayWrongAreToldOnceUntilTheyAreMended(t *testing.T) {
	var log bytes.Buffer
	wrong := errors.New("rubbish")
	f := &tlsFiles{what: "the pair", load: func() error { return wrong }, grace: time.Hour, log: slog.New(slog.NewTextHandler(&log, nil))}
	defer f.close()
	for range 3 {
		f.changed()
	}
	f.lasted()
	f.changed() // the same again
	if bad, failures := f.health(); !bad || failures != 1 || strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("bad %v, %d failures, log:\n%s", bad, failures, &log)
	}
	wrong = errors.New("other rubbish")
	f.changed()
	f.lasted()
	if bad, failures := f.health(); !bad || failures != 2 {
		t.Errorf("another error: bad %v, %d failures", bad, failures)
	}
	wrong = nil
	f.changed()
	if bad, failures := f.health(); bad || failures != 2 || strings.Count(log.String(), "level=INFO") != 1 {
		t.Errorf("mended: bad %v, %d failures, log:\n%s", bad, failures, &log)
	}
}
