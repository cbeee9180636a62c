package powerloss_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"jeton/internal/powerloss"
)

func elastic(secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("elastic:"+secret))
}

func tokenPath(name string) string {
	return "/_security/service/elastic/fleet-server/credential/token/" + name
}

// send sends a request once; the id comes back in the answer.
func send(method, url, authorization, id string) (status int, body []byte, err error) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", authorization)
	if id != "" {
		r.Header.Set("X-Opaque-Id", id)
	}
	client := http.Client{Timeout: patience}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// operation is one request that a client has sent and that succeeded.
type operation struct {
	id     string
	create bool
	bearer string // of the token that is created or deleted
	acked  int    // the event that is its answer
	begun  int    // the event after which it may have been sent
}

// history is what clients did.
type history struct {
	mu  sync.Mutex
	ops []operation
}

// work lets clients create and delete tokens, each one request at a time. Every
// third token is deleted again.
func (h *history) work(t testing.TB, name string, clients, tokens int, urls ...string) {
	t.Helper()
	var working sync.WaitGroup
	for c := range clients {
		working.Go(func() {
			if err := h.client(fmt.Sprintf("%s-client-%d", name, c), tokens, urls[c%len(urls)]); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func (h *history) client(name string, tokens int, url string) error {
	for i := range tokens {
		id := fmt.Sprintf("%s-token-%d", name, i)
		status, body, err := send(http.MethodPost, url+tokenPath(id), elastic(password), id)
		var made struct{ Token struct{ Value string } }
		if err == nil {
			err = json.Unmarshal(body, &made)
		}
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("create %s: %d %s %w", id, status, body, err)
		}
		h.add(operation{id: id, create: true, bearer: made.Token.Value})
		if i%3 != 2 {
			continue
		}
		gone := id + "-gone"
		if status, body, err = send(http.MethodDelete, url+tokenPath(id), elastic(password), gone); err != nil || status != http.StatusOK {
			return fmt.Errorf("delete %s: %d %s %w", id, status, body, err)
		}
		h.add(operation{id: gone, bearer: made.Token.Value})
	}
	return nil
}

func (h *history) add(o operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, o)
}

// find finds the answers in the recording.
func (h *history) find(t testing.TB, r *powerloss.Recording) {
	t.Helper()
	created := map[string]int{}
	for i := range h.ops {
		o := &h.ops[i]
		if o.acked = answer(r, o.id); o.acked < 0 {
			t.Fatalf("the answer to %s is not in the recording", o.id)
		}
		if o.create {
			created[o.bearer] = o.acked
		}
		o.begun = created[o.bearer] // a token is deleted once its client has it
	}
}

func answer(r *powerloss.Recording, id string) int {
	needle := []byte("X-Opaque-Id: " + id + "\r\n")
	for i, e := range r.Events {
		if e.Op == powerloss.Mark && bytes.HasPrefix(e.Data, []byte("HTTP/1.1 2")) && bytes.Contains(e.Data, needle) {
			return i
		}
	}
	return -1
}

// at is what must be true of the tokens when power fails before that event.
func (h *history) at(event int) (live, dead []string) {
	state := map[string]*[]string{}
	for _, o := range h.ops { // of each token its create comes first
		switch {
		case o.create && o.acked < event:
			state[o.bearer] = &live
		case !o.create && o.acked < event:
			state[o.bearer] = &dead
		case !o.create && o.begun < event:
			delete(state, o.bearer) // it may be or not
		}
	}
	for bearer, list := range state {
		*list = append(*list, bearer)
	}
	return live, dead
}
