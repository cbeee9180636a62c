package rolefile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"jeton/internal/localfile"
	"jeton/security/account"
)

// Roles is what a file holds at one moment. It never changes; the zero value is
// empty.
type Roles struct {
	byName map[string]*account.Descriptor
}

// Read returns what the file holds and what is wrong with it. An absent file
// holds nothing.
func Read(path string) (*Roles, []Error, error) {
	data, err := localfile.ReadOrAbsent(path)
	if err != nil {
		return nil, nil, err
	}
	roles, wrong := Parse(data)
	return roles, wrong, nil
}

// Lookup finds a role. The descriptor is shared and must not be changed.
func (r *Roles) Lookup(name string) (*account.Descriptor, bool) {
	d, ok := r.byName[name]
	return d, ok
}

// Names returns the names of all roles, sorted.
func (r *Roles) Names() []string { return slices.Sorted(maps.Keys(r.byName)) }

// Len returns the number of roles.
func (r *Roles) Len() int { return len(r.byName) }

// String tells the number of roles.
func (r *Roles) String() string { return fmt.Sprintf("%d file roles", r.Len()) }

func (r *Roles) equal(other *Roles) bool {
	return maps.EqualFunc(r.byName, other.byName, func(a, b *account.Descriptor) bool { return reflect.DeepEqual(a, b) })
}
