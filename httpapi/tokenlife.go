package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"jeton/security"
)

// What Elasticsearch's service account tokens have not: an end, metadata, a
// change of the secret, and an account of their use. Who does not ask for it
// does not see it.

// millis is a time as Elasticsearch shows it: Unix milliseconds, 0 for never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// decodeTokenOptions reads a create's body, `expiration` and `metadata`, by the
// names that API keys use.
func (r *request) decodeTokenOptions() (security.TokenOptions, error) {
	var o security.TokenOptions
	if len(r.body) == 0 {
		return o, nil
	}
	var expiration *string
	p := newParser("create_service_token_request", r.body)
	fields := map[string]any{"expiration": &expiration, "metadata": p.anyObject(&o.Metadata)}
	err := p.document(func(key string) any { return fields[key] })
	if err != nil || expiration == nil {
		return o, err
	}
	if o.Expiration, err = parseTimeValue("expiration", *expiration); err == nil && o.Expiration <= 0 {
		err = illegalArgument("[expiration] must be longer than nothing, but was [%s]: leave it out for a token that never expires", *expiration)
	}
	return o, err
}

// tokenDetail is what is told of a token with ?detail=true; the zero value is
// the empty object of the documents.
type tokenDetail struct {
	Creation      int64           `json:"creation,omitempty"` // this and the other times in Unix milliseconds
	Creator       *creator        `json:"creator,omitempty"`
	Expiration    int64           `json:"expiration,omitempty"`
	LastUsed      int64           `json:"last_used,omitempty"` // the hour
	PreviousUntil int64           `json:"previous_secret_valid_until,omitempty"`
	Metadata      json.RawMessage `json:"metadata,omitempty"`
}

type creator struct {
	Principal string `json:"principal"`
	Realm     string `json:"realm"`
}

func detailOf(t security.TokenInfo) tokenDetail {
	d := tokenDetail{
		Creation:      millis(t.Created),
		Creator:       &creator{t.Creator.Principal, t.Creator.Realm},
		Expiration:    millis(t.Expires),
		LastUsed:      millis(t.LastUsed),
		PreviousUntil: millis(t.PreviousUntil),
		Metadata:      t.Metadata,
	}
	if d.Metadata == nil {
		d.Metadata = emptyObject
	}
	return d
}

func tokensOf(tokens []security.TokenInfo, detail bool) map[string]tokenDetail {
	m := make(map[string]tokenDetail, len(tokens))
	for _, t := range tokens {
		m[t.Name] = tokenDetail{}
		if detail {
			m[t.Name] = detailOf(t)
		}
	}
	return m
}

type rotatedToken struct {
	Rotated       bool        `json:"rotated"`
	Token         tokenSecret `json:"token"`
	PreviousUntil int64       `json:"previous_secret_valid_until,omitempty"` // Unix milliseconds
}

// rotateToken takes an optional `grace_period`, for which the old secret stays
// good beside the new one.
func (s *server) rotateToken(ctx context.Context, r *request) (answer, error) {
	grace, err := r.decodeGrace()
	if err != nil {
		return answer{}, err
	}
	t, err := s.security.RotateServiceToken(ctx, r.who, r.segment("namespace"), r.segment("service"), r.segment("name"), grace)
	return ok(rotatedToken{
		Rotated:       true,
		Token:         tokenSecret{Name: t.Name, Value: t.Value, Expiration: millis(t.Expires)},
		PreviousUntil: millis(t.PreviousUntil),
	}), err
}

func (r *request) decodeGrace() (*time.Duration, error) {
	var text *string
	if err := r.decodeBody("rotate_service_token_request", map[string]any{"grace_period": &text}); err != nil || text == nil {
		return nil, err
	}
	grace, err := parseTimeValue("grace_period", *text)
	if err == nil && grace < 0 {
		err = illegalArgument("[grace_period] must not be negative, but was [%s]: [0] makes the old secret stop at once", *text)
	}
	return &grace, err
}

type unusedCredentials struct {
	Count       int                `json:"count"`
	Credentials []unusedCredential `json:"credentials"`
}

type unusedCredential struct {
	ServiceAccount string `json:"service_account"`
	Name           string `json:"name"`
	tokenDetail
}

// unusedCredentials lists what nobody has used for the time of ?unused_for.
func (s *server) unusedCredentials(ctx context.Context, r *request) (answer, error) {
	text, given := r.params["unused_for"]
	if !given {
		return answer{}, illegalArgument("the parameter [unused_for] is missing: give a time such as [90d]")
	}
	unusedFor, err := parseTimeValue("unused_for", text)
	if err != nil {
		return answer{}, err
	}
	tokens, err := s.security.UnusedCredentials(ctx, r.who, unusedFor)
	body := unusedCredentials{Count: len(tokens), Credentials: make([]unusedCredential, 0, len(tokens))}
	for _, t := range tokens {
		body.Credentials = append(body.Credentials, unusedCredential{t.Account, t.Name, detailOf(t)})
	}
	return ok(body), err
}
