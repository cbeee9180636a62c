package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// sealContext is what a key is derived for, together with the id of the token
// that it is derived from.
const sealContext = "jeton successor of refresh token "

const sealKeySize = 32 // AES-256

// ErrSealed: what was sealed cannot be opened with this refresh token.
var ErrSealed = errors.New("the successor of the refresh token cannot be opened with it")

// Seal encrypts a pair so that only who holds the old refresh token can open it:
// base64 of AES-256-GCM with a random nonce, under a key that HKDF-SHA-256
// derives from the old token's text, for its id. It fails if old is no OAuth
// token.
func Seal(old Secret, successor Pair) (string, error) {
	box, err := sealBox(old)
	if err != nil {
		return "", err
	}
	plain := successor.Access.Reveal() + " " + successor.Refresh.Reveal()
	// Every node that is asked at the same time seals another pair under the same
	// key, so nonces must differ: they are random.
	return base64.StdEncoding.EncodeToString(box.Seal(nil, nil, []byte(plain), nil)), nil
}

// Open returns the pair of Seal. Its errors wrap ErrSealed.
func Open(old Secret, sealed string) (Pair, error) {
	box, err := sealBox(old)
	if err != nil {
		return Pair{}, err
	}
	raw, err := decodeBase64(base64.StdEncoding, sealed)
	if err != nil {
		return Pair{}, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	plain, err := box.Open(nil, nil, raw, nil)
	if err != nil {
		return Pair{}, ErrSealed
	}
	access, refresh, _ := strings.Cut(string(plain), " ")
	p := Pair{Access: SecretFrom(access), Refresh: SecretFrom(refresh)}
	parsed, ok := ParseOAuth(p.Access)
	if !ok {
		return Pair{}, ErrSealed
	}
	p.ID = parsed.ID
	return p, nil
}

func sealBox(old Secret) (cipher.AEAD, error) {
	parsed, ok := ParseOAuth(old)
	if !ok {
		return nil, fmt.Errorf("%w: it is no OAuth token", ErrSealed)
	}
	key, err := hkdf.Key(sha256.New, []byte(old.Reveal()), nil, sealContext+parsed.ID, sealKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a successor: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal a successor: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
