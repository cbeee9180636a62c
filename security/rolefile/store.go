package rolefile

import (
	"log/slog"
	"sync/atomic"

	"jeton/internal/localfile"
)

// Store holds what a node's file says now.
type Store struct {
	log      *slog.Logger
	current  atomic.Pointer[Roles]
	follower *localfile.Follower
}

// Open reads the file and follows it: a change is live within 5 s. The file,
// and its directory, need not exist. A file that exists and cannot be read is
// logged, and the roles stay as they were, at first none: a file that somebody
// has locked away must not keep a node from starting.
func Open(path string, log *slog.Logger) *Store {
	s := &Store{log: log.With("path", path)}
	s.current.Store(&Roles{})
	s.follower = localfile.Follow(path, log, s.load)
	return s
}

// Current returns the roles of this moment, never nil.
func (s *Store) Current() *Roles { return s.current.Load() }

// Close ends the following; Current goes on answering.
func (s *Store) Close() { s.follower.Close() }

func (s *Store) load(data []byte) {
	roles, wrong := Parse(data)
	for _, e := range wrong {
		s.log.Warn("a role of the role file needs attention", "line", e.Line, "role", e.Role, "reason", e.Err.Error())
	}
	if roles.equal(s.Current()) {
		return
	}
	s.current.Store(roles)
	s.log.Info("roles of the file are live", "roles", roles.Len())
}
