//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"jeton/internal/history"
)

const tokenService = "/_security/oauth2/token"

// granted is a pair of OAuth tokens. The access token is a credential.
type granted struct {
	credential
	refresh string
}

// grants are the pairs of one life: the same pair, given out twice, has one key.
type grants struct {
	t    *traffic
	name string // all pairs are this thing's
	era  int    // in which refresh tokens are judged: after a restore there may be others

	mu    sync.Mutex
	known map[string]granted // by access token
}

func (g *grants) pairOf(a answer) (granted, bool) {
	var body struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil || body.Access == "" || body.Refresh == "" {
		g.t.note("a grant was answered without tokens")
		return granted{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.known[body.Access]
	if !ok {
		p = granted{credential{Op: history.Op{Name: g.name, Key: g.t.key()}, bearer: body.Access}, body.Refresh}
		g.known[body.Access] = p
		g.t.recent.add(p.credential)
	}
	return p, true
}

// grant asks for a pair at a node.
func (g *grants) grant(client string, at *process, body map[string]any) (p granted, outcome history.Outcome) {
	op := history.Op{Kind: history.Create, Name: g.name, Client: client, Node: at.name}
	r := request{node: at, method: http.MethodPost, path: tokenService, body: body}
	call := g.t.recorder.Begin(op)
	a := r.send(context.Background())
	if spent := a.status == http.StatusBadRequest && strings.Contains(string(a.body), "invalid_grant"); spent {
		outcome = history.Refused
	} else if outcome = g.t.judge(r, a); outcome == history.Refused {
		if g.t.eras.sure(g.era) { // else its owner may be gone
			g.t.refusedElastic(r, a)
		}
		outcome = history.CannotKnow
	}
	if outcome == history.OK {
		p, _ = g.pairOf(a)
		call.Key = p.Key
	}
	call.Finish(outcome)
	return p, outcome
}

// refreshAll presents a refresh token at three nodes at once, and returns a pair
// that one of them gave.
func (g *grants) refreshAll(client string, old granted) (next granted) {
	var mu sync.Mutex
	var asking sync.WaitGroup
	for range 3 {
		asking.Go(func() {
			began := g.t.now()
			p, outcome := g.grant(client, g.t.any(), map[string]any{"grant_type": "refresh_token", "refresh_token": old.refresh})
			g.spent(refreshOp{token: old.Key, outcome: outcome, pair: p.Key, start: began, end: g.t.now()})
			mu.Lock()
			defer mu.Unlock()
			if outcome == history.OK {
				next = p
			}
		})
	}
	asking.Wait()
	return next
}

func (g *grants) spent(op refreshOp) {
	if g.t.eras.sure(g.era) {
		g.t.refresh.add(op)
	}
}

// grantLife gets a pair, refreshes it, invalidates what there is, and tries to
// refresh that.
func (t *traffic) grantLife(client string, n int) {
	name := fmt.Sprintf("%s-%d", client, n)
	g := &grants{t: t, name: name, era: t.eras.current(), known: map[string]granted{}}
	owner := credential{Op: history.Op{Key: "password of " + name}, user: name, password: "first-password"}
	if !t.take(client, g.era, step{put("/_security/user/"+name, newUser(owner)), []credential{owner}, nil}) {
		return
	}
	first, outcome := g.grant(client, t.any(), map[string]any{"grant_type": "password", "username": name, "password": owner.password})
	if outcome != history.OK {
		return
	}
	t.everywhere(client, first.credential)
	second := g.refreshAll(client, first)
	if second.bearer == "" {
		return
	}
	t.everywhere(client, second.credential)
	t.rest(300 * time.Millisecond)
	if t.invalidate(client, g, second) {
		t.everywhere(client, first.credential)
		t.everywhere(client, second.credential)
		g.refreshAll(client, second)
	}
}

// invalidate ends all tokens of the life; it is true when that was answered.
func (t *traffic) invalidate(client string, g *grants, fresh granted) bool {
	began := t.now()
	r := request{node: t.any(), method: http.MethodDelete, path: tokenService, body: map[string]any{"username": g.name}}
	outcome, _ := t.change(history.Op{Kind: history.Delete, Name: g.name, Client: client}, r, nil)
	g.spent(refreshOp{token: fresh.Key, ends: true, outcome: outcome, start: began, end: t.now()})
	return outcome == history.OK
}
