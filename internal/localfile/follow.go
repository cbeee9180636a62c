package localfile

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pace is how a Follower looks at its file.
type pace struct {
	poll   time.Duration // look at least so often
	settle time.Duration // a change counts when two looks so far apart agree
	notify bool          // let the operating system tell of changes
}

// usualPace makes a change live in a quarter of a second where the operating
// system tells of it, and within 2.3 s where it does not.
func usualPace() pace {
	return pace{poll: 2 * time.Second, settle: 100 * time.Millisecond, notify: true}
}

// Follower reports every change of a file's content until it is closed.
type Follower struct {
	path    string
	log     *slog.Logger
	changed func(data []byte)

	content []byte // as last reported; nil when there is no file
	pending []byte // another content that was seen once; else content
	failure string // the read error that was logged last

	stop chan struct{}
	once sync.Once
	done chan struct{}
}

// Follow reads the file and calls changed with its content before it returns,
// and then, from one goroutine, each time the content is another. A nil
// content means that there is no file. The directory need not exist yet. The
// callee may keep the slice and must not write to it.
//
// The directory is watched, for an atomic replacement gives the file a new
// inode, and the file is read every 2 s besides, for network file systems and
// links into other directories send no events. Half of a non-atomic write
// counts only when it stands for 100 ms.
//
// A file that exists and cannot be read is logged, once for each kind of
// failure, and the former content stays; at the start that is none.
func Follow(path string, log *slog.Logger, changed func(data []byte)) *Follower {
	return follow(path, log, changed, usualPace())
}

func follow(path string, log *slog.Logger, changed func(data []byte), pace pace) *Follower {
	f := &Follower{
		path:    path,
		log:     log.With("path", path),
		changed: changed,
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	w := newWatch(filepath.Dir(path), pace.notify) // before the first read: no gap
	data, err := ReadOrAbsent(path)
	f.note(err)
	f.content, f.pending = data, data
	changed(data)
	go f.run(w, pace)
	return f
}

// Close ends the following and waits for a running call of changed.
func (f *Follower) Close() {
	f.once.Do(func() { close(f.stop) })
	<-f.done
}

func (f *Follower) run(w *watch, pace pace) {
	defer close(f.done)
	defer w.close()
	tick := time.NewTicker(pace.poll)
	defer tick.Stop()
	var settled <-chan time.Time // nil when no look is due
	for {
		select {
		case <-f.stop:
			return
		case <-settled:
			settled = nil
			if !f.look() {
				continue
			}
		case <-tick.C:
			w.renew()
		case <-w.events:
		case <-w.errors: // events were lost, perhaps
		}
		if settled == nil {
			settled = time.After(pace.settle)
		}
	}
}

// look reads the file and reports a content that it meets for the second time.
// It returns true when it wants to look again soon.
func (f *Follower) look() (again bool) {
	data, err := ReadOrAbsent(f.path)
	f.note(err)
	switch {
	case err != nil:
		return false
	case same(data, f.content):
		f.pending = f.content
		return false
	case same(data, f.pending):
		f.content = data
		f.changed(data)
		return false
	default:
		f.pending = data
		return true
	}
}

// note logs a read error when it is not the one of the last look.
func (f *Follower) note(err error) {
	var failure string
	if err != nil {
		failure = err.Error()
	}
	if failure == f.failure {
		return
	}
	f.failure = failure
	if err != nil {
		f.log.Error("file cannot be read; its former content stays in force", "error", err)
	} else {
		f.log.Info("file can be read again")
	}
}

func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// watch is the operating system's news of a directory. Its failures are
// harmless, for the file is polled as well.
type watch struct {
	dir     string
	watcher *fsnotify.Watcher // nil where there is none
	events  <-chan fsnotify.Event
	errors  <-chan error
}

func newWatch(dir string, notify bool) *watch {
	w := &watch{dir: dir}
	if !notify {
		return w
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil { // for instance no inotify instance left
		return w
	}
	w.watcher, w.events, w.errors = watcher, watcher.Events, watcher.Errors
	w.renew()
	return w
}

// renew watches a directory that did not exist before.
func (w *watch) renew() {
	if w.watcher != nil && len(w.watcher.WatchList()) == 0 {
		_ = w.watcher.Add(w.dir)
	}
}

func (w *watch) close() {
	if w.watcher != nil {
		_ = w.watcher.Close()
	}
}
