package fsm

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Sensitive is text that must not be shown: a hash or a private key. It prints
// as "[redacted]" by fmt and by slog, and marshals as itself, because log
// entries and snapshots are where it is kept. So a type that holds it needs a
// LogValue of its own: slog's JSON would marshal it. Two ways past it are the
// holder's to avoid: an unexported field, and a verb that does not suit the
// value (%p, %w, or %s of a pointer), which fmt prints without asking its type.
type Sensitive string

const redacted = "[redacted]"

// Format implements fmt.Formatter for every verb.
func (Sensitive) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (Sensitive) LogValue() slog.Value { return slog.StringValue(redacted) }

// Reveal returns the text itself.
func (s Sensitive) Reveal() string { return string(s) }

// printed is how slog shows a record that holds something sensitive.
func printed(record any) slog.Value { return slog.StringValue(fmt.Sprintf("%+v", record)) }

// Cluster is what the founding node decided, once.
type Cluster struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
	// Former are the uuids of the clusters that this one was made of, the oldest
	// first.
	Former []string `json:"former,omitempty"`
}

// CA is the cluster's own certificate authority. Its key is replicated so that
// any member can sign certificates.
type CA struct {
	Certificate string    `json:"certificate"` // PEM
	Key         Sensitive `json:"key"`         // PEM, PKCS #8
}

// LogValue implements slog.LogValuer.
func (c CA) LogValue() slog.Value { return printed(c) }

// ServiceToken is an index-backed service account token.
type ServiceToken struct {
	Account string `json:"account"` // NAMESPACE/SERVICE
	Name    string `json:"name"`
	// ID tells this token from a former one of the same name. It is random.
	ID      string    `json:"id,omitempty"`
	Hash    Sensitive `json:"hash"`    // of the secret, in Elasticsearch's text form
	Created int64     `json:"created"` // Unix milliseconds
	Creator Creator   `json:"creator"`

	Expires  int64           `json:"expires,omitempty"`  // Unix milliseconds; 0 is never
	Metadata json.RawMessage `json:"metadata,omitempty"` // an object
	LastUsed int64           `json:"last_used,omitempty"`
	// Previous is the secret before the last rotation; it is good beside the
	// present one for a while.
	Previous *PreviousSecret `json:"previous,omitempty"`
}

// PreviousSecret is a rotated token's secret that is still good.
type PreviousSecret struct {
	Hash  Sensitive `json:"hash"`
	Until int64     `json:"until"` // Unix milliseconds
}

// Format implements fmt.Formatter for every verb: a token holds it by a pointer,
// behind which fmt would not ask the hash.
func (p PreviousSecret) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s until %d", p.Hash, p.Until)
}

// LogValue implements slog.LogValuer.
func (p PreviousSecret) LogValue() slog.Value { return printed(p) }

// LogValue implements slog.LogValuer.
func (t ServiceToken) LogValue() slog.Value { return printed(t) }

// Creator is who made a record.
type Creator struct {
	Principal string `json:"principal"`
	Realm     string `json:"realm"`
}

// User is a native user, or what is kept of a reserved one: the password, and
// whether it is disabled.
type User struct {
	Name string `json:"name"`
	// ID tells this user from a former one of the same name. It is random.
	ID       string          `json:"id,omitempty"`
	Password Sensitive       `json:"password,omitempty"` // hash, in Elasticsearch's text form; "" lets nobody in
	Roles    []string        `json:"roles,omitempty"`
	FullName *string         `json:"full_name,omitempty"`
	Email    *string         `json:"email,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"` // an object
	Disabled bool            `json:"disabled,omitempty"`
}

// LogValue implements slog.LogValuer.
func (u User) LogValue() slog.Value { return printed(u) }

// Member is a node that was admitted. Raft's configuration alone says who is
// in the cluster; this says by what name and under which addresses.
type Member struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	TransportAddress string `json:"transport_address"` // host:port
	HTTPAddress      string `json:"http_address"`      // host:port
}

// JoinToken admits one node, once.
type JoinToken struct {
	ID      string    `json:"id"`
	Hash    Sensitive `json:"hash"`    // of the secret
	Expires int64     `json:"expires"` // Unix milliseconds
	Creator Creator   `json:"creator"`
	UsedBy  string    `json:"used_by,omitempty"` // id of the node that it admitted
}

// LogValue implements slog.LogValuer.
func (t JoinToken) LogValue() slog.Value { return printed(t) }
