package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// steady is a client that knows all nodes: where one does not answer or cannot
// know, it asks the next. It makes a token, uses it and deletes it, over and over.
type steady struct {
	c    *cluster
	stop context.CancelFunc
	done sync.WaitGroup

	mu       sync.Mutex
	requests int
	detours  int      // requests that the first node did not serve
	failures []string // requests that no node served
}

func startSteady(c *cluster) *steady {
	s := &steady{c: c}
	ctx, cancel := context.WithCancel(c.ctx)
	s.stop = cancel
	for i := range 3 {
		s.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				s.life(fmt.Sprintf("steady%d-%d", i, n))
				pause(ctx, rand.N(200*time.Millisecond))
			}
		})
	}
	c.t.Cleanup(func() {
		cancel()
		s.done.Wait()
	})
	return s
}

func (s *steady) life(name string) {
	path := "/_security/service/elastic/kibana/credential/token/" + name
	made := s.ask(request{method: http.MethodPost, path: path}, func(r *request, attempt int) {
		// What the one before may have made has a secret that nobody was told.
		r.path = fmt.Sprintf("%s-%d", path, attempt)
	})
	var body struct{ Token struct{ Name, Value string } }
	if made == nil || json.Unmarshal(made, &body) != nil {
		return
	}
	s.ask(request{path: "/_security/_authenticate", bearer: body.Token.Value}, nil)
	s.ask(request{method: http.MethodDelete, path: "/_security/service/elastic/kibana/credential/token/" + body.Token.Name}, nil)
}

// ask asks one node after the other until one has served the request. A delete
// of what is gone already has been served.
func (s *steady) ask(r request, prepare func(r *request, attempt int)) []byte {
	first, said := rand.IntN(3), ""
	for attempt := range 3 {
		r.node = s.c.nodes[(first+attempt)%3]
		if prepare != nil {
			prepare(&r, attempt)
		}
		a := s.c.send(context.Background(), r)
		if a.err == nil && (a.status == http.StatusOK || r.method == http.MethodDelete && a.status == http.StatusNotFound) {
			s.served(attempt > 0)
			return a.body
		}
		said += fmt.Sprintf("\n    %s: %d %.200s %v", r.node.name, a.status, a.body, a.err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.failures = append(s.failures, fmt.Sprintf("%s %s%s", r.method, r.path, said))
	return nil
}

func (s *steady) served(detour bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if detour {
		s.detours++
	}
}

// mustNotHaveFailed stops the client and fails the test for each request that no
// node served.
func (s *steady) mustNotHaveFailed() {
	s.c.t.Helper()
	s.stop()
	s.done.Wait()
	for _, text := range s.failures {
		s.c.t.Errorf("no node served %s", text)
	}
	s.c.t.Logf("    %d requests, %d served by another node than the first, %d by none", s.requests, s.detours, len(s.failures))
}
