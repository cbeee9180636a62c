package token

import (
	"crypto/md5"  // to read old files only
	"crypto/sha1" // likewise
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
)

const (
	prefixSSHA256 = "{SSHA256}"
	prefixSHA     = "{SHA}"
	prefixMD5     = "{MD5}"

	ssha256Salt = 8 // bytes
)

var errDigest = errors.New("does not have the length and base64 that its prefix demands")

// digestHash is one round of a hash function over the secret and a salt.
type digestHash struct {
	prefix string // of the function
	salt   []byte
	sum    []byte
}

// parseDigest reads the salt, encoded by itself, and the sum behind it.
func parseDigest(prefix, text string, sumSize, saltSize int) (stored, error) {
	saltText := base64.StdEncoding.EncodedLen(saltSize)
	if len(text) < saltText {
		return nil, errDigest
	}
	salt, err := decodeBase64(base64.StdEncoding, text[:saltText])
	if err != nil || len(salt) != saltSize {
		return nil, errDigest
	}
	sum, err := decodeBase64(base64.StdEncoding, text[saltText:])
	if err != nil || len(sum) != sumSize {
		return nil, errDigest
	}
	return digestHash{prefix, salt, sum}, nil
}

func (h digestHash) verify(secret string) bool {
	input := append([]byte(secret), h.salt...)
	switch h.prefix {
	case prefixSHA:
		sum := sha1.Sum(input)
		return subtle.ConstantTimeCompare(sum[:], h.sum) == 1
	case prefixMD5:
		sum := md5.Sum(input)
		return subtle.ConstantTimeCompare(sum[:], h.sum) == 1
	default:
		sum := sha256.Sum256(input)
		return subtle.ConstantTimeCompare(sum[:], h.sum) == 1
	}
}

func (digestHash) algorithm() Algorithm { return Algorithm{} }

// HashFast returns the {SSHA256} of a secret with a random salt. It is for
// secrets of 128 random bits, which nobody can search; a password that a
// person chose needs an Algorithm.
func HashFast(secret Secret) Hash {
	salt := random(ssha256Salt)
	sum := sha256.Sum256(append([]byte(secret.Reveal()), salt...))
	base64 := base64.StdEncoding.EncodeToString
	parts := stored(digestHash{prefixSSHA256, salt, sum[:]})
	return Hash{hide(prefixSSHA256 + base64(salt) + base64(sum[:])), &parts}
}
