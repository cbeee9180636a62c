package token

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	familyBcrypt        = "bcrypt"
	familyPBKDF2        = "pbkdf2"
	familyPBKDF2Stretch = "pbkdf2_stretch"
)

// Algorithm is a way to make slow hashes, by Elasticsearch's name for it: a
// family (bcrypt, pbkdf2, pbkdf2_stretch) and a cost.
type Algorithm struct {
	name   string
	family string
	cost   int
}

// ParseAlgorithm finds an algorithm by name, in any case: bcrypt, bcrypt4 to
// bcrypt14, pbkdf2, pbkdf2_COST, pbkdf2_stretch, pbkdf2_stretch_COST. The
// error lists all of them.
func ParseAlgorithm(name string) (Algorithm, error) {
	var names []string
	for _, a := range algorithms() {
		if strings.EqualFold(a.name, name) {
			return a, nil
		}
		names = append(names, a.name)
	}
	//lint:ignore ST1005 Elasticsearch's words
	return Algorithm{}, fmt.Errorf("Invalid algorithm: %s. Valid values for password hashing are [%s]", name, strings.Join(names, ", "))
}

// algorithms returns all of them, in the order in which Elasticsearch lists them.
func algorithms() []Algorithm {
	all := []Algorithm{{familyBcrypt, familyBcrypt, bcryptDefaultCost}}
	for cost := bcryptMinCost; cost <= bcryptMaxCost; cost++ {
		all = append(all, Algorithm{familyBcrypt + strconv.Itoa(cost), familyBcrypt, cost})
	}
	for _, family := range []string{familyPBKDF2, familyPBKDF2Stretch} {
		all = append(all, Algorithm{family, family, pbkdf2DefaultCost})
		for _, cost := range pbkdf2Costs() {
			all = append(all, Algorithm{family + "_" + strconv.Itoa(cost), family, cost})
		}
	}
	return all
}

// String returns the name.
func (a Algorithm) String() string { return a.name }

// Hash makes a hash of the secret with a random salt. It fails for the zero
// Algorithm and where the platform forbids the function.
func (a Algorithm) Hash(secret Secret) (Hash, error) {
	text, err := a.make(secret.Reveal())
	if err != nil {
		return Hash{}, fmt.Errorf("hashing with %q: %w", a.name, err)
	}
	return ParseHash(text)
}

func (a Algorithm) make(secret string) (string, error) {
	switch a.family {
	case familyBcrypt:
		return makeBcrypt(secret, a.cost)
	case familyPBKDF2:
		return makePBKDF2(secret, false, a.cost)
	case familyPBKDF2Stretch:
		return makePBKDF2(secret, true, a.cost)
	default:
		return "", errors.New("no algorithm was chosen")
	}
}
