package node

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// drain knows which of a server's connections have a request under way. The
// server's own Shutdown drops a request whose header it has not read yet, so
// before it is called there must be none.
type drain struct {
	stopping atomic.Bool
	mu       sync.Mutex
	open     map[net.Conn]http.ConnState
}

// track is the server's ConnState hook.
func (d *drain) track(c net.Conn, s http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch s {
	case http.StateNew, http.StateActive, http.StateIdle:
		if d.open == nil {
			d.open = map[net.Conn]http.ConnState{}
		}
		d.open[c] = s
	default:
		delete(d.open, c)
	}
}

// last tells the client of each answer, once the node is stopping, that it is the
// connection's last one. A connection that the server closes by itself may have
// the next request on it, and its client cannot know what became of that.
func (d *drain) last(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

const (
	// quietGrace is how long a connection on which nothing is being said is waited
	// for: one that clients use in turn is used within it, and told.
	quietGrace = 500 * time.Millisecond
	drainPoll  = 5 * time.Millisecond
)

// wait returns when no request is under way and no connection has one to expect,
// or when ctx ends. The server must take no new connections.
func (d *drain) wait(ctx context.Context) {
	began := time.Now()
	for d.busy(time.Since(began) < quietGrace) && ctx.Err() == nil {
		time.Sleep(drainPoll)
	}
}

func (d *drain) busy(countQuiet bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		if s == http.StateActive || countQuiet {
			return true
		}
	}
	return false
}
