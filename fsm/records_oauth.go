package fsm

import (
	"encoding/json"
	"log/slog"
)

// OAuthToken is an access token and, but for client credentials, the refresh
// token that was given out with it.
type OAuthToken struct {
	// ID is part of both tokens. It begins with the time of its making, so the
	// order of ids is that of age.
	ID      string    `json:"id"`
	Access  Sensitive `json:"access"`            // SHA-256 of the access token, hexadecimal
	Refresh Sensitive `json:"refresh,omitempty"` // SHA-256 of the refresh token; "" without one
	Created int64     `json:"created"`           // Unix milliseconds
	Expires int64     `json:"expires"`           // of the access token
	// Until is when the refresh token's life ends, and with it the record's; of
	// one without a refresh token, when the access token's does.
	Until  int64  `json:"until"`
	Owner  Owner  `json:"owner"`
	Client Client `json:"client"`

	Refreshed int64 `json:"refreshed,omitempty"` // when the refresh token was spent

	// Who invalidated them: the id of the request, so that it can count its own.
	AccessInvalidatedBy  string `json:"access_invalidated_by,omitempty"`
	RefreshInvalidatedBy string `json:"refresh_invalidated_by,omitempty"`
}

// LogValue implements slog.LogValuer.
func (t OAuthToken) LogValue() slog.Value { return printed(t) }

// Owner is whom a token stands for.
type Owner struct {
	Username string `json:"username"`
	Realm    string `json:"realm"` // name
	// Details is what else the maker needs to know the owner again.
	Details json.RawMessage `json:"details,omitempty"`
}

// Client is who asked for a token, and alone may refresh it.
type Client struct {
	Username string `json:"username"`
	Realm    string `json:"realm"` // name
}

// Succession is the pair that took the place of a refreshed one, sealed under a
// key that only the old refresh token yields.
type Succession struct {
	ID     string    `json:"id"` // of the token that was refreshed
	At     int64     `json:"at"` // Unix milliseconds
	Sealed Sensitive `json:"sealed"`
}

// LogValue implements slog.LogValuer.
func (s Succession) LogValue() slog.Value { return printed(s) }
