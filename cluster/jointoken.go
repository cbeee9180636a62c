package cluster

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// joinTokenPrefix names the form and its version.
const joinTokenPrefix = "jeton1."

// JoinToken is what a newcomer needs to find the cluster, to be sure that it
// is the right one, and to be let in once. As text it is one line.
type JoinToken struct {
	// CA is the fingerprint of the cluster's CA: hex SHA-256 of the DER.
	CA string `json:"ca"`
	// NextCA is that of the CA that is about to take over; "" for none.
	NextCA    string   `json:"next_ca,omitempty"`
	Addresses []string `json:"addr"` // cluster ports, host:port
	ID        string   `json:"id"`   // public name of the secret
	Secret    string   `json:"secret"`
}

// Encode returns the token as text. It holds the secret.
func (t JoinToken) Encode() string {
	data, _ := json.Marshal(t) // strings only: cannot fail
	return joinTokenPrefix + base64.RawURLEncoding.EncodeToString(data)
}

// fingerprints are those of the CAs that the cluster may present.
func (t JoinToken) fingerprints() []string {
	if t.NextCA == "" {
		return []string{t.CA}
	}
	return []string{t.CA, t.NextCA}
}

// LogValue implements slog.LogValuer; the secret is left out.
func (t JoinToken) LogValue() slog.Value { return slog.StringValue("join token " + t.ID) }

// Format implements fmt.Formatter for every verb; the secret is left out.
func (t JoinToken) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("join token " + t.ID)) }

// ParseJoinToken reads a token's text. Its errors never hold the text.
func ParseJoinToken(s string) (JoinToken, error) {
	const hint = "copy the whole line that `jeton node join-token` printed"
	body, ok := strings.CutPrefix(strings.TrimSpace(s), joinTokenPrefix)
	if !ok || len(body) > 64<<10 {
		return JoinToken{}, fmt.Errorf("not a join token (it begins with %q): %s", joinTokenPrefix, hint)
	}
	data, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return JoinToken{}, errors.New("the join token is damaged: " + hint)
	}
	var t JoinToken
	if err := json.Unmarshal(data, &t); err != nil || t.CA == "" || t.ID == "" || t.Secret == "" || len(t.Addresses) == 0 {
		return JoinToken{}, errors.New("the join token is incomplete: " + hint)
	}
	return t, nil
}
