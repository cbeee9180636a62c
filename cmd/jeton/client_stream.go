package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// streamTimeout bounds what is sent or received as it comes: above the longest
// that a server gives a request.
const streamTimeout = 6 * time.Minute

// patient is the same client with time for streams.
func (c *client) patient() *client {
	other := *c
	h := *c.http
	h.Timeout = streamTimeout
	other.http = &h
	return &other
}

// download hands the answer to take as it arrives. Any status but 2xx is a
// *serverError.
func (c *client) download(ctx context.Context, r request, take func(io.Reader) error) error {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return err
	}
	return c.exchange(req, take)
}

// upload sends the text as it is read, and decodes the answer's JSON.
func (c *client) upload(ctx context.Context, path string, text io.Reader, answer any) error {
	req, err := c.newRequest(ctx, request{method: http.MethodPost, path: path})
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(text)
	req.ContentLength = -1 // not known
	req.Header.Set("Content-Type", "application/x-ndjson")
	return c.exchange(req, func(body io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(body, maxAnswer))
		if err != nil {
			return err
		}
		return json.Unmarshal(data, answer)
	})
}

func (c *client) exchange(req *http.Request, take func(io.Reader) error) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return explain(c.base, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil {
			return explain(c.base, err)
		}
		return newServerError(resp, data)
	}
	failing := &failingReader{from: resp.Body}
	err = take(failing)
	if failing.err != nil {
		return fmt.Errorf("the answer of %s broke off: %w", c.base.Redacted(), failing.err)
	}
	return err
}

// failingReader remembers that a connection failed: whoever reads a text only
// knows that it is too short.
type failingReader struct {
	from io.Reader
	err  error
}

// Read implements io.Reader.
func (r *failingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
