//go:build linux

package faults

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"jeton/internal/history"
)

// request is what a client asks of one node: with a bearer token, as a user, or
// as elastic. It is sent once.
type request struct {
	node           *process
	method, path   string
	body           any
	raw            []byte // in place of body
	bearer         string
	user, password string
}

type answer struct {
	status int
	body   []byte
	read   string // how the node knows who it is
	err    error
}

// client has no limit of its own: frozen nodes answer late, and those answers
// are what matters most.
var client = sync.OnceValue(func() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
})

func (r request) send(ctx context.Context) answer {
	var body io.Reader
	if r.raw != nil {
		body = bytes.NewReader(r.raw)
	} else if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return answer{err: err}
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(r.method, http.MethodGet), r.node.url()+r.path, body)
	if err != nil {
		return answer{err: err}
	}
	req.GetBody = nil
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch {
	case r.bearer != "":
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	default:
		req.SetBasicAuth(cmp.Or(r.user, "elastic"), cmp.Or(r.password, password))
	}
	res, err := client().Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, body: data, read: res.Header.Get("X-Jeton-Read"), err: err}
}

// outcome is what the answer says of what was asked; known is false for an
// answer that no node should give.
func (a answer) outcome() (o history.Outcome, known bool) {
	switch {
	case a.notSent():
		return history.CannotKnow, true
	case a.err != nil:
		return history.Unknown, true
	}
	switch a.status {
	case http.StatusOK, http.StatusCreated:
		return history.OK, true
	case http.StatusUnauthorized, http.StatusForbidden:
		return history.Refused, true
	case http.StatusNotFound:
		return history.NotFound, true
	case http.StatusConflict:
		return history.Conflict, true
	case http.StatusBadRequest: // so Elasticsearch says that there is no such user
		text := string(a.body)
		return history.NotFound, strings.Contains(text, "user must exist") || strings.Contains(text, "only existing users")
	case http.StatusServiceUnavailable:
		return history.CannotKnow, true
	case http.StatusInternalServerError:
		return history.Unknown, strings.Contains(string(a.body), "outcome_unknown_exception")
	}
	return history.Unknown, false
}

// notSent says that there was no connection on which to ask.
func (a answer) notSent() bool {
	var failed *net.OpError
	return errors.As(a.err, &failed) && failed.Op == "dial"
}
