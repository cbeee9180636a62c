package security

import (
	"context"
	"encoding/json"
	"time"

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
	if len(metadata) > maxTokenMetadata {
		reason = "metadata must have at most 16384 bytes"
	}
	if reason != "" {
		reasons = append(reasons, reason)
	}
	if reasons != nil {
		return nil, &ValidationError{reasons}
	}
	return metadata, nil
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
	bearer := token.Bearer{Namespace: namespace, Service: service, Name: name, Secret: token.NewSecret()}
	record, until, err := s.rotate(ctx, who, bearer, grace)
	if err != nil {
		return CreatedToken{}, err
	}
	return CreatedToken{Name: name, Value: bearer.Encode(), Expires: moment(record.Expires), PreviousUntil: moment(until)}, nil
}

// rotate has the secret recorded as a token's, and returns the token as it was,
// and until when its former secret is good. Like create, it judges the caller
// anew if the account has other roles by then.
func (s *Service) rotate(ctx context.Context, who Identity, b token.Bearer, grace *time.Duration) (*fsm.ServiceToken, int64, error) {
	hash := fsm.Sensitive(token.HashFast(b.Secret).Text())
	for {
		record, own, err := s.tokenToRotate(ctx, who, b.Namespace, b.Service, b.Name)
		if err != nil {
			return nil, 0, err
		}
		c := &fsm.RotateServiceToken{
			Account: record.Account, Name: record.Name, ID: record.ID,
			Hash: hash, PreviousUntil: s.previousUntil(record, grace),
		}
		if own != nil {
			c.UserManaged, c.Roles = true, own.Roles
		}
		code, again, err := s.propose(ctx, c)
		switch {
		case err != nil || code == fsm.OK:
			return record, c.PreviousUntil, err
		case again:
			return nil, 0, ErrOutcomeUnknown // it was there for an earlier attempt, perhaps
		}
		if t, ok := s.state.Current().ServiceToken(record.Account, record.Name); !ok || t.ID != record.ID {
			return nil, 0, &TokenUnknownError{Principal: record.Account, Name: record.Name}
		}
	}
}

// tokenToRotate finds the token, in a state that is up to date, and decides
// whether the caller may have a secret of its account; own is nil for a built-in
// one.
func (s *Service) tokenToRotate(ctx context.Context, who Identity, namespace, service, name string) (record *fsm.ServiceToken, own *fsm.ServiceAccount, err error) {
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, builtIn := account.Lookup(namespace, service); !builtIn {
		if own, err = s.mayHoldToken(ctx, state, who, account.ActionRotateServiceToken, "rotating", namespace+"/"+service); err != nil {
			return nil, nil, err
		}
	}
	record, ok := state.ServiceToken(namespace+"/"+service, name)
	if !ok {
		return nil, nil, &TokenUnknownError{Principal: namespace + "/" + service, Name: name}
	}
	if s.expired(record) {
		return nil, nil, &ArgumentError{"service account token [" + record.Account + "/" + name + "] has expired; create another one"}
	}
	return record, own, nil
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
