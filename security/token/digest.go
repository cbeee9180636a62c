package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"hash"
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
	function func() hash.Hash
	salt     []byte
	sum      []byte
}

// parseDigest reads the salt, encoded by itself, and the sum behind it.
func parseDigest(text string, function func() hash.Hash, sumSize, saltSize int) (stored, error) {
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
	return digestHash{function, salt, sum}, nil
}

func (h digestHash) verify(secret string) bool {
	return subtle.ConstantTimeCompare(digest(h.function, secret, h.salt), h.sum) == 1
}

func (digestHash) slow() bool { return false }

// HashFast returns the {SSHA256} of a secret with a random salt. It is for
// secrets of 128 random bits, which nobody can search; a password that a
// person chose needs an Algorithm.
func HashFast(secret Secret) Hash {
	salt := random(ssha256Salt)
	sum := digest(sha256.New, secret.Reveal(), salt)
	base64 := base64.StdEncoding.EncodeToString
	return Hash{hide(prefixSSHA256 + base64(salt) + base64(sum))}
}

func digest(function func() hash.Hash, secret string, salt []byte) []byte {
	h := function()
	h.Write([]byte(secret))
	h.Write(salt)
	return h.Sum(nil)
}
