package security

import (
	"encoding/json"
	"time"

	"jeton/fsm"
	"jeton/security/account"
)

// The types of service accounts.
const (
	BuiltIn     = "built_in"
	UserManaged = "user_managed"
)

// ServiceAccount is a service account as the APIs show one.
type ServiceAccount struct {
	Principal string // NAMESPACE/SERVICE
	Type      string // BuiltIn or UserManaged
	// Role is a built-in account's descriptor; the others have roles.
	Role    *account.Descriptor
	Roles   []string
	Enabled bool
}

// TokenOptions are what a token may be given beyond a name.
type TokenOptions struct {
	Expiration time.Duration   // 0 is never
	Metadata   json.RawMessage // an object; nil is none
}

// TokenInfo is an index-backed token as listings show it.
type TokenInfo struct {
	Account       string // NAMESPACE/SERVICE
	Name          string
	Created       time.Time
	Creator       fsm.Creator
	Expires       time.Time // zero is never
	LastUsed      time.Time // the hour; zero is never
	Metadata      json.RawMessage
	PreviousUntil time.Time // until when the secret before the last rotation is good; zero: it is not
}
