package security

import (
	"context"
	"fmt"
	"strings"

	"jeton/security/account"
	"jeton/security/token"
)

// The codes of GrantError.
const (
	invalidRequest   = "invalid_request"
	invalidGrant     = "invalid_grant"
	unsupportedGrant = "unsupported_grant_type"
)

const grantTypeRefresh = "refresh_token"

// grantType is a grant with the fields that it forbids and requires, in the
// order in which they are complained about.
type grantType struct {
	name      string
	forbidden []field
	required  []field
	carryOut  func(*Service, context.Context, Identity, TokenRequest) (IssuedToken, error)
}

// field is a field of a TokenRequest; its value is nil when it was not sent.
type field struct {
	name  string
	value func(TokenRequest) *string
}

var (
	fieldUsername = field{"username", func(r TokenRequest) *string { return r.Username }}
	fieldPassword = field{"password", func(r TokenRequest) *string { return revealed(r.Password) }}
	fieldTicket   = field{"kerberos_ticket", func(r TokenRequest) *string { return revealed(r.KerberosTicket) }}
	fieldRefresh  = field{"refresh_token", func(r TokenRequest) *string { return revealed(r.RefreshToken) }}
)

// grantTypes are all grants, in the order in which they are listed.
var grantTypes = []grantType{
	{
		name:      "password",
		forbidden: []field{fieldTicket, fieldRefresh},
		required:  []field{fieldUsername, fieldPassword},
		carryOut:  (*Service).grantPassword,
	},
	{
		name:      "_kerberos",
		forbidden: []field{fieldUsername, fieldPassword, fieldRefresh},
		required:  []field{fieldTicket},
		carryOut:  (*Service).grantKerberos,
	},
	{
		name:      grantTypeRefresh,
		forbidden: []field{fieldUsername, fieldPassword, fieldTicket},
		required:  []field{fieldRefresh},
		carryOut:  (*Service).grantRefresh,
	},
	{
		name:      "client_credentials",
		forbidden: []field{fieldUsername, fieldPassword, fieldTicket, fieldRefresh},
		carryOut:  (*Service).grantClientCredentials,
	},
}

// actionOf is what a request asks to be allowed.
func actionOf(r TokenRequest) string {
	if r.GrantType != nil && *r.GrantType == grantTypeRefresh {
		return account.ActionRefreshToken
	}
	return account.ActionCreateToken
}

// checkTokenRequest finds the grant and checks the fields. A field that was sent
// empty is missing where it is required, and sent where it is forbidden. Errors:
// *GrantError.
func checkTokenRequest(r TokenRequest) (grantType, error) {
	var names []string
	for _, g := range grantTypes {
		if r.GrantType != nil && *r.GrantType == g.name {
			return g, g.check(r)
		}
		names = append(names, g.name)
	}
	reason := "grant_type only supports the values: [" + strings.Join(names, ", ") + "]"
	return grantType{}, badRequest(unsupportedGrant, []string{reason})
}

// check lists all that is wrong. A field too many counts as a wrong grant_type.
func (g grantType) check(r TokenRequest) error {
	var reasons []string
	code := invalidRequest
	for _, f := range g.forbidden {
		if f.value(r) != nil {
			reasons = append(reasons, fmt.Sprintf("%s is not supported with the %s grant_type", f.name, g.name))
			code = unsupportedGrant
		}
	}
	for _, f := range g.required {
		if v := f.value(r); v == nil || *v == "" {
			reasons = append(reasons, f.name+" is missing")
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return badRequest(code, reasons)
}

func badRequest(code string, reasons []string) error {
	var b strings.Builder
	b.WriteString("Validation Failed: ")
	for i, reason := range reasons {
		fmt.Fprintf(&b, "%d: %s;", i+1, reason)
	}
	return &GrantError{code, b.String()}
}

func revealed(s *token.Secret) *string {
	if s == nil {
		return nil
	}
	text := s.Reveal()
	return &text
}
