package security

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// The bounds of what a service token may be given.
const (
	maxExpiration    = 10 * 365 * 24 * time.Hour
	maxTokenMetadata = 16 << 10 // bytes, without blanks
)

// The time for which a rotated token's former secret stays good.
const (
	defaultGrace = 24 * time.Hour
	maxGrace     = 30 * 24 * time.Hour
)

// check returns the metadata as they are recorded. Errors: *ValidationError.
func (o TokenOptions) check() (json.RawMessage, error) {
	var reasons []string
	if o.Expiration < 0 || o.Expiration > maxExpiration {
		reasons = append(reasons, "the expiration must be above 0 and at most 3650d")
	}
	metadata, reason := compactMetadata(o.Metadata)
	if reason != "" {
		reasons = append(reasons, reason)
	}
	if reasons != nil {
		return nil, &ValidationError{reasons}
	}
	return metadata, nil
}

// compactMetadata returns an object without blanks, or the reason for a refusal.
func compactMetadata(text json.RawMessage) (metadata json.RawMessage, reason string) {
	if len(text) == 0 {
		return nil, ""
	}
	var fields map[string]json.RawMessage
	var b bytes.Buffer
	if !utf8.Valid(text) || json.Unmarshal(text, &fields) != nil || json.Compact(&b, text) != nil {
		return nil, "metadata must be an object"
	}
	if fields == nil {
		return nil, "" // null
	}
	for key := range fields {
		if strings.HasPrefix(key, "_") {
			return nil, "metadata keys may not start with [_]"
		}
	}
	if b.Len() > maxTokenMetadata {
		return nil, "metadata must have at most 16384 bytes"
	}
	return b.Bytes(), ""
}

// RotateServiceToken gives an index-backed token another secret. The one it had
// stays good for the grace: nil is 24 h, 0 is not at all, 30 d is the longest.
// One from a rotation before that stops at once. When the token expires does not
// change. Errors: *PermissionError, *TLSRequiredError, *EmptyPathError,
// *TokenNameError, *ArgumentError, *UnknownAccountError, *TokenUnknownError,
// ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) RotateServiceToken(ctx context.Context, who Identity, namespace, service, name string, grace *time.Duration) (CreatedToken, error) {
	if err := s.authorize(ctx, who, account.ActionRotateServiceToken); err != nil {
		return CreatedToken{}, err
	}
	if err := s.checkTLS(featureRotateToken); err != nil {
		return CreatedToken{}, err
	}
	if err := checkTokenPath(namespace, service, name); err != nil {
		return CreatedToken{}, err
	}
	if grace != nil && (*grace < 0 || *grace > maxGrace) {
		return CreatedToken{}, &ArgumentError{"the former secret of a token may stay good from 0 to 30d"}
	}
	record, err := s.tokenToRotate(ctx, who, namespace, service, name)
	if err != nil {
		return CreatedToken{}, err
	}
	bearer := token.Bearer{Namespace: namespace, Service: service, Name: name, Secret: token.NewSecret()}
	c := &fsm.RotateServiceToken{
		Account: record.Account, Name: name, ID: record.ID,
		Hash:          fsm.Sensitive(token.HashFast(bearer.Secret).Text()),
		PreviousUntil: s.previousUntil(record, grace),
	}
	if err := s.rotate(ctx, c); err != nil {
		return CreatedToken{}, err
	}
	return CreatedToken{Name: name, Value: bearer.Encode(), Expires: moment(record.Expires), PreviousUntil: moment(c.PreviousUntil)}, nil
}

// tokenToRotate finds the token, in a state that is up to date, and decides
// whether the caller may have a secret of its account.
func (s *Service) tokenToRotate(ctx context.Context, who Identity, namespace, service, name string) (*fsm.ServiceToken, error) {
	if err := s.log.CatchUp(ctx); err != nil {
		return nil, err
	}
	state := s.state.Current()
	if _, builtIn := account.Lookup(namespace, service); !builtIn {
		if err := s.mayHoldToken(state, who, account.ActionRotateServiceToken, "rotating", namespace+"/"+service); err != nil {
			return nil, err
		}
	}
	record, ok := state.ServiceToken(namespace+"/"+service, name)
	if !ok {
		return nil, &TokenUnknownError{Principal: namespace + "/" + service, Name: name}
	}
	if s.expired(record) {
		return nil, &ArgumentError{"service account token [" + record.Account + "/" + name + "] has expired; create another one"}
	}
	return record, nil
}

// previousUntil is until when the present secret is good, in Unix milliseconds;
// 0 is not at all.
func (s *Service) previousUntil(t *fsm.ServiceToken, grace *time.Duration) int64 {
	g := defaultGrace
	if grace != nil {
		g = *grace
	}
	if g == 0 {
		return 0
	}
	until := s.now().Add(g).UnixMilli()
	if t.Expires != 0 {
		until = min(until, t.Expires)
	}
	return until
}

func (s *Service) rotate(ctx context.Context, c *fsm.RotateServiceToken) error {
	code, again, err := s.propose(ctx, c)
	switch {
	case err != nil:
		return err
	case again && code == fsm.NotFound:
		return ErrOutcomeUnknown // it was there for an earlier attempt, perhaps
	case code == fsm.NotFound:
		return &TokenUnknownError{Principal: c.Account, Name: c.Name}
	}
	return nil
}
