package audit

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what an event is about; settings choose among kinds.
type Kind uint8

// The kinds, by Elasticsearch's names.
const (
	AccessDenied Kind = iota
	AccessGranted
	AnonymousAccessDenied
	AuthenticationFailed
	AuthenticationSuccess
	RunAsDenied
	RunAsGranted
	SecurityConfigChange
	kinds // how many there are
)

var kindNames = [kinds]string{
	"access_denied", "access_granted", "anonymous_access_denied", "authentication_failed",
	"authentication_success", "run_as_denied", "run_as_granted", "security_config_change",
}

func (k Kind) String() string { return kindNames[k] }

// elsewhere are kinds of Elasticsearch that never occur here. Settings that name
// them are right all the same.
var elsewhere = []string{
	"connection_denied", "connection_granted", "realm_authentication_failed",
	"system_access_granted", "tampered_request",
}

// Kinds is a set of kinds.
type Kinds uint16

// allKinds stands for every kind in a setting.
const allKinds = "_all"

// DefaultInclude are the names that are included where nothing is set: all but
// authentication_success, as in Elasticsearch.
func DefaultInclude() []string {
	return []string{
		"access_denied", "access_granted", "anonymous_access_denied", "authentication_failed", "connection_denied",
		"tampered_request", "run_as_denied", "run_as_granted", "security_config_change",
	}
}

// ParseKinds reads names of kinds; "_all" is all of them. An error says which
// names there are.
func ParseKinds(names []string) (Kinds, error) {
	var set Kinds
	for _, name := range names {
		switch i := slices.Index(kindNames[:], name); {
		case i >= 0:
			set |= 1 << i
		case name == allKinds:
			set |= 1<<kinds - 1
		case !slices.Contains(elsewhere, name):
			return 0, fmt.Errorf("there is no event %q; the events are %s", name, KindNames())
		}
	}
	return set, nil
}

// KindNames are all names that ParseKinds takes, for a text.
func KindNames() string {
	names := slices.Concat(kindNames[:], elsewhere)
	slices.Sort(names)
	return strings.Join(append(names, allKinds), ", ")
}

// Without is the set less the other.
func (s Kinds) Without(other Kinds) Kinds { return s &^ other }

// Has reports whether the kind is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }
