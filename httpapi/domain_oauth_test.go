package httpapi

import (
	"cmp"
	"context"
	"strings"
	"time"

	"jeton/security"
	"jeton/security/token"
)

// The tokens that the documents show.
const (
	exampleAccess  = "dGhpcyBpcyBub3QgYSByZWFsIHRva2VuIGJ1dCBpdCBpcyBvbmx5IHRlc3QgZGF0YS4gZG8gbm90IHRyeSB0byByZWFkIHRva2VuIQ=="
	exampleRefresh = "vLBPvmAB6KvwvJZr27cS"
)

func grantError(code, description string) error {
	return &security.GrantError{Code: code, Description: description}
}

// malformedGrants are refused for what they have, and have not: see shapeOf.
var malformedGrants = map[string]error{
	"":                  wrongGrantType,
	"magic":             wrongGrantType,
	"PASSWORD username": wrongGrantType,

	"password username password refresh_token": grantError("unsupported_grant_type",
		"Validation Failed: 1: refresh_token is not supported with the password grant_type;"),
	"refresh_token password": grantError("unsupported_grant_type",
		"Validation Failed: 1: password is not supported with the refresh_token grant_type;2: refresh_token is missing;"),
	"client_credentials username": grantError("unsupported_grant_type",
		"Validation Failed: 1: username is not supported with the client_credentials grant_type;"),
	"_kerberos refresh_token kerberos_ticket": grantError("unsupported_grant_type",
		"Validation Failed: 1: refresh_token is not supported with the _kerberos grant_type;"),

	"password":                     missingBoth,
	"password username! password!": missingBoth,
	"password username":            grantError("invalid_request", "Validation Failed: 1: password is missing;"),
	"refresh_token":                grantError("invalid_request", "Validation Failed: 1: refresh_token is missing;"),
	"_kerberos":                    grantError("invalid_request", "Validation Failed: 1: kerberos_ticket is missing;"),

	"_kerberos kerberos_ticket": &security.AuthenticationError{
		Kind: security.BadUser, Principal: "<Kerberos Token>", Action: "cluster:admin/xpack/security/token/create",
	},
}

var (
	wrongGrantType = grantError("unsupported_grant_type",
		"Validation Failed: 1: grant_type only supports the values: [password, _kerberos, refresh_token, client_credentials];")
	missingBoth = grantError("invalid_request", "Validation Failed: 1: username is missing;2: password is missing;")
)

// refusedGrants are refused for the user or for the refresh token.
var refusedGrants = map[string]error{
	"never made":  grantError("invalid_grant", "could not refresh the requested token"),
	"a day old":   grantError("invalid_grant", "token document has expired"),
	"invalidated": grantError("invalid_grant", "token has been invalidated"),
	"another's":   grantError("invalid_grant", "tokens must be refreshed by the creating client"),
	"spent":       grantError("invalid_grant", "token has already been refreshed more than 30 seconds in the past"),
	"ahead":       grantError("invalid_grant", "token has been refreshed more than 30 seconds in the future, clock skew too great"),
	"unfinished":  grantError("_unauthorized", "b3V0"),

	"bob": &security.AuthenticationError{
		Kind: security.BadUser, Principal: "bob", Action: "cluster:admin/xpack/security/token/create",
	},
	"disabled":   security.ErrTokensDisabled,
	"unknown":    failingNames["unknown"],
	"no-leader":  failingNames["no-leader"],
	"overloaded": failingNames["overloaded"],
}

// sentIn are a request's fields in the order of the documents.
func sentIn(r security.TokenRequest) (names, values []string) {
	for _, f := range []struct {
		name  string
		value *string
	}{
		{"username", r.Username},
		{"password", textOf(r.Password)},
		{"refresh_token", textOf(r.RefreshToken)},
		{"kerberos_ticket", textOf(r.KerberosTicket)},
	} {
		if f.value != nil {
			names, values = append(names, f.name), append(values, *f.value)
		}
	}
	return names, values
}

// shapeOf is a request's grant_type and the names of its fields; one that was
// sent empty has a "!".
func shapeOf(r security.TokenRequest) string {
	names, values := sentIn(r)
	shape := []string{*cmp.Or(r.GrantType, new(string))}
	for i, name := range names {
		if values[i] == "" {
			name += "!"
		}
		shape = append(shape, name)
	}
	return strings.Join(shape, " ")
}

func textOf(s *token.Secret) *string {
	if s == nil {
		return nil
	}
	text := s.Reveal()
	return &text
}

func (d *domain) CreateToken(_ context.Context, who security.Identity, r security.TokenRequest) (security.IssuedToken, error) {
	if err := may(who, "cluster:admin/xpack/security/token/create", "manage_token", "manage_security", "all"); err != nil {
		return security.IssuedToken{}, err
	}
	_, values := sentIn(r)
	for _, value := range values {
		if err := refusedGrants[value]; err != nil {
			return security.IssuedToken{}, err
		}
	}
	if err := malformedGrants[shapeOf(r)]; err != nil {
		return security.IssuedToken{}, err
	}
	return grantedTo(who, r), nil
}

func grantedTo(who security.Identity, r security.TokenRequest) security.IssuedToken {
	t := security.IssuedToken{AccessToken: exampleAccess, ExpiresIn: 20 * time.Minute, Authentication: who}
	if r.Username != nil {
		t.Authentication = security.Identity{Username: *r.Username, Roles: []string{"admin"}, Realm: nativeRealm, Type: "realm"}
	}
	if r.RefreshToken != nil {
		t.Authentication = security.Identity{Username: "test_admin", Roles: []string{"admin"}, Realm: nativeRealm, Type: "token"}
	}
	if r.Username != nil || r.RefreshToken != nil {
		t.RefreshToken = exampleRefresh
	}
	if r.Scope != nil {
		t.Scope = "full"
	}
	return t
}

// invalidations are answered for the token, or for the user and the realm.
var invalidations = map[string]security.Invalidated{
	exampleAccess:            {Now: 1},
	exampleRefresh:           {Now: 1},
	"invalidated":            {Before: 1},
	"garbage":                {Unknown: true},
	"joe/":                   {Now: 2},
	"/default_native":        {Now: 7},
	"test_admin/default_idp": {Now: 1},
}

func (d *domain) InvalidateTokens(_ context.Context, who security.Identity, i security.Invalidation) (security.Invalidated, error) {
	if err := may(who, "cluster:admin/xpack/security/token/invalidate", "delegate_pki", "manage_saml", "manage_token", "manage_security", "all"); err != nil {
		return security.Invalidated{}, err
	}
	text, named := textOf(cmp.Or(i.AccessToken, i.RefreshToken)), i.Username != "" || i.Realm != ""
	switch {
	case i.Username == "disabled":
		return security.Invalidated{}, security.ErrTokensDisabled
	case i.Username == "unknown":
		return security.Invalidated{}, security.ErrOutcomeUnknown
	case text != nil && *text == "first":
		return security.Invalidated{}, security.ErrNothingToInvalidate
	case text != nil && named:
		return security.Invalidated{}, &security.ValidationError{Reasons: []string{
			"token string must not be provided when realm name or username is specified",
			"token type must not be provided when realm name or username is specified",
		}}
	case text == nil && !named:
		return security.Invalidated{}, &security.ValidationError{Reasons: []string{
			"token string must be provided when not specifying a realm name or a username",
		}}
	case text != nil:
		return invalidations[*text], nil
	}
	return invalidations[i.Username+"/"+i.Realm], nil
}

// everyRefusalOfTokens is each kind of error of the token service and of the
// life of tokens.
func everyRefusalOfTokens() []error {
	return []error{
		wrongGrantType, missingBoth, security.ErrTokensDisabled, security.ErrNothingToInvalidate,
		&security.TLSRequiredError{Feature: "get service accounts"}, &security.TokenUnknownError{Principal: "apps/worker", Name: "token1"},
	}
}
