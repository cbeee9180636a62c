package token

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	bcryptLength      = 60
	bcryptDefaultCost = 10
	bcryptMinCost     = 4
	bcryptMaxCost     = 14
	bcryptMaxSecret   = 72 // bytes; bcrypt ignores what follows
)

var (
	errBcryptLayout = errors.New("is not a bcrypt hash of 60 characters that begins with $2a$, $2b$ or $2y$")
	errBcryptCost   = errors.New("has a bcrypt cost outside 04 to 14")
)

type bcryptHash struct {
	text string
	cost int
}

func parseBcrypt(text string) (stored, error) {
	if len(text) != bcryptLength || !strings.ContainsRune("aby", rune(text[2])) || text[3] != '$' || text[6] != '$' {
		return nil, errBcryptLayout
	}
	for i := 7; i < bcryptLength; i++ {
		if c := text[i]; !alphanumeric(c) && c != '.' && c != '/' {
			return nil, errBcryptLayout
		}
	}
	cost, err := strconv.ParseUint(text[4:6], 10, 8)
	if err != nil || cost < bcryptMinCost || cost > bcryptMaxCost {
		return nil, errBcryptCost
	}
	return bcryptHash{text, int(cost)}, nil
}

// verify compares in constant time: bcrypt does.
func (h bcryptHash) verify(secret string) bool {
	return bcrypt.CompareHashAndPassword([]byte(h.text), bcryptInput(secret)) == nil
}

func (h bcryptHash) algorithm() Algorithm { return Algorithm{family: familyBcrypt, cost: h.cost} }

func makeBcrypt(secret string, cost int) (string, error) {
	text, err := bcrypt.GenerateFromPassword(bcryptInput(secret), cost)
	return string(text), err
}

// bcryptInput cuts at the length that every implementation of bcrypt uses; Go's
// refuses to cut by itself.
func bcryptInput(secret string) []byte {
	return []byte(secret[:min(len(secret), bcryptMaxSecret)])
}
