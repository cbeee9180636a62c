package userfile

import (
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// Store holds what a node's two files say now.
type Store struct {
	log       *slog.Logger
	current   atomic.Pointer[Users]
	followers []*localfile.Follower

	mu      sync.Mutex // held while a file's new content is taken in
	hashes  map[string]token.Hash
	rolesOf map[string][]string
}

// Open reads the files in the config directory and follows them: a change is
// live within 5 s. The files, and the directory, need not exist. A file that
// exists and cannot be read is logged, and what it said stays as it was, at
// first nothing: a file that somebody has locked away must not keep a node from
// starting.
func Open(dir string, log *slog.Logger) *Store {
	s := &Store{log: log}
	s.current.Store(&Users{})
	roles, users := filepath.Join(dir, RolesFile), filepath.Join(dir, UsersFile)
	s.followers = []*localfile.Follower{
		localfile.Follow(roles, log, func(data []byte) {
			s.mu.Lock()
			defer s.mu.Unlock()
			var wrong []LineError
			s.rolesOf, wrong = parseRoles(data)
			s.publish(roles, wrong)
		}),
		localfile.Follow(users, log, func(data []byte) {
			s.mu.Lock()
			defer s.mu.Unlock()
			var wrong []LineError
			s.hashes, wrong = parseUsers(data)
			s.publish(users, wrong)
		}),
	}
	return s
}

// Current returns the users of this moment, never nil.
func (s *Store) Current() *Users { return s.current.Load() }

// Close ends the following; Current goes on answering.
func (s *Store) Close() {
	for _, f := range s.followers {
		f.Close()
	}
}

// publish makes the combination of both files live, when it is another one. The
// caller holds the lock and has taken in the file at path.
func (s *Store) publish(path string, wrong []LineError) {
	for _, e := range wrong {
		s.log.Warn("a line of a user file needs attention", "path", path, "line", e.Line, "reason", e.Err.Error())
	}
	users := combine(s.hashes, s.rolesOf)
	if users.equal(s.Current()) {
		return
	}
	s.current.Store(users)
	s.log.Info("users of the files are live", "path", path, "users", users.Len())
}
