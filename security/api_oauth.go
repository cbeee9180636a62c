package security

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"jeton/security/token"
)

// TokenRequest is a request for an OAuth 2.0 token; nil is a field that was not
// sent.
type TokenRequest struct {
	GrantType      *string
	Username       *string
	Password       *token.Secret
	KerberosTicket *token.Secret
	RefreshToken   *token.Secret
	Scope          *string
}

// IssuedToken is the answer to a grant: the only moment at which the tokens
// exist outside their owner's hands.
type IssuedToken struct {
	AccessToken  string
	RefreshToken string // "" without one
	ExpiresIn    time.Duration
	Scope        string // "" when none was asked for
	// Authentication is whom the token stands for, as just authenticated.
	Authentication Identity
}

// Format implements fmt.Formatter for every verb; the tokens are left out.
func (t IssuedToken) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "OAuth token of "+t.Authentication.Username)
}

// LogValue implements slog.LogValuer; the tokens are left out.
func (t IssuedToken) LogValue() slog.Value {
	return slog.StringValue("OAuth token of " + t.Authentication.Username)
}

// Invalidation names the tokens to be invalidated: one by its text, or all of a
// user, of a realm, or of both.
type Invalidation struct {
	AccessToken  *token.Secret
	RefreshToken *token.Secret
	Username     string
	Realm        string
}

// Invalidated counts access tokens and refresh tokens apart.
type Invalidated struct {
	Now    int
	Before int
	// Unknown: the one token that was named is none.
	Unknown bool
}
