package userfile

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"jeton/internal/localfile"
)

// files is the text of both files, nil for one that does not exist, and what
// they mean.
type files struct {
	dir          string
	users, roles []byte
	current      *Users
	rolesOf      map[string][]string // of names without a hash too
}

func readFiles(dir string) (*files, error) {
	users, err := localfile.ReadOrAbsent(filepath.Join(dir, UsersFile))
	if err != nil {
		return nil, err
	}
	roles, err := localfile.ReadOrAbsent(filepath.Join(dir, RolesFile))
	if err != nil {
		return nil, err
	}
	return &files{dir: dir, users: users, roles: roles}, nil
}

// understand parses the files, and refuses those with a line that it cannot read.
func (f *files) understand() error {
	hashes, wrong := parseUsers(f.users)
	rolesOf, more := parseRoles(f.roles)
	wrong = slices.DeleteFunc(append(wrong, more...), func(e LineError) bool { return errors.Is(e, ErrDuplicate) })
	if len(wrong) > 0 {
		return &MalformedError{f.dir, wrong}
	}
	f.current, f.rolesOf = combine(hashes, rolesOf), rolesOf
	return nil
}

// expect returns nil when the user is there.
func (f *files) expect(name string) error {
	if f.users == nil {
		return f.missing()
	}
	if _, ok := f.current.Lookup(name); !ok {
		return fmt.Errorf("user %q %w", name, ErrNotFound)
	}
	return nil
}

func (f *files) missing() error {
	return fmt.Errorf("%s %w", filepath.Join(f.dir, UsersFile), ErrNoFile)
}

// withRoles gives the name exactly these roles. It returns nothing when the
// name has them.
func (f *files) withRoles(name string, want []string) ([]replacement, error) {
	for _, role := range want {
		if err := checkRole(role); err != nil {
			return nil, err
		}
	}
	text := f.roles
	for _, role := range without(f.rolesOf[name], want) {
		text = removeFromRole(text, role, name)
	}
	for _, role := range without(want, f.rolesOf[name]) {
		text = addToRole(text, role, name)
	}
	if bytes.Equal(text, f.roles) {
		return nil, nil
	}
	return []replacement{{RolesFile, text}}, nil
}

// without returns, sorted and each once, what is in list and not in others.
func without(list, others []string) []string {
	rest := slices.Compact(slices.Sorted(slices.Values(list)))
	return slices.DeleteFunc(rest, func(s string) bool { return slices.Contains(others, s) })
}
