package token

import (
	"crypto/rand"
	"encoding/base64"
)

// MinSecretLength is the length in bytes below which a secret is refused
// without being looked up, as Elasticsearch does.
const MinSecretLength = 10

// secretSize is the entropy of a new secret in bytes: 128 bits, enough that a
// plain salted digest of it cannot be searched.
const secretSize = 16

// Secret is the part of a credential that only its owner may know. It cannot
// be printed or compared with ==; the zero value is the empty secret.
type Secret struct{ hidden }

// NewSecret returns a random secret of 128 bits as 22 characters of URL-safe
// base64 without padding.
func NewSecret() Secret { return SecretFrom(base64.RawURLEncoding.EncodeToString(random(secretSize))) }

// SecretFrom wraps a secret that a caller presented.
func SecretFrom(text string) Secret { return Secret{hide(text)} }

// Reveal returns the secret's text. Every call is a place to look at in a
// review: the text must reach its owner or a hash, and nothing else.
func (s Secret) Reveal() string { return s.reveal() }

// TooShort reports whether the secret is below MinSecretLength.
func (s Secret) TooShort() bool { return len(s.reveal()) < MinSecretLength }

// random returns n bytes from the operating system's generator.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
