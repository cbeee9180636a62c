package fsm

import (
	"fmt"
	"io"
	"log/slog"
)

// Restorable is one record that a backup holds; exactly one field is set.
type Restorable struct {
	User                 *User                 `json:"user,omitempty"`
	ServiceToken         *ServiceToken         `json:"service_token,omitempty"`
	Role                 *Role                 `json:"role,omitempty"`
	ApplicationPrivilege *ApplicationPrivilege `json:"application_privilege,omitempty"`
	ServiceAccount       *ServiceAccount       `json:"service_account,omitempty"`
	// OAuthSince is when the first OAuth token was made, in Unix milliseconds.
	OAuthSince int64       `json:"oauth_since,omitempty"`
	OAuthToken *OAuthToken `json:"oauth_token,omitempty"`
	Succession *Succession `json:"succession,omitempty"`
}

// Format implements fmt.Formatter for every verb: the record is behind a pointer,
// where fmt would not ask what is sensitive in it.
func (Restorable) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "record of a backup") }

// LogValue implements slog.LogValuer.
func (r Restorable) LogValue() slog.Value { return slog.StringValue("record of a backup") }

// BackupSource is what a backup says of itself.
type BackupSource struct {
	ClusterUUID string `json:"cluster_uuid"`
	// Former are the clusters that the state of that cluster has come from.
	Former      []string `json:"former,omitempty"`
	ClusterName string   `json:"cluster_name"`
	Index       uint64   `json:"index"` // log index that the backup stands at
	Made        int64    `json:"made"`  // Unix milliseconds, by its maker's clock
	Version     string   `json:"version"`
}

// Counts are numbers of records.
type Counts struct {
	Users                 int `json:"users"`
	Roles                 int `json:"roles"`
	ApplicationPrivileges int `json:"application_privileges"`
	ServiceAccounts       int `json:"service_accounts"`
	ServiceTokens         int `json:"service_tokens"`
	OAuthTokens           int `json:"oauth_tokens"`
	Successions           int `json:"successions"`
}

// All is how many they are together.
func (c Counts) All() int {
	return c.Users + c.Roles + c.ApplicationPrivileges + c.ServiceAccounts + c.ServiceTokens + c.OAuthTokens + c.Successions
}

// Restored is what the last restore has done.
type Restored struct {
	ID     string       `json:"id"`
	At     int64        `json:"at"` // Unix milliseconds, by the maker's clock
	By     Creator      `json:"by"`
	Source BackupSource `json:"source"`
	// Foreign: the backup was of a cluster that this state had not come from, so
	// nothing was known here of what was revoked there after it was made.
	Foreign   bool `json:"foreign,omitempty"`
	BringBack bool `json:"bring_back,omitempty"` // as the maker wished
	// ReservedPassword tells whose the reserved user's password is now.
	ReservedPassword string    `json:"reserved_password"`
	Counts           Counts    `json:"counts"` // of the state since
	Listings         []Listing `json:"listings,omitempty"`
}

// The values of Restored.ReservedPassword.
const (
	PasswordKept       = "kept"
	PasswordFromBackup = "from_backup"
)

// Listing names records that fared alike. Names are bounded, Total is not.
type Listing struct {
	Kind  string   `json:"kind"`
	What  string   `json:"what"`
	Total int      `json:"total"`
	Names []string `json:"names,omitempty"`
}

// The values of Listing.Kind.
const (
	KindServiceToken         = "service_token"
	KindUser                 = "user"
	KindOAuthToken           = "oauth_token"
	KindServiceAccount       = "service_account"
	KindRole                 = "role"
	KindApplicationPrivilege = "application_privilege"
)

// The values of Listing.What.
const (
	// StaysRevoked: it is in the backup, was taken away since, and is not back.
	StaysRevoked = "stays_revoked"
	// StaysAsIs: what was changed since keeps the change: another secret, a
	// password, being disabled or invalidated.
	StaysAsIs = "stays_as_is"
	// Returned: it was gone and is back.
	Returned = "returned"
	// Overwritten: it was another one than in the backup, and is that one now.
	Overwritten = "overwritten"
	// Dropped: it was made after the backup, and is gone.
	Dropped = "dropped"
)
