package audit

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"
)

// Options are what Open needs.
type Options struct {
	Dir      string // made with mode 0700 where it is not there
	Name     string // of the file, without .json
	Source   Source
	Kinds    Kinds
	MaxSize  int64 // of a file, in bytes; then it is rolled over
	MaxFiles int   // rolled files that are kept
	Logger   *slog.Logger

	Room  int           // events that may wait; 0: 8192
	Retry time.Duration // between attempts to write; 0: a second
	open  opener        // nil: files
}

// defaultRoom is some seconds of a busy node, and a few MB at most times.
const defaultRoom = 8192

// Stats only grow, but for Queued.
type Stats struct {
	Events      uint64 // that were written
	Dropped     uint64 // for which there was no room
	WriteErrors uint64 // attempts to write that failed
	Queued      int    // events that wait to be written
}

// Log is an open audit log. All methods but Close may be called at any time, and
// from anywhere, and none of them waits.
type Log struct {
	o      Options
	queue  *queue
	out    *output
	closed atomic.Bool
	stop   chan struct{} // closed: write what there is, and end
	giveUp chan struct{} // closed: do not try again
	done   chan struct{}

	written, dropped, failures atomic.Uint64
	writing                    atomic.Int64 // taken from the queue, and not yet written
	failing                    bool         // of the writer alone: the last attempt failed
}

// Open opens the log, so that a directory that cannot be written to is noticed
// at once. What is there already is kept. A file that is a pipe is opened later:
// that waits for its reader.
func Open(o Options) (*Log, error) {
	if o.Room == 0 {
		o.Room = defaultRoom
	}
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	if o.open == nil {
		o.open = openFile
	}
	l := &Log{
		o: o, queue: newQueue(o.Room),
		out:  &output{dir: o.Dir, name: o.Name, maxSize: o.MaxSize, maxFiles: o.MaxFiles, open: o.open},
		stop: make(chan struct{}), giveUp: make(chan struct{}), done: make(chan struct{}),
	}
	if err := l.out.tryOpen(); err != nil {
		return nil, fmt.Errorf("open the audit log: %w; set [path.logs] to a directory that this user may write to", err)
	}
	go l.run()
	return l, nil
}

// Wants reports whether events of that kind are kept.
func (l *Log) Wants(k Kind) bool { return l.o.Kinds.Has(k) }

// Record keeps the event, or, when too many are waiting, counts it.
func (l *Log) Record(e Event) {
	if !l.Wants(e.Kind) {
		return
	}
	if l.closed.Load() || !l.queue.put(e) {
		l.dropped.Add(1)
	}
}

// Stats returns the numbers as they are now.
func (l *Log) Stats() Stats {
	return Stats{
		Events: l.written.Load(), Dropped: l.dropped.Load(), WriteErrors: l.failures.Load(),
		Queued: l.queue.length() + int(l.writing.Load()),
	}
}

// Close writes what waits, for as long as ctx allows. Events that come later are
// dropped. An error tells how many were not written; a write that hangs is left
// behind.
func (l *Log) Close(ctx context.Context) error {
	if l.closed.Swap(true) {
		return nil
	}
	close(l.stop)
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
	}
	left := l.Stats().Queued
	close(l.giveUp)
	return fmt.Errorf("%d events of the audit log were not written: %w", left, ctx.Err())
}

// run is the writer.
func (l *Log) run() {
	defer close(l.done)
	for {
		select {
		case <-l.queue.wake:
			l.drain()
		case <-l.stop:
			l.drain()
			l.out.close()
			return
		}
	}
}

// chunk is about how much is written at once, in bytes.
const chunk = 64 << 10

// drain writes all that waits, and where events were lost, that they were.
func (l *Log) drain() {
	events, lost := l.queue.take()
	l.writing.Store(int64(len(events)))
	defer l.writing.Store(0)
	var text []byte
	pending := 0
	for i, e := range events {
		text, pending = l.o.Source.encode(text, e), pending+1
		if len(text) < chunk && i < len(events)-1 {
			continue
		}
		if !l.write(text) {
			return
		}
		l.written.Add(uint64(pending))
		l.writing.Add(int64(-pending))
		text, pending = text[:0], 0
	}
	if lost.count > 0 {
		l.write(l.o.Source.encodeGap(nil, lost))
	}
}

// write tries until it is done, or told to give up. What cannot be written waits
// here, and more in the queue.
func (l *Log) write(lines []byte) bool {
	for {
		rest, err := l.out.write(lines)
		l.note(err)
		if len(rest) == 0 {
			return true
		}
		lines = rest
		if !l.pause() {
			return false
		}
	}
}

// pause is the time until the next attempt; false: there is none.
func (l *Log) pause() bool {
	timer := time.NewTimer(l.o.Retry)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.giveUp:
		return false
	}
}

// note counts a failure, and tells of the first of several.
func (l *Log) note(err error) {
	switch {
	case err != nil:
		l.failures.Add(1)
		if !l.failing {
			l.o.Logger.Error("the audit log cannot be written; events wait, and are dropped when too many do", "error", err)
		}
	case l.failing:
		l.o.Logger.Info("the audit log is written again")
	}
	l.failing = err != nil
}

// opener opens the file to append to; the info is that of what was opened.
type opener func(path string) (file, fs.FileInfo, error)
