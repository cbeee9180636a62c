package node

import (
	"log/slog"
	"sync"
	"time"

	"jeton/internal/localfile"
)

// tlsFilesGrace is how long files that belong together may disagree: they are
// replaced one after the other.
const tlsFilesGrace = 3 * time.Second

// tlsFiles are files that were given for TLS and count only together. They are
// loaded whenever one of them changes; what cannot be used leaves the former ones in
// use, and is told once it has lasted for a while.
type tlsFiles struct {
	what  string // for the log
	load  func() error
	grace time.Duration
	log   *slog.Logger

	followers []*localfile.Follower

	mu       sync.Mutex
	wrong    error       // of the latest load; nil: the files are in use
	told     bool        // wrong has lasted
	timer    *time.Timer // tells; nil when nothing is to be told
	failures uint64      // that were told
	closed   bool
}

// followTLS loads the files, which must be usable at the start, and follows them.
func followTLS(what string, load func() error, grace time.Duration, log *slog.Logger, paths ...string) (*tlsFiles, error) {
	if err := load(); err != nil {
		return nil, err
	}
	f := &tlsFiles{what: what, load: load, grace: grace, log: log}
	for _, path := range paths {
		f.followers = append(f.followers, localfile.Follow(path, log, func([]byte) { f.changed() }))
	}
	return f, nil
}

// changed loads the files anew.
func (f *tlsFiles) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	former := f.wrong
	f.wrong = f.load()
	switch {
	case f.wrong == nil:
		f.mended()
	case f.told && former != nil && former.Error() == f.wrong.Error():
	case f.timer == nil && !f.closed:
		f.timer = time.AfterFunc(f.grace, f.lasted)
	}
}

// mended: f.mu is held.
func (f *tlsFiles) mended() {
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	if f.told {
		f.log.Info("the changed TLS files can be used, and are in use", "files", f.what)
	}
	f.told = false
}

// lasted tells what is still wrong.
func (f *tlsFiles) lasted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer = nil; f.wrong == nil || f.closed {
		return
	}
	f.told = true
	f.failures++
	f.log.Error("changed TLS files cannot be used; the former ones stay in use until they are mended", "files", f.what, "error", f.wrong)
}

// health is whether the files cannot be used now, and how often that was so.
func (f *tlsFiles) health() (bad bool, failures uint64) {
	if f == nil {
		return false, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told, f.failures
}

func (f *tlsFiles) close() {
	if f == nil {
		return
	}
	for _, follower := range f.followers {
		follower.Close()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.timer != nil {
		f.timer.Stop()
	}
}
