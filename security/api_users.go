package security

import (
	"encoding/json"

	"jeton/security/account"
	"jeton/security/token"
)

// User is a user as the APIs show one: never with a password.
type User struct {
	Username string
	Roles    []string
	FullName *string // nil is JSON null
	Email    *string // nil is JSON null
	Metadata json.RawMessage
	Enabled  bool
}

// UserChange is the whole of a native user that is to be put.
type UserChange struct {
	Username string
	Password NewPassword // none: the user must exist, and keeps its own
	Roles    []string    // nil is missing, and an error
	FullName *string
	Email    *string
	Metadata json.RawMessage // an object; nil is the empty one
	Enabled  bool
}

// NewPassword is a password in clear, or its hash; the zero value is neither.
type NewPassword struct {
	Clear *token.Secret
	Hash  *token.Secret // in one of the forms of token.ParseHash
}

// Role is a role with its name.
type Role struct {
	Name       string
	Descriptor account.Descriptor
}

// BulkResult tells what became of each name of a bulk request; each list is
// in the order of the request.
type BulkResult struct {
	Created  []string
	Updated  []string
	Noop     []string
	Deleted  []string
	NotFound []string
	Failed   []BulkFailure
}

// BulkFailure is one name of a bulk request that nothing was done for.
type BulkFailure struct {
	Name string
	Err  error
}

// BuiltinPrivileges are the names of all privileges, sorted.
type BuiltinPrivileges struct {
	Cluster       []string
	Index         []string
	RemoteCluster []string
}

// Cache is a cache that a client may ask to be cleared.
type Cache int

// The caches. There are none of roles and privileges: what is answered is
// always that of the state.
const (
	CacheRealms Cache = iota
	CacheRoles
	CachePrivileges
)
