package token

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// MaxBearerLength is the length in bytes of the longest bearer text that
// ParseBearer looks at.
const MaxBearerLength = 4096

// bearerMagic opens the decoded text: a magic byte, the token's type, a
// reserved byte, the layout's version.
const bearerMagic = "\x00\x01\x00\x01"

// Bearer is a service account token as its owner presents it.
type Bearer struct {
	Namespace string // not empty, without '/' and ':'
	Service   string // not empty, without '/' and ':'
	Name      string // keeps ValidName
	Secret    Secret
}

// ParseBearer reads the value of an Authorization header behind `Bearer `:
// base64 (standard alphabet, padded or not) of bearerMagic and then
// NAMESPACE/SERVICE/NAME:SECRET in UTF-8. Anything else is false, which means
// "no service account token", not "a wrong one". Each token has one text, but
// for its padding.
func ParseBearer(text string) (Bearer, bool) {
	if len(text) > MaxBearerLength {
		return Bearer{}, false
	}
	encoding := base64.RawStdEncoding
	if strings.HasSuffix(text, "=") {
		encoding = base64.StdEncoding
	}
	raw, err := decodeBase64(encoding, text)
	if err != nil {
		return Bearer{}, false
	}
	body, ok := strings.CutPrefix(string(raw), bearerMagic)
	if !ok || !utf8.ValidString(body) {
		return Bearer{}, false
	}
	qualified, secret, ok := strings.Cut(body, ":")
	parts := strings.Split(qualified, "/")
	if !ok || len(parts) != 3 || parts[0] == "" || parts[1] == "" || !ValidName(parts[2]) {
		return Bearer{}, false
	}
	return Bearer{parts[0], parts[1], parts[2], SecretFrom(secret)}, true
}

// Encode returns the text that ParseBearer reads, without padding. It holds
// the secret.
func (b Bearer) Encode() string {
	return base64.RawStdEncoding.EncodeToString([]byte(bearerMagic + b.QualifiedName() + ":" + b.Secret.Reveal()))
}

// Account returns NAMESPACE/SERVICE, the principal of the service account.
func (b Bearer) Account() string { return b.Namespace + "/" + b.Service }

// QualifiedName returns NAMESPACE/SERVICE/NAME.
func (b Bearer) QualifiedName() string { return b.Account() + "/" + b.Name }
