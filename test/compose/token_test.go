package compose

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"jeton/internal/history"
)

// tokenLife makes a token, shows it to all nodes, and deletes it, but for every
// fourth, which must live until the end.
func (t *traffic) tokenLife(client string, n int) {
	made := credential{name: fmt.Sprintf("%s-%d", client, n), scope: account}
	path := "/_security/service/" + account + "/credential/token/" + made.name
	outcome, _ := t.ask(made.op(history.Create, client), request{node: t.any(), method: http.MethodPost, path: path}, func(c *history.Call, a answer) {
		var body struct{ Token struct{ Value string } }
		if err := json.Unmarshal(a.body, &body); err != nil || body.Token.Value == "" {
			t.note("a token was made and not shown")
		}
		c.Key = t.key()
		made.key, made.bearer = c.Key, body.Token.Value
	})
	if outcome == history.OK {
		t.keep(made)
		t.everywhere(client, made)
	}
	t.rest(500 * time.Millisecond)
	if n%4 == 0 {
		return
	}
	gone := credential{name: made.name, scope: account}
	outcome, _ = t.ask(gone.op(history.Delete, client), request{node: t.any(), method: http.MethodDelete, path: path}, nil)
	if made.bearer != "" && (outcome == history.OK || outcome == history.NotFound) {
		t.everywhere(client, made)
	}
	t.rest(200 * time.Millisecond)
}
