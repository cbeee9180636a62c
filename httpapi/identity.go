package httpapi

import (
	"context"

	"jeton/security"
)

type authentication struct {
	Username            string         `json:"username"`
	Roles               []string       `json:"roles"`
	FullName            *string        `json:"full_name"`
	Email               *string        `json:"email"`
	Token               *tokenRef      `json:"token,omitempty"`
	Metadata            map[string]any `json:"metadata"`
	Enabled             bool           `json:"enabled"`
	AuthenticationRealm realm          `json:"authentication_realm"`
	LookupRealm         realm          `json:"lookup_realm"`
	AuthenticationType  string         `json:"authentication_type"`
}

type tokenRef struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type realm struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (s *server) authenticate(ctx context.Context, r *request) (answer, error) {
	who, err := s.security.WhoAmI(ctx, r.who)
	if err != nil {
		return answer{}, err
	}
	return ok(authenticationOf(who)), nil
}

// authenticationOf shows an identity. Only an enabled caller becomes one, and
// nobody acts as somebody else, so the two realms are the same.
func authenticationOf(who security.Identity) authentication {
	a := authentication{
		Username:            who.Username,
		Roles:               who.Roles,
		FullName:            who.FullName,
		Email:               who.Email,
		Metadata:            who.Metadata,
		Enabled:             true,
		AuthenticationRealm: realm(who.Realm),
		LookupRealm:         realm(who.Realm),
		AuthenticationType:  who.Type,
	}
	if who.Token != nil {
		ref := tokenRef(*who.Token)
		a.Token = &ref
	}
	if a.Roles == nil {
		a.Roles = []string{}
	}
	if a.Metadata == nil {
		a.Metadata = map[string]any{}
	}
	return a
}
