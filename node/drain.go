package node

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// drain knows which of a server's connections have a request under way. The
// server's own Shutdown drops a request whose header it has not read yet, so
// before it is called there must be none.
type drain struct {
	mu   sync.Mutex
	open map[net.Conn]http.ConnState
}

// track is the server's ConnState hook.
func (d *drain) track(c net.Conn, s http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch s {
	case http.StateNew, http.StateActive:
		if d.open == nil {
			d.open = map[net.Conn]http.ConnState{}
		}
		d.open[c] = s
	default:
		delete(d.open, c)
	}
}

const (
	// newGrace is how long a connection on which nothing has been said yet is
	// waited for.
	newGrace  = 500 * time.Millisecond
	drainPoll = 5 * time.Millisecond
)

// wait returns when no request is under way, or when ctx ends. The server must
// take no new connections and keep none alive.
func (d *drain) wait(ctx context.Context) {
	began := time.Now()
	for d.busy(time.Since(began) < newGrace) && ctx.Err() == nil {
		time.Sleep(drainPoll)
	}
}

func (d *drain) busy(countNew bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		if s == http.StateActive || countNew {
			return true
		}
	}
	return false
}
