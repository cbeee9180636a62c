package tokenfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jeton/security/token"
)

// Tokens is what a file holds at one moment. It never changes; the zero value
// is empty. Accounts and names are as they stand in the file, unchecked.
type Tokens struct {
	hashes map[string]token.Hash // by qualified name, NAMESPACE/SERVICE/NAME
}

// Lookup finds the hash of a token's secret. The account is NAMESPACE/SERVICE.
func (t *Tokens) Lookup(account, name string) (token.Hash, bool) {
	h, ok := t.hashes[qualified(account, name)]
	return h, ok
}

// Names returns the names of an account's tokens, sorted.
func (t *Tokens) Names(account string) []string {
	var names []string
	for key := range t.hashes {
		if name, ok := strings.CutPrefix(key, qualified(account, "")); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// All returns the qualified names of all tokens, sorted.
func (t *Tokens) All() []string { return slices.Sorted(maps.Keys(t.hashes)) }

// Len returns the number of tokens.
func (t *Tokens) Len() int { return len(t.hashes) }

// String tells the number of tokens.
func (t *Tokens) String() string { return fmt.Sprintf("%d file tokens", t.Len()) }

func (t *Tokens) equal(other *Tokens) bool {
	return maps.EqualFunc(t.hashes, other.hashes, func(a, b token.Hash) bool { return a.Text() == b.Text() })
}

func qualified(account, name string) string { return account + "/" + name }
