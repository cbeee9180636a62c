//go:build linux

package faults

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"jeton/internal/history"
)

// accounts are whose tokens are made: each is a list of its own.
var accounts = []string{"elastic/fleet-server", "elastic/kibana"}

// sharedNames are names that many clients make and delete at the same time.
const sharedNames = 6

// tokenLife makes a token, uses it everywhere at once, and deletes it.
func (t *traffic) tokenLife(client string, n int) {
	account := accounts[rand.IntN(len(accounts))]
	name, shared := fmt.Sprintf("%s-%d", client, n), rand.IntN(3) == 0
	if shared {
		name = fmt.Sprintf("shared-%d", rand.IntN(sharedNames))
	}
	made, ok := t.createToken(client, t.any(), account, name)
	if ok {
		t.everywhere(client, made)
		t.recent.add(made)
		if rand.IntN(4) == 0 {
			t.recent.add(t.wrongSecret(made))
		}
		t.rest(pickTime(200*time.Millisecond, 3*time.Second))
		if !shared && rand.IntN(2) == 0 {
			made = t.rotateToken(client, made)
		}
	}
	if ok || rand.IntN(4) == 0 { // what may be absent is deleted too
		t.deleteToken(client, account, name, made)
	}
	t.rest(100 * time.Millisecond)
}

// pickTime is one of the times.
func pickTime(times ...time.Duration) time.Duration { return times[rand.IntN(len(times))] }

func tokenPath(account, name string) string {
	return "/_security/service/" + account + "/credential/token/" + name
}

func (t *traffic) createToken(client string, at *process, account, name string) (credential, bool) {
	made := credential{Op: history.Op{Name: name, Scope: account}}
	r := request{node: at, method: http.MethodPost, path: tokenPath(account, name)}
	outcome, _ := t.change(history.Op{Kind: history.Create, Name: name, Scope: account, Client: client}, r, func(c *history.Call, a answer) {
		c.Key = t.key()
		made.Key, made.bearer = c.Key, t.secretIn(a)
	})
	return made, outcome == history.OK
}

// deleteToken deletes the name, and where that was answered asks every node for
// the secret that it had.
func (t *traffic) deleteToken(client, account, name string, made credential) {
	attempts := 1 + rand.IntN(8)/7 // now and then two at once
	for range attempts {
		t.clients.Go(func() {
			r := request{node: t.any(), method: http.MethodDelete, path: tokenPath(account, name)}
			outcome, _ := t.change(history.Op{Kind: history.Delete, Name: name, Scope: account, Client: client}, r, nil)
			if made.bearer != "" && (outcome == history.OK || outcome == history.NotFound) {
				t.everywhere(client, made)
			}
		})
	}
}

// rotateToken gives the token a new secret, and shows it to all nodes. The old
// one ends at once, or an hour after the run.
func (t *traffic) rotateToken(client string, old credential) credential {
	next, atOnce := old, rand.IntN(2) == 0
	body := map[string]any{"grace_period": "1h"}
	op := history.Op{Kind: history.Delete, Name: old.Name, Key: old.Key, Scope: old.Scope, Client: client}
	var end *history.Call
	r := request{node: t.any(), method: http.MethodPost, path: tokenPath(old.Scope, old.Name) + "/_rotate", body: body}
	if op.Node = r.node.name; atOnce {
		body["grace_period"] = "0s"
		end = t.recorder.Begin(op)
	}
	op.Kind, op.Key = history.Create, ""
	outcome, _ := t.change(op, r, func(c *history.Call, a answer) {
		next.bearer, next.Key = t.secretIn(a), t.key()
		c.Key = next.Key
	})
	if atOnce && outcome == history.NotFound {
		end.Finish(history.CannotKnow) // nothing was done: to say so is no promise
	} else if atOnce {
		end.Finish(outcome)
	}
	if outcome == history.OK {
		t.everywhere(client, next)
		t.everywhere(client, old)
		t.recent.add(next)
		t.rest(500 * time.Millisecond)
	}
	return next
}

// secretIn is the token that an answer shows.
func (t *traffic) secretIn(a answer) string {
	var body struct{ Token struct{ Value string } }
	if err := json.Unmarshal(a.body, &body); err != nil || body.Token.Value == "" {
		t.note("a token was made and not shown")
	}
	return body.Token.Value
}

// wrongSecret is the token with another secret, which nobody has made.
func (t *traffic) wrongSecret(made credential) credential {
	wrong := made
	wrong.Key = t.key()
	data, err := base64.RawStdEncoding.DecodeString(made.bearer)
	if err != nil || len(data) == 0 {
		t.note("a token is not base64")
		return made
	}
	last := &data[len(data)-1]
	if *last == 'x' {
		*last = 'y'
	} else {
		*last = 'x'
	}
	wrong.bearer = base64.RawStdEncoding.EncodeToString(data)
	return wrong
}

// listing lists an account's tokens.
func (t *traffic) listing(client string, _ int) {
	account := accounts[rand.IntN(len(accounts))]
	t.list(client, t.any(), account)
	t.rest(200 * time.Millisecond)
}

func (t *traffic) list(client string, at *process, account string) history.Outcome {
	r := request{node: at, method: http.MethodGet, path: "/_security/service/" + account + "/credential"}
	outcome, _ := t.change(history.Op{Kind: history.List, Scope: account, Client: client}, r, func(c *history.Call, a answer) {
		var body struct{ Tokens map[string]any }
		if err := json.Unmarshal(a.body, &body); err != nil {
			t.note("a list is not JSON")
		}
		for name := range body.Tokens {
			c.Seen = append(c.Seen, name)
		}
	})
	return outcome
}
