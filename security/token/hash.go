package token

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"strings"
)

// maxHashLength bounds the text of a stored hash; the longest accepted one has
// 285 bytes.
const maxHashLength = 320

var (
	errHashUnknown = errors.New("does not begin with the prefix of a known hash; plain text is not accepted")
	errHashLength  = errors.New("is longer than any known hash")
)

// Hash is a stored hash, checked to be of a known form. It is not printable
// (a password's hash is not for logs); Text is for storing it. The zero value
// verifies nothing.
type Hash struct {
	hidden
	parts *stored // behind a pointer, where fmt finds an address: see hidden
}

// stored is a hash taken apart.
type stored interface {
	verify(secret string) bool
	// algorithm is the slow one that makes such hashes; the zero Algorithm for a
	// fast one.
	algorithm() Algorithm
}

// ParseHash checks a hash in one of the forms that Elasticsearch writes:
//
//	{PBKDF2}COST$SALT$KEY          PBKDF2 with HMAC-SHA512
//	{PBKDF2_STRETCH}COST$SALT$KEY  the same, of the hexadecimal SHA-512 of the secret
//	$2a$, $2b$, $2y$               bcrypt
//	{SSHA256}SALT SUM              (without the blank) SHA-256 of secret and salt
//	{SHA}SUM, {MD5}SUM             unsalted; read for old files' sake, never made here
//
// SALT, KEY and SUM are padded standard base64. Errors complete the sentence
// "the hash …" and never quote the text.
func ParseHash(text string) (Hash, error) {
	parts, err := takeApart(text)
	if err != nil {
		return Hash{}, err
	}
	return Hash{hide(text), &parts}, nil
}

func takeApart(text string) (stored, error) {
	if len(text) > maxHashLength {
		return nil, errHashLength
	}
	if strings.HasPrefix(text, "$2") {
		return parseBcrypt(text)
	}
	end := strings.IndexByte(text, '}') + 1
	switch prefix, rest := text[:end], text[end:]; prefix {
	case prefixPBKDF2:
		return parsePBKDF2(rest, false)
	case prefixPBKDF2Stretch:
		return parsePBKDF2(rest, true)
	case prefixSSHA256:
		return parseDigest(prefix, rest, sha256.Size, ssha256Salt)
	case prefixSHA:
		return parseDigest(prefix, rest, sha1.Size, 0)
	case prefixMD5:
		return parseDigest(prefix, rest, md5.Size, 0)
	default:
		return nil, errHashUnknown
	}
}

// Text returns the hash as it is stored.
func (h Hash) Text() string { return h.reveal() }

// Verify reports whether the hash was made of the secret. The comparison takes
// constant time; the computation takes what the hash's algorithm costs.
func (h Hash) Verify(secret Secret) bool { return h.parts != nil && (*h.parts).verify(secret.Reveal()) }

// VerifyText is ParseHash and Verify at once; what is no hash is none of the
// secret.
func VerifyText(text string, secret Secret) bool {
	parts, err := takeApart(text)
	return err == nil && parts.verify(secret.Reveal())
}

// Slow reports whether Verify costs milliseconds or more by design, so that
// callers must bound how many run at once.
func (h Hash) Slow() bool { return h.algorithm().family != "" }

// Costlier reports whether Verify costs more than for hashes of the algorithm,
// and more than usual for hashes of its own kind.
func (h Hash) Costlier(a Algorithm) bool {
	own, usual := h.algorithm(), pbkdf2DefaultCost
	if own.family == familyBcrypt {
		usual = bcryptDefaultCost
	}
	if own.family == a.family {
		usual = max(usual, a.cost)
	}
	return own.cost > usual
}

func (h Hash) algorithm() Algorithm {
	if h.parts == nil {
		return Algorithm{}
	}
	return (*h.parts).algorithm()
}
