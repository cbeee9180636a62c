package httpapi

import (
	"context"
	"encoding/json"

	"jeton/security"
)

type authentication struct {
	Username            string          `json:"username"`
	Roles               []string        `json:"roles"`
	FullName            *string         `json:"full_name"`
	Email               *string         `json:"email"`
	Token               *tokenRef       `json:"token,omitempty"`
	Metadata            json.RawMessage `json:"metadata"`
	Enabled             bool            `json:"enabled"`
	AuthenticationRealm realm           `json:"authentication_realm"`
	LookupRealm         realm           `json:"lookup_realm"`
	AuthenticationType  string          `json:"authentication_type"`
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

// emptyObject is what metadata that nobody has set look like.
var emptyObject = json.RawMessage("{}")

// authenticationOf shows an identity. Only an enabled caller becomes one. The
// two realms differ for who runs as somebody else.
func authenticationOf(who security.Identity) authentication {
	a := authentication{
		Username:            who.Username,
		Roles:               orEmpty(who.Roles),
		FullName:            who.FullName,
		Email:               who.Email,
		Metadata:            who.Metadata,
		Enabled:             true,
		AuthenticationRealm: realm(who.AuthenticationRealm()),
		LookupRealm:         realm(who.Realm),
		AuthenticationType:  who.Type,
	}
	if who.Token != nil {
		ref := tokenRef(*who.Token)
		a.Token = &ref
	}
	if a.Metadata == nil {
		a.Metadata = emptyObject
	}
	return a
}
