package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	clientTimeout = time.Minute // above the server's own request.timeout
	maxAnswer     = 16 << 20    // bytes
)

// client speaks to one node. It follows no redirect: credentials go where they
// were meant to go.
type client struct {
	base          *url.URL
	http          *http.Client
	authorization string // the header's value; "" = none
	joining       bool   // it is of a node on this machine, which has no CA yet
}

// request is one call of the API.
type request struct {
	method string
	path   string // escaped
	accept string // "" = plain JSON
	body   any    // sent as JSON; nil = none
}

// do sends the request and decodes the answer's JSON into answer, if that is
// not nil. Any status but 2xx is a *serverError.
func (c *client) do(ctx context.Context, r request, answer any) error {
	data, err := c.send(ctx, r)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%s answered with something else than the expected JSON: is it a Jeton node?", c.base.Redacted())
	}
	return nil
}

func (c *client) send(ctx context.Context, r request) ([]byte, error) {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, explain(c.base, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, explain(c.base, err)
	case len(data) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s is larger than the %d bytes allowed", c.base.Redacted(), maxAnswer)
	case resp.StatusCode/100 != 2:
		return nil, newServerError(resp, data)
	}
	return data, nil
}

func (c *client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.String()+r.path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if c.authorization != "" {
		req.Header.Set("Authorization", c.authorization)
	}
	return req, nil
}

// at is the same client for another node of the cluster, given as host:port.
func (c *client) at(address string) *client {
	other := *c
	other.base = &url.URL{Scheme: c.base.Scheme, Host: address}
	return &other
}
