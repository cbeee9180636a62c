package cluster

import (
	"sync"
	"time"
)

// seldomEvery is how often what strangers can bring about is logged.
const seldomEvery = 10 * time.Second

// seldom says now and then that it is time.
type seldom struct {
	mu   sync.Mutex
	last time.Time
}

func (s *seldom) now() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && time.Since(s.last) < seldomEvery {
		return false
	}
	s.last = time.Now()
	return true
}
