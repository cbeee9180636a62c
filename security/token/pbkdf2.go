package token

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

const (
	prefixPBKDF2        = "{PBKDF2}"
	prefixPBKDF2Stretch = "{PBKDF2_STRETCH}"

	pbkdf2DefaultCost = 10_000
	pbkdf2NewSalt     = 32 // bytes
	pbkdf2NewKey      = 32 // bytes

	pbkdf2MinSalt = 8
	pbkdf2MaxSalt = 128
	pbkdf2KeyUnit = 16
	pbkdf2MaxKey  = sha512.Size // a longer key costs us more and an attacker nothing
)

var (
	errPBKDF2Layout = errors.New("is not of the form COST$SALT$KEY")
	errPBKDF2Cost   = errors.New("has a PBKDF2 cost other than 1000, 10000, 50000, 100000, 500000 and 1000000")
	errPBKDF2Salt   = errors.New("has a PBKDF2 salt that is not padded base64 of 8 to 128 bytes")
	errPBKDF2Key    = errors.New("has a PBKDF2 key that is not padded base64 of 16, 32, 48 or 64 bytes")
)

// pbkdf2Costs returns the iteration counts that Elasticsearch accepts.
func pbkdf2Costs() []int { return []int{1_000, 10_000, 50_000, 100_000, 500_000, 1_000_000} }

type pbkdf2Hash struct {
	stretch bool
	cost    int
	salt    []byte
	key     []byte
}

// parsePBKDF2 reads what stands behind the prefix.
func parsePBKDF2(text string, stretch bool) (stored, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 3 {
		return nil, errPBKDF2Layout
	}
	cost, err := strconv.Atoi(parts[0])
	if err != nil || !slices.Contains(pbkdf2Costs(), cost) || strconv.Itoa(cost) != parts[0] {
		return nil, errPBKDF2Cost
	}
	salt, err := decodeBase64(base64.StdEncoding, parts[1])
	if err != nil || len(salt) < pbkdf2MinSalt || len(salt) > pbkdf2MaxSalt {
		return nil, errPBKDF2Salt
	}
	key, err := decodeBase64(base64.StdEncoding, parts[2])
	if err != nil || len(key) == 0 || len(key)%pbkdf2KeyUnit != 0 || len(key) > pbkdf2MaxKey {
		return nil, errPBKDF2Key
	}
	return pbkdf2Hash{stretch, cost, salt, key}, nil
}

func (h pbkdf2Hash) verify(secret string) bool {
	key, err := pbkdf2Key(secret, h.stretch, h.salt, h.cost, len(h.key))
	return err == nil && subtle.ConstantTimeCompare(key, h.key) == 1
}

func (h pbkdf2Hash) algorithm() Algorithm {
	if h.stretch {
		return Algorithm{family: familyPBKDF2Stretch, cost: h.cost}
	}
	return Algorithm{family: familyPBKDF2, cost: h.cost}
}

func makePBKDF2(secret string, stretch bool, cost int) (string, error) {
	salt := random(pbkdf2NewSalt)
	key, err := pbkdf2Key(secret, stretch, salt, cost, pbkdf2NewKey)
	if err != nil {
		return "", err
	}
	prefix := prefixPBKDF2
	if stretch {
		prefix = prefixPBKDF2Stretch
	}
	base64 := base64.StdEncoding.EncodeToString
	return prefix + strconv.Itoa(cost) + "$" + base64(salt) + "$" + base64(key), nil
}

func pbkdf2Key(secret string, stretch bool, salt []byte, cost, size int) ([]byte, error) {
	if stretch {
		sum := sha512.Sum512([]byte(secret))
		secret = hex.EncodeToString(sum[:])
	}
	return pbkdf2.Key(sha512.New, secret, salt, cost, size)
}
