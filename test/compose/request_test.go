package compose

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jeton/internal/history"
)

// cluster is the project, for clients outside of it.
type cluster struct {
	*project
	http     *http.Client
	password string // of the user elastic
}

// connect gets the CA's certificate and a password as docs/operations.md says.
func connect(p *project) *cluster {
	p.t.Helper()
	c := &cluster{project: p}
	file := filepath.Join(p.dir, "ca.crt")
	p.docker("cp", p.container(p.nodes[0])+":/var/lib/jeton/data/ca.crt", file)
	pem, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		p.t.Fatalf("no certificate in %s", pem)
	}
	c.http = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: 32, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	c.password = p.jeton(p.nodes[0], "", "reset-password", "--username", "elastic", "--batch", "--silent")
	return c
}

// request is what a client asks of one node, with a bearer token or as elastic.
// It is sent once.
type request struct {
	node         *node
	method, path string
	body         any
	bearer       string
}

type answer struct {
	status int
	body   []byte
	err    error
}

func (c *cluster) send(ctx context.Context, r request) answer {
	var body io.Reader
	if r.body != nil {
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
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	} else {
		req.SetBasicAuth("elastic", c.password)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, body: data, err: err}
}

// outcome is what the answer says of what was asked; known is false for an
// answer that no node should give.
func (a answer) outcome() (o history.Outcome, known bool) {
	var failed *net.OpError
	switch {
	case errors.As(a.err, &failed) && failed.Op == "dial":
		return history.CannotKnow, true
	case a.err != nil:
		return history.Unknown, true
	}
	switch a.status {
	case http.StatusOK, http.StatusCreated:
		return history.OK, true
	case http.StatusUnauthorized:
		return history.Refused, true
	case http.StatusNotFound:
		return history.NotFound, true
	case http.StatusConflict:
		return history.Conflict, true
	case http.StatusServiceUnavailable:
		return history.CannotKnow, true
	case http.StatusInternalServerError:
		return history.Unknown, strings.Contains(string(a.body), "outcome_unknown_exception")
	}
	return history.Unknown, false
}
