package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// serverError is an answer that says no.
type serverError struct {
	status int
	reason string // the server's, or what can be made of its answer
	body   []byte
}

func (e *serverError) Error() string { return fmt.Sprintf("%s (HTTP %d)", e.reason, e.status) }

func newServerError(resp *http.Response, body []byte) *serverError {
	e := &serverError{status: resp.StatusCode, body: body, reason: reasonOf(body)}
	location := resp.Header.Get("Location")
	switch {
	case e.status/100 == 3 && location != "":
		e.reason = fmt.Sprintf("the server redirects to %q, which is not followed: give the right address with --url", location)
	case e.status == http.StatusBadRequest && strings.Contains(string(body), "HTTP request to an HTTPS server"):
		e.reason = "the server speaks TLS: use https:// in --url"
	case e.status == http.StatusUnauthorized && resp.Request.Header.Get("Authorization") == "":
		e.reason += "; give --user with --password-file, or --token-file"
	}
	return e
}

// untrustedError: the certificate of the address is of none of the CAs to trust.
type untrustedError struct{ at string }

// Error implements error.
func (e *untrustedError) Error() string {
	return fmt.Sprintf("the certificate of %s is signed by an unknown authority: give the cluster's CA, path.data/ca.crt of any node, with --cacert or JETON_CACERT", e.at)
}

// noCAError: the file with the CAs to trust is not there.
type noCAError struct{ path string }

// Error implements error.
func (e *noCAError) Error() string {
	return fmt.Sprintf("the CA %s is not there: give the cluster's CA, path.data/ca.crt of any node, with --cacert or JETON_CACERT", e.path)
}

// reasonOf finds the reason in Elasticsearch's error envelope, whose error is an
// object or a text.
func reasonOf(body []byte) string {
	var envelope struct{ Error json.RawMessage }
	var object struct{ Reason string }
	var text string
	if json.Unmarshal(body, &envelope) == nil {
		if json.Unmarshal(envelope.Error, &object) == nil && object.Reason != "" {
			return visible(object.Reason)
		}
		if json.Unmarshal(envelope.Error, &text) == nil && text != "" {
			return visible(text)
		}
	}
	return "the server refused"
}

// explain turns a failure to reach a node into what to do about it.
func explain(base *url.URL, err error) error {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	at := base.Redacted()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s: start a node with 'jeton start' or 'jeton dev', or give another address with --url or JETON_URL", at)
	case errors.As(err, &unknownAuthority):
		return &untrustedError{at}
	case errors.As(err, &wrongName):
		return fmt.Errorf("the certificate of %s is for another address: %w", at, wrongName)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("%s speaks plain HTTP: use http:// in --url", at)
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return fmt.Errorf("%s did not answer in time", at)
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without method and address, which at has
	}
	return fmt.Errorf("%s cannot be reached: %w", at, err)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
