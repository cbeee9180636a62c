package userfile

import (
	"fmt"
	"maps"
	"slices"

	"jeton/security/token"
)

// User is one user of the files.
type User struct {
	Name  string
	Hash  token.Hash
	Roles []string // sorted; shared, so it must not be changed
}

func (u User) equal(other User) bool {
	return u.Hash.Text() == other.Hash.Text() && slices.Equal(u.Roles, other.Roles)
}

// Users is what the two files say at one moment. It never changes; the zero
// value is empty.
type Users struct {
	byName map[string]User
}

func combine(hashes map[string]token.Hash, rolesOf map[string][]string) *Users {
	users := &Users{make(map[string]User, len(hashes))}
	for name, hash := range hashes {
		users.byName[name] = User{name, hash, rolesOf[name]}
	}
	return users
}

// Lookup finds a user. It allocates nothing.
func (u *Users) Lookup(name string) (User, bool) {
	user, ok := u.byName[name]
	return user, ok
}

// Names returns the names of all users, sorted.
func (u *Users) Names() []string { return slices.Sorted(maps.Keys(u.byName)) }

// Len returns the number of users.
func (u *Users) Len() int { return len(u.byName) }

// String tells the number of users.
func (u *Users) String() string { return fmt.Sprintf("%d file users", u.Len()) }

func (u *Users) equal(other *Users) bool { return maps.EqualFunc(u.byName, other.byName, User.equal) }
