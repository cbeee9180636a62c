package userfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// The files' names in a config directory.
const (
	UsersFile = "users"
	RolesFile = "users_roles"
)

const (
	maxNameLength = 1024 // bytes, of a user or a role

	// maxLineErrors bounds what is told of a file that is something else
	// altogether.
	maxLineErrors = 100
)

// ErrDuplicate marks a LineError of a line that is well formed and counts.
var ErrDuplicate = errors.New("repeats")

var (
	errNoColon  = errors.New("has no ':'")
	errUserName = errors.New("has a user name that is not 1 to 1024 printable ASCII characters without a blank at either end")
	errRoleName = errors.New("has a role name that is not 1 to 1024 printable ASCII characters without a blank at either end")
)

// LineError is what is wrong with a line. It never quotes the line, which may
// hold a password.
type LineError struct {
	File string // UsersFile or RolesFile
	Line int    // from 1
	Err  error
}

func (e LineError) Error() string { return fmt.Sprintf("line %d of %s %v", e.Line, e.File, e.Err) }

// Unwrap returns the reason, ErrDuplicate for one.
func (e LineError) Unwrap() error { return e.Err }

// Parse reads the content of both files. Lines that it cannot read are
// reported, the first 100 of each file, and skipped. Of lines with the same
// user the last counts; lines with the same role count all, as if they were
// one; both are reported too. A name that has roles and no password hash is
// nobody.
func Parse(users, roles []byte) (*Users, []LineError) {
	hashes, wrong := parseUsers(users)
	rolesOf, more := parseRoles(roles)
	return combine(hashes, rolesOf), append(wrong, more...)
}

// parseUsers returns the hashes by user.
func parseUsers(data []byte) (map[string]token.Hash, []LineError) {
	hashes := map[string]token.Hash{}
	lines := map[string]int{}
	wrong := entries(UsersFile, data, func(number int, text string) error {
		name, hash, err := userEntry(text)
		if err != nil {
			return err
		}
		former := lines[name]
		hashes[name], lines[name] = hash, number
		if former > 0 {
			return fmt.Errorf("%w the user of line %d; the later line counts", ErrDuplicate, former)
		}
		return nil
	})
	return hashes, wrong
}

// parseRoles returns the roles by user, sorted and each once.
func parseRoles(data []byte) (map[string][]string, []LineError) {
	rolesOf := map[string][]string{}
	lines := map[string]int{}
	wrong := entries(RolesFile, data, func(number int, text string) error {
		role, users, err := roleEntry(text)
		if err != nil {
			return err
		}
		for _, user := range users {
			rolesOf[user] = append(rolesOf[user], role)
		}
		former := lines[role]
		lines[role] = number
		if former > 0 {
			return fmt.Errorf("%w the role of line %d; both lines count", ErrDuplicate, former)
		}
		return nil
	})
	for user, roles := range rolesOf {
		slices.Sort(roles)
		rolesOf[user] = slices.Compact(roles)
	}
	return rolesOf, wrong
}

// entries calls take with every line that says something, and collects what is
// wrong with lines.
func entries(file string, data []byte, take func(number int, text string) error) (wrong []LineError) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text, err := localfile.Entry(line)
		if text != "" {
			err = take(number, text)
		}
		if err != nil && len(wrong) < maxLineErrors {
			wrong = append(wrong, LineError{file, number, err})
		}
	}
	return wrong
}

func userEntry(text string) (name string, hash token.Hash, err error) {
	name, hashText, ok := strings.Cut(text, ":")
	if !ok {
		return "", token.Hash{}, errNoColon
	}
	if !validName(name) {
		return "", token.Hash{}, errUserName
	}
	hash, err = token.ParseHash(hashText)
	if err != nil {
		return "", token.Hash{}, fmt.Errorf("has a hash that %w", err)
	}
	return name, hash, nil
}

func roleEntry(text string) (role string, users []string, err error) {
	role, list, ok := strings.Cut(text, ":")
	if !ok {
		return "", nil, errNoColon
	}
	if role = strings.TrimSpace(role); !validName(role) {
		return "", nil, errRoleName
	}
	for user := range strings.SplitSeq(list, ",") {
		user = strings.TrimSpace(user)
		if user == "" {
			continue
		}
		if !validName(user) || strings.Contains(user, ":") {
			return "", nil, errUserName
		}
		users = append(users, user)
	}
	return role, users, nil
}

func validName(name string) bool {
	if name == "" || len(name) > maxNameLength || name != strings.TrimSpace(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' })
}
