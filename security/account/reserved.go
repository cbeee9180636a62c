package account

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// ReservedRole finds a role that exists without anybody having made it, and
// that nobody can change. The descriptor is shared and must not be changed.
func ReservedRole(name string) (*Descriptor, bool) {
	d, ok := reservedRoles()[name]
	return d, ok
}

// ReservedRoles returns the names of the reserved roles, sorted.
func ReservedRoles() []string { return slices.Sorted(maps.Keys(reservedRoles())) }

// rolesJSON holds the reserved roles but superuser and kibana_system, as GET
// /_security/role shows them.
//
//go:embed roles.json
var rolesJSON []byte

var reservedRoles = sync.OnceValue(func() map[string]*Descriptor {
	roles := map[string]*Descriptor{}
	if err := json.Unmarshal(rolesJSON, &roles); err != nil {
		panic(fmt.Sprintf("account: the embedded roles.json: %v", err))
	}
	superuser := Superuser()
	roles["superuser"] = &superuser
	if kibana, ok := Lookup(ReservedNamespace, "kibana"); ok {
		roles["kibana_system"] = &kibana.Role
	}
	return roles
})

// ReservedUser is a user that always exists.
type ReservedUser struct {
	Name       string
	Roles      []string
	Deprecated string // the reason, if it should not be used any more
}

var reservedUsers = [...]ReservedUser{
	{Name: "apm_system", Roles: []string{"apm_system"}},
	{Name: "beats_system", Roles: []string{"beats_system"}},
	{Name: "elastic", Roles: []string{"superuser"}},
	{Name: "kibana", Roles: []string{"kibana_system"}, Deprecated: "Please use the [kibana_system] user instead."},
	{Name: "kibana_system", Roles: []string{"kibana_system"}},
	{Name: "logstash_system", Roles: []string{"logstash_system"}},
	{Name: "remote_monitoring_user", Roles: []string{"remote_monitoring_collector", "remote_monitoring_agent"}},
}

// LookupReservedUser finds a reserved user. Its roles are shared and must not be
// changed.
func LookupReservedUser(name string) (ReservedUser, bool) {
	i, ok := slices.BinarySearchFunc(reservedUsers[:], name, func(u ReservedUser, name string) int {
		return strings.Compare(u.Name, name)
	})
	if !ok {
		return ReservedUser{}, false
	}
	return reservedUsers[i], true
}

// ReservedUsers returns all reserved users, sorted by name. The caller owns the
// slice; the users' roles are shared and must not be changed.
func ReservedUsers() []ReservedUser { return slices.Clone(reservedUsers[:]) }
