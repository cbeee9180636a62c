package userfile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// userLine is a user's line, which must say again what it was made of.
func userLine(name string, hash token.Hash) (string, error) {
	line := name + ":" + hash.Text()
	text, err := localfile.Entry([]byte(line))
	if err != nil || text != line || strings.Contains(name, ",") {
		return "", fmt.Errorf("user name %q %w", name, ErrUnwritable)
	}
	n, h, err := userEntry(text)
	if err != nil || n != name || h.Text() != hash.Text() {
		return "", fmt.Errorf("user name %q %w", name, ErrUnwritable)
	}
	return line + "\n", nil
}

// checkRole refuses a role whose line would not say it again.
func checkRole(role string) error {
	text, err := localfile.Entry([]byte(role + ":"))
	if err == nil && text == role+":" {
		if r, users, err := roleEntry(text); err == nil && r == role && users == nil {
			return nil
		}
	}
	return fmt.Errorf("role name %q %w", role, ErrUnwritable)
}

// replaceUser puts line in the place of the first line of the user, and removes
// the others.
func replaceUser(text []byte, name, line string) (rest []byte) {
	for raw := range bytes.Lines(text) {
		if user, ok := userOf(raw); !ok || user != name {
			rest = append(rest, raw...)
			continue
		}
		rest = append(rest, line...)
		line = ""
	}
	return rest
}

func userOf(line []byte) (name string, ok bool) {
	text, err := localfile.Entry(line)
	if err != nil || text == "" {
		return "", false
	}
	name, _, err = userEntry(text)
	return name, err == nil
}

// addToRole adds the user to the role's first line, or adds such a line.
func addToRole(text []byte, role, user string) (changed []byte) {
	done := false
	for line := range bytes.Lines(text) {
		r, users, ok := roleOf(line)
		if ok && r == role && !done {
			done = true
			changed = append(changed, roleLine(role, append(users, user))...)
			continue
		}
		changed = append(changed, line...)
	}
	if done {
		return changed
	}
	return appendLine(changed, roleLine(role, []string{user}))
}

// removeFromRole takes the user from all of the role's lines. A line that has
// nobody left goes.
func removeFromRole(text []byte, role, user string) (rest []byte) {
	for line := range bytes.Lines(text) {
		r, users, ok := roleOf(line)
		if !ok || r != role || !slices.Contains(users, user) {
			rest = append(rest, line...)
			continue
		}
		users = slices.DeleteFunc(users, func(u string) bool { return u == user })
		if len(users) > 0 {
			rest = append(rest, roleLine(role, users)...)
		}
	}
	return rest
}

func roleOf(line []byte) (role string, users []string, ok bool) {
	text, err := localfile.Entry(line)
	if err != nil || text == "" {
		return "", nil, false
	}
	role, users, err = roleEntry(text)
	return role, users, err == nil
}

func roleLine(role string, users []string) string {
	return role + ":" + strings.Join(users, ",") + "\n"
}

// appendLine adds a line, with a line end before it where the text has none. It
// never writes into text.
func appendLine(text []byte, line string) []byte {
	text = slices.Clip(text)
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, '\n')
	}
	return append(text, line...)
}
