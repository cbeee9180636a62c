package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var moment = time.Date(2026, 5, 4, 12, 0, 0, 7_000_000, time.UTC)

// told is the i-th event of a story, at its second.
func told(i int) Event {
	return Event{Kind: AccessGranted, Time: moment.Add(time.Duration(i) * time.Second), Action: fmt.Sprint("action ", i), Origin: Origin{Type: OriginREST}}
}

func options(t *testing.T) Options {
	t.Helper()
	return Options{
		Dir: filepath.Join(t.TempDir(), "logs"), Name: "jeton_audit", Source: Source{ID: "id-0", Name: "node0"},
		Kinds: 1<<kinds - 1, MaxSize: 1 << 20, MaxFiles: 3, Retry: time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func opened(t *testing.T, o Options) *Log {
	t.Helper()
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, l) })
	return l
}

func closed(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(t.Context()); err != nil && t.Context().Err() == nil {
		t.Error(err)
	}
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain: " + what)
		}
	}
}

// actionsIn are the actions of a file's lines, in their order; a gap is "-N".
func actionsIn(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return actions(t, string(text))
}

func actions(t *testing.T, text string) string {
	t.Helper()
	var list []string
	for l := range strings.Lines(text) {
		var record struct {
			Action  string `json:"action"`
			Dropped int    `json:"dropped.count"`
		}
		switch err := json.Unmarshal([]byte(l), &record); {
		case err != nil:
			list = append(list, "broken")
		case record.Dropped > 0:
			list = append(list, fmt.Sprint("-", record.Dropped))
		default:
			list = append(list, strings.TrimPrefix(record.Action, "action "))
		}
	}
	return strings.Join(list, " ")
}

func TestEventsAreLinesOfAPrivateFileInTheirOrder(t *testing.T) {
	o := options(t)
	l := opened(t, o)
	for i := range 5 {
		l.Record(told(i))
	}
	closed(t, l)
	path := filepath.Join(o.Dir, "jeton_audit.json")
	if got := actionsIn(t, path); got != "0 1 2 3 4" {
		t.Errorf("actions %s", got)
	}
	for path, want := range map[string]fs.FileMode{o.Dir: 0o700 | fs.ModeDir, path: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if s := l.Stats(); s != (Stats{Events: 5}) {
		t.Errorf("%+v", s)
	}
}

func TestWhatNobodyWantsIsNotKept(t *testing.T) {
	o := options(t)
	o.Kinds = 1 << AccessDenied
	l := opened(t, o)
	l.Record(told(1))
	closed(t, l)
	if s := l.Stats(); s != (Stats{}) || l.Wants(AccessGranted) {
		t.Errorf("%+v", s)
	}
}

// gate is a file whose writes wait until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
	// entered has a value once a write waits.
	entered chan struct{}
}

func (g *gate) Write(p []byte) (int, error) {
	select {
	case g.entered <- struct{}{}:
	default:
	}
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (*gate) Sync() error  { return nil }
func (*gate) Close() error { return nil }

// pipe is the info of something that is no file.
type pipe struct{ fs.FileInfo }

func (pipe) Mode() fs.FileMode { return fs.ModeNamedPipe }
func (pipe) Size() int64       { return 0 }

// The disk hangs: nobody who records waits, what does not fit is counted, and the
// file says how much is missing at that very place.
func TestAHangingDiskHoldsUpNobodyAndLeavesAGap(t *testing.T) {
	g := &gate{open: make(chan struct{}), entered: make(chan struct{}, 1)}
	o := options(t)
	o.Room = 4
	o.open = func(string) (file, fs.FileInfo, error) { return g, pipe{}, nil }
	l := opened(t, o)
	l.Record(told(0))
	<-g.entered // the writer hangs with it
	for i := 1; i <= 104; i++ {
		l.Record(told(i)) // 4 wait, 100 are lost
	}
	if s := l.Stats(); s != (Stats{Dropped: 100, Queued: 5}) {
		t.Errorf("%+v while the disk hangs", s)
	}
	close(g.open)
	eventually(t, "the queue is empty", func() bool { return l.Stats().Queued == 0 })
	l.Record(told(105))
	closed(t, l)
	text := g.text.String()
	if got := actions(t, text); got != "0 1 2 3 4 -100 105" {
		t.Errorf("actions %s", got)
	}
	const gap = `{"type":"audit","timestamp":"2026-05-04T12:01:44,007+0000","node.id":"id-0","node.name":"node0","event.type":"audit","event.action":"events_dropped",` +
		`"dropped.count":100,"dropped.from":"2026-05-04T12:00:05,007+0000","dropped.to":"2026-05-04T12:01:44,007+0000"}`
	if !strings.Contains(text, gap+"\n") {
		t.Errorf("no gap record in\n%s", text)
	}
	if s := l.Stats(); s != (Stats{Events: 6, Dropped: 100}) {
		t.Errorf("%+v at the end", s)
	}
}

func TestAStopDoesNotWaitForEver(t *testing.T) {
	g := &gate{open: make(chan struct{}), entered: make(chan struct{}, 1)}
	o := options(t)
	o.open = func(string) (file, fs.FileInfo, error) { return g, pipe{}, nil }
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	l.Record(told(0))
	<-g.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Close(ctx); err == nil || !strings.Contains(err.Error(), "1 events") {
		t.Errorf("%v", err)
	}
	l.Record(told(1))
	if l.Stats().Dropped != 1 {
		t.Error("an event after the end is not counted as dropped")
	}
	close(g.open)
	<-l.done
}

// full is a file on a disk that is full until there is room, and takes a part of
// a write like one.
type full struct {
	*os.File
	mu   sync.Mutex
	room int // bytes; negative: any number
}

func (f *full) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.room < 0 || len(p) <= f.room {
		return f.File.Write(p)
	}
	n, err := f.File.Write(p[:f.room])
	f.room = 0
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f *full) makeRoom() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = -1
}

// fillable has the log write to files on a disk with so much room.
func fillable(o *Options, room int) (latest func() *full) {
	var mu sync.Mutex
	var last *full
	o.open = func(path string) (file, fs.FileInfo, error) {
		f, info, err := openFile(path)
		if err != nil {
			return nil, nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		last = &full{File: f.(*os.File), room: room}
		return last, info, nil
	}
	return func() *full {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestAFullDiskLosesNothingAsLongAsTheQueueHasRoom(t *testing.T) {
	o := options(t)
	latest := fillable(&o, 300) // in the middle of the second line
	l := opened(t, o)
	for i := range 3 {
		l.Record(told(i))
	}
	eventually(t, "several attempts have failed", func() bool { return l.Stats().WriteErrors > 2 })
	latest().makeRoom()
	closed(t, l)
	if got := actionsIn(t, filepath.Join(o.Dir, "jeton_audit.json")); got != "0 1 2" {
		t.Errorf("actions %s", got)
	}
}

func TestALineThatWasCutIsWrittenAnewIntoAnotherFile(t *testing.T) {
	o := options(t)
	latest := fillable(&o, 300)
	l := opened(t, o)
	for i := range 3 {
		l.Record(told(i))
	}
	eventually(t, "an attempt has failed", func() bool { return l.Stats().WriteErrors > 0 })
	path := filepath.Join(o.Dir, "jeton_audit.json")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "there is another file", func() bool {
		latest().makeRoom()
		return l.Stats().Queued == 0
	})
	closed(t, l)
	if got := actionsIn(t, path+".1") + ", " + actionsIn(t, path); got != "0 broken, 1 2" {
		t.Errorf("actions %s", got)
	}
}

func TestALineThatAKilledProcessLeftIsEnded(t *testing.T) {
	o := options(t)
	path := filepath.Join(o.Dir, "jeton_audit.json")
	if err := errors.Join(os.Mkdir(o.Dir, 0o700), os.WriteFile(path, []byte(`{"type":"au`), 0o600)); err != nil {
		t.Fatal(err)
	}
	l := opened(t, o)
	l.Record(told(1))
	closed(t, l)
	if got := actionsIn(t, path); got != "broken 1" {
		t.Errorf("actions %s", got)
	}
}

func TestAFileThatWasTakenAwayIsMadeAnew(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"removed":       os.Remove,
		"renamed":       func(path string) error { return os.Rename(path, path+".1") },
		"its directory": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
		"cut short":     func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			l := opened(t, o)
			l.Record(told(1))
			eventually(t, "it is written", func() bool { return l.Stats().Events == 1 })
			path := filepath.Join(o.Dir, "jeton_audit.json")
			if err := take(path); err != nil {
				t.Fatal(err)
			}
			l.Record(told(2))
			closed(t, l)
			if got := actionsIn(t, path); got != "2" {
				t.Errorf("actions %s", got)
			}
		})
	}
}

func TestADirectoryThatCannotBeWrittenToIsToldAtOnce(t *testing.T) {
	o := options(t)
	if err := os.WriteFile(o.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "[path.logs]") {
		t.Errorf("%v", err)
	}
}
