package account

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Account is a service account: a principal that only tokens can prove, and
// whose privileges are fixed.
type Account struct {
	Namespace string
	Service   string
	Role      Descriptor
}

// ReservedNamespace holds the built-in accounts, and no others.
const ReservedNamespace = "elastic"

// Principal is the account's name as NAMESPACE/SERVICE.
func (a Account) Principal() string { return a.Namespace + "/" + a.Service }

// All returns every account, sorted by principal. The caller owns the slice,
// but the descriptors' own lists are shared and must not be changed.
func All() []Account { return slices.Clone(accounts()) }

// Lookup finds an account. It stands on the path of every authentication: it
// compares a few strings and allocates nothing. The account is shared and must
// not be changed.
func Lookup(namespace, service string) (*Account, bool) {
	list := accounts()
	for i := range list {
		if a := &list[i]; a.Service == service && a.Namespace == namespace {
			return a, true
		}
	}
	return nil, false
}

// accountsJSON is what GET /_security/service answers, with every list and key
// in the order in which it is shown.
//
//go:embed accounts.json
var accountsJSON []byte

var accounts = sync.OnceValue(func() []Account {
	var facts map[string]struct {
		Role Descriptor `json:"role_descriptor"`
	}
	if err := json.Unmarshal(accountsJSON, &facts); err != nil {
		panic(fmt.Sprintf("account: the embedded accounts.json: %v", err))
	}
	list := make([]Account, 0, len(facts))
	for principal, fact := range facts {
		namespace, service, _ := strings.Cut(principal, "/")
		list = append(list, Account{Namespace: namespace, Service: service, Role: fact.Role})
	}
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Principal(), b.Principal()) })
	return list
})
