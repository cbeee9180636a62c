package compose

import (
	"encoding/json"
	"net/http"
	"time"

	"jeton/internal/history"
)

const tokenService = "/_security/oauth2/token"

// grantLife gets a pair of OAuth tokens, refreshes it, shows both access tokens
// to all nodes, and invalidates the later one.
func (t *traffic) grantLife(client string, _ int) {
	first, refresh := t.grant(client, map[string]any{"grant_type": "password", "username": "elastic", "password": t.c.password})
	if refresh == "" {
		return
	}
	t.everywhere(client, first)
	second, _ := t.grant(client, map[string]any{"grant_type": "refresh_token", "refresh_token": refresh})
	if second.bearer == "" {
		return
	}
	t.everywhere(client, second)
	t.rest(time.Second)
	r := request{node: t.any(), method: http.MethodDelete, path: tokenService, body: map[string]any{"token": second.bearer}}
	outcome, _ := t.ask(second.op(history.Delete, client), r, nil)
	if outcome == history.OK {
		t.everywhere(client, second)
	}
	t.rest(time.Second)
}

// grant asks any node for a pair. The access token is a thing of its own.
func (t *traffic) grant(client string, body map[string]any) (access credential, refresh string) {
	access.key = t.key()
	r := request{node: t.any(), method: http.MethodPost, path: tokenService, body: body}
	t.ask(access.op(history.Create, client), r, func(_ *history.Call, a answer) {
		var pair struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
		}
		if err := json.Unmarshal(a.body, &pair); err != nil || pair.Access == "" || pair.Refresh == "" {
			t.note("a grant was answered without tokens")
		}
		access.bearer, refresh = pair.Access, pair.Refresh
	})
	if access.bearer != "" {
		t.keep(access)
	} else {
		t.rest(200 * time.Millisecond)
	}
	return access, refresh
}
