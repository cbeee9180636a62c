package userfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// Sentinels of the functions that read and edit the files.
var (
	ErrExists   = errors.New("already exists")
	ErrNotFound = errors.New("does not exist")

	// ErrNoFile says that there is no file of users, so nobody in it.
	ErrNoFile = errors.New("is missing; adding a user makes it")

	// ErrUnwritable refuses a name that would mean something else in the files.
	ErrUnwritable = errors.New("cannot stand in the files: choose one of printable ASCII without ':', ',' and a '#' at its start")
)

// MalformedError refuses to edit files that cannot be wholly understood.
type MalformedError struct {
	Dir   string
	Lines []LineError
}

func (e *MalformedError) Error() string {
	reasons := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		reasons[i] = l.Error()
	}
	return fmt.Sprintf("nothing was changed in %s; correct or remove these lines first: %s", e.Dir, strings.Join(reasons, "; "))
}

// Read returns what the files in the config directory hold and what is wrong
// with it. Without a file of users it is ErrNoFile; one of roles need not exist.
func Read(dir string) (*Users, []LineError, error) {
	f, err := readFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	if f.users == nil {
		return nil, nil, f.missing()
	}
	users, wrong := Parse(f.users, f.roles)
	return users, wrong, nil
}

// Add adds a user with exactly these roles, and makes the files when there are
// none. Here and below the warnings are sentences for the person who called,
// and the errors are the sentinels, *MalformedError, and those of localfile.
func Add(dir, name string, hash token.Hash, roles []string) (warnings []string, err error) {
	line, err := userLine(name, hash)
	if err != nil {
		return nil, err
	}
	return edit(dir, func(f *files) ([]replacement, error) {
		if _, ok := f.current.Lookup(name); ok {
			return nil, fmt.Errorf("user %q %w", name, ErrExists)
		}
		newRoles, err := f.withRoles(name, roles)
		if err != nil {
			return nil, err
		}
		// First the roles, lest roles that a former user has left become this one's.
		return append(newRoles, replacement{UsersFile, appendLine(f.users, line)}), nil
	})
}

// Delete removes a user and all of the user's roles.
func Delete(dir, name string) (warnings []string, err error) {
	return edit(dir, func(f *files) ([]replacement, error) {
		if err := f.expect(name); err != nil {
			return nil, err
		}
		newRoles, err := f.withRoles(name, nil)
		// First the user: a name without a hash is nobody, whatever roles it has.
		return append([]replacement{{UsersFile, replaceUser(f.users, name, "")}}, newRoles...), err
	})
}

// SetPassword gives a user another hash.
func SetPassword(dir, name string, hash token.Hash) (warnings []string, err error) {
	line, err := userLine(name, hash)
	if err != nil {
		return nil, err
	}
	return edit(dir, func(f *files) ([]replacement, error) {
		if err := f.expect(name); err != nil {
			return nil, err
		}
		return []replacement{{UsersFile, replaceUser(f.users, name, line)}}, nil
	})
}

// ChangeRoles adds roles to those of a user, then takes others from them. Roles
// that the user has, or lacks, already are no error.
func ChangeRoles(dir, name string, add, remove []string) (warnings []string, err error) {
	return edit(dir, func(f *files) ([]replacement, error) {
		if err := f.expect(name); err != nil {
			return nil, err
		}
		user, _ := f.current.Lookup(name)
		return f.withRoles(name, without(append(append([]string{}, user.Roles...), add...), remove))
	})
}

// replacement is a file's new text.
type replacement struct {
	file string // UsersFile or RolesFile
	text []byte
}

// edit replaces the files that change names, in its order, with no other edit in
// between. One lock holds for both files.
func edit(dir string, change func(f *files) ([]replacement, error)) (warnings []string, err error) {
	unlock, warnings, err := localfile.LockForEdit(filepath.Join(dir, UsersFile))
	if err != nil {
		return nil, err
	}
	defer unlock()
	f, err := readFiles(dir)
	if err != nil {
		return warnings, err
	}
	if err := f.understand(); err != nil {
		return warnings, err
	}
	replacements, err := change(f)
	if err != nil {
		return warnings, err
	}
	for _, r := range replacements {
		more, err := localfile.WriteShared(filepath.Join(dir, r.file), r.text)
		warnings = append(warnings, more...)
		if err != nil {
			return warnings, err
		}
	}
	return warnings, nil
}
