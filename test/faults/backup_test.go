//go:build linux

package faults

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"jeton/internal/history"
)

// restorer is the client that restores.
const restorer = "restorer"

// eras change where a restore begins, and where it ends. What a client believes of
// what it has made is of its era; in the midst of a restore it may be wrong.
type eras struct {
	mu  sync.RWMutex
	now int // odd while a restore is under way
}

func (e *eras) current() int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.now
}

// within does something unless the era is over. It does not end meanwhile.
func (e *eras) within(era int, does func()) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if era == e.now {
		does()
	}
	return era == e.now
}

// sure says that what was made in the era is there still.
func (e *eras) sure(era int) bool { return era%2 == 0 && era == e.current() }

// change begins the next era, and what makes it one.
func (e *eras) change(does func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now++
	does()
}

// saved is a backup.
type saved struct {
	id   string
	data []byte
}

// save makes a backup at a node.
func (t *traffic) save(at *process) (saved, history.Outcome) {
	b := saved{id: fmt.Sprintf("backup%d", t.keys.Add(1))}
	call := t.recorder.Begin(history.Op{Kind: history.Save, Key: b.id, Client: restorer, Node: at.name})
	r := request{node: at, path: "/_jeton/backup"}
	a := r.send(context.Background())
	b.data = a.body
	outcome := t.judge(r, a)
	call.Finish(outcome)
	return b, outcome
}

// restore brings a backup back. Where nobody can say whether that has happened it
// asks again, at any of the nodes, as the answer says.
func (t *traffic) restore(b saved, at ...*process) history.Outcome {
	var call *history.Call
	t.eras.change(func() {
		call = t.recorder.Begin(history.Op{Kind: history.Restore, Key: b.id, Client: restorer})
	})
	id := fmt.Sprintf("restore%d", t.keys.Add(1))
	outcome := history.CannotKnow
	for range 20 {
		r := request{node: at[rand.IntN(len(at))], method: http.MethodPost, path: "/_jeton/backup/_restore?id=" + id, raw: b.data}
		a := r.send(context.Background())
		now := t.judge(r, a)
		if now == history.OK {
			outcome = now
			break
		}
		if now == history.Unknown {
			outcome = now // whatever it is told from now on that is no success
		} else if outcome != history.Unknown {
			break
		}
		pause(context.Background(), 200*time.Millisecond)
	}
	t.eras.change(func() { call.Finish(outcome) })
	return outcome
}

// inBackups is how backups hold what clients make: a service token with all its
// secrets, a user with the password, each pair of OAuth tokens. What a role lets a
// user do is as in the backup.
var inBackups = history.Records{
	Of: func(op history.Op) string {
		if op.Scope != "" {
			return op.Scope + "/" + op.Name
		}
		user, _, _ := strings.Cut(op.Key, ":")
		return cmp.Or(user, op.Name)
	},
	Returns: func(op history.Op) bool { return strings.HasSuffix(op.Key, mayDo) },
}
