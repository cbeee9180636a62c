package token

import "encoding/base64"

// NameRule is the rule for token names in the words of the API, which puts
// `invalid service token name [NAME]. ` before it.
const NameRule = "service account token name must have at least 1 character and at most 256 characters " +
	"that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). " +
	"It must not begin with an underscore (_)."

const maxNameLength = 256

// ValidName reports whether name keeps NameRule.
func ValidName(name string) bool {
	if name == "" || len(name) > maxNameLength || name[0] == '_' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// NewName returns a random valid name of 20 characters, 120 bits, that begins
// with a letter or a digit, so that no command takes it for an option.
func NewName() string {
	for {
		name := base64.RawURLEncoding.EncodeToString(random(15))
		if alphanumeric(name[0]) {
			return name
		}
	}
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
