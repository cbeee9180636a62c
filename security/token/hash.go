package token

import (
	"crypto/md5"  // to read old files only
	"crypto/sha1" // likewise
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
type Hash struct{ hidden }

// stored is a hash taken apart.
type stored interface {
	verify(secret string) bool
	slow() bool
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
	if _, err := takeApart(text); err != nil {
		return Hash{}, err
	}
	return Hash{hide(text)}, nil
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
		return parseDigest(rest, sha256.New, sha256.Size, ssha256Salt)
	case prefixSHA:
		return parseDigest(rest, sha1.New, sha1.Size, 0)
	case prefixMD5:
		return parseDigest(rest, md5.New, md5.Size, 0)
	default:
		return nil, errHashUnknown
	}
}

// Text returns the hash as it is stored.
func (h Hash) Text() string { return h.reveal() }

// Verify reports whether the hash was made of the secret. The comparison takes
// constant time; the computation takes what the hash's algorithm costs.
func (h Hash) Verify(secret Secret) bool {
	s, err := takeApart(h.Text())
	return err == nil && s.verify(secret.Reveal())
}

// Slow reports whether Verify costs milliseconds or more by design, so that
// callers must bound how many run at once.
func (h Hash) Slow() bool {
	s, err := takeApart(h.Text())
	return err == nil && s.slow()
}
