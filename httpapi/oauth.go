package httpapi

import (
	"context"
	"net/http"
	"time"

	"jeton/security"
	"jeton/security/token"
)

// issuedToken is the answer of RFC 6749, section 5.1, with Elasticsearch's
// `type` in place of `token_type`.
type issuedToken struct {
	AccessToken    string          `json:"access_token"`
	Type           string          `json:"type"`
	ExpiresIn      int64           `json:"expires_in"` // seconds
	RefreshToken   string          `json:"refresh_token,omitempty"`
	Scope          string          `json:"scope,omitempty"`
	Authentication *authentication `json:"authentication,omitempty"`
}

// oldTokenPath is documented from before there was an `authentication`.
const oldTokenPath = "/_xpack/security/oauth2/token"

func (s *server) createOAuthToken(ctx context.Context, r *request) (answer, error) {
	var req security.TokenRequest
	err := r.decodeBody("token_request", map[string]any{
		"grant_type":      &req.GrantType,
		"username":        &req.Username,
		"password":        &secretField{&req.Password},
		"kerberos_ticket": &secretField{&req.KerberosTicket},
		"refresh_token":   &secretField{&req.RefreshToken},
		"scope":           &req.Scope,
	})
	if err != nil {
		return answer{}, err
	}
	t, err := s.security.CreateToken(ctx, r.who, req)
	if err != nil {
		return answer{}, err
	}
	body := issuedToken{
		AccessToken:  t.AccessToken,
		Type:         "Bearer",
		ExpiresIn:    int64(t.ExpiresIn / time.Second),
		RefreshToken: t.RefreshToken,
		Scope:        t.Scope,
	}
	if r.route.path != oldTokenPath || !r.media.legacy() {
		a := authenticationOf(t.Authentication)
		body.Authentication = &a
	}
	return ok(body), nil
}

type invalidatedTokens struct {
	Now    int `json:"invalidated_tokens"`
	Before int `json:"previously_invalidated_tokens"`
	Errors int `json:"error_count"`
}

func (s *server) invalidateOAuthTokens(ctx context.Context, r *request) (answer, error) {
	var i security.Invalidation
	err := r.decodeBody("invalidate_token", map[string]any{
		"token":         &secretField{&i.AccessToken},
		"refresh_token": &secretField{&i.RefreshToken},
		"username":      &i.Username,
		"realm_name":    &i.Realm,
	})
	if err != nil {
		return answer{}, err
	}
	i.AccessToken, i.RefreshToken = unlessEmpty(i.AccessToken), unlessEmpty(i.RefreshToken)
	if i.AccessToken != nil && i.RefreshToken != nil {
		return answer{}, bothTokens()
	}
	done, err := s.security.InvalidateTokens(ctx, r.who, i)
	a := ok(invalidatedTokens{Now: done.Now, Before: done.Before})
	if done.Unknown {
		a.status = http.StatusNotFound
	}
	return a, err
}

// unlessEmpty drops a token that was sent empty: it counts as not sent.
func unlessEmpty(secret *token.Secret) *token.Secret {
	if secret == nil || secret.Reveal() == "" {
		return nil
	}
	return secret
}

func bothTokens() *fault {
	return &fault{
		status: http.StatusBadRequest,
		kind:   "x_content_parse_exception",
		reason: "Failed to build [invalidate_token] after last required field arrived",
		cause:  &fault{kind: "illegal_argument_exception", reason: "only one of [token, refresh_token] may be sent per request"},
	}
}

// secretField reads a JSON string into a secret; null leaves none.
type secretField struct{ into **token.Secret }

// UnmarshalJSON implements json.Unmarshaler.
func (f *secretField) UnmarshalJSON(data []byte) error {
	text, err := decodeText(data)
	if err != nil || text == nil {
		return err
	}
	secret := token.SecretFrom(*text)
	*f.into = &secret
	return nil
}

// challengesOf is what a 401 offers.
func challengesOf(tokenService bool) []string {
	offered := []string{`Basic realm="security", charset="UTF-8"`}
	if tokenService {
		offered = append(offered, `Bearer realm="security"`)
	}
	return append(offered, "ApiKey")
}

// expiredChallenge is RFC 6750's answer to a token whose time is over.
const expiredChallenge = `Bearer realm="security", error="invalid_token", error_description="The access token expired"`

// grantFault is the refusal of RFC 6749, section 5.2: two keys, and no envelope.
func grantFault(_ *request, e *security.GrantError) *fault {
	return &fault{
		status: http.StatusBadRequest,
		reason: e.Code,
		whole:  object{{"error", e.Code}, {"error_description", e.Description}},
	}
}

func tlsRequired(_ *request, e *security.TLSRequiredError) *fault {
	return &fault{status: http.StatusInternalServerError, kind: "exception", reason: e.Error()}
}

func tokensDisabled(_ *request, err error) *fault {
	return &fault{
		status: http.StatusBadRequest,
		kind:   "feature_not_enabled_exception",
		reason: err.Error(),
		extra:  object{{"disabled.feature", "security_tokens"}},
	}
}

func nothingToInvalidate(_ *request, err error) *fault {
	return &fault{status: http.StatusBadRequest, kind: "security_exception", reason: err.Error()}
}

func tokenUnknown(_ *request, e *security.TokenUnknownError) *fault {
	return &fault{status: http.StatusNotFound, kind: "resource_not_found_exception", reason: e.Error()}
}
