package tokenfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// Sentinels of Create and Delete.
var (
	ErrExists   = errors.New("already exists")
	ErrNotFound = errors.New("does not exist")
)

// MalformedError refuses to edit a file that cannot be wholly understood.
type MalformedError struct {
	Path  string
	Lines []LineError
}

func (e *MalformedError) Error() string {
	reasons := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		reasons[i] = l.Error()
	}
	return fmt.Sprintf("%s was not changed; correct or remove these lines first: %s", e.Path, strings.Join(reasons, "; "))
}

// Read returns what the file holds and what is wrong with it. An absent file
// holds nothing.
func Read(path string) (*Tokens, []LineError, error) {
	data, err := localfile.ReadOrAbsent(path)
	if err != nil {
		return nil, nil, err
	}
	tokens, wrong := Parse(data)
	return tokens, wrong, nil
}

// Create adds a token at the end of the file, and makes the file when there is
// none. The account is NAMESPACE/SERVICE. The warnings are sentences for the
// person who called. Errors: ErrExists, *MalformedError, and those of
// localfile.
func Create(path, account, name string, hash token.Hash) (warnings []string, err error) {
	key := qualified(account, name)
	line := key + ":" + hash.Text()
	if k, h, err := parseLine([]byte(line)); err != nil || k != key || h.Text() != hash.Text() {
		return nil, fmt.Errorf("service token %q cannot stand in a line of %s", key, path)
	}
	return edit(path, func(text []byte, tokens *Tokens) ([]byte, error) {
		if _, ok := tokens.Lookup(account, name); ok {
			return nil, fmt.Errorf("service token [%s] %w", key, ErrExists)
		}
		if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
			text = append(text, '\n')
		}
		return append(text, line+"\n"...), nil
	})
}

// Delete removes a token from the file. Errors: ErrNotFound, *MalformedError,
// and those of localfile.
func Delete(path, account, name string) (warnings []string, err error) {
	return edit(path, func(text []byte, tokens *Tokens) ([]byte, error) {
		if _, ok := tokens.Lookup(account, name); !ok {
			return nil, fmt.Errorf("service token [%s] %w", qualified(account, name), ErrNotFound)
		}
		var rest []byte
		for line := range bytes.Lines(text) {
			if key, _, _ := parseLine(line); key != qualified(account, name) {
				rest = append(rest, line...)
			}
		}
		return rest, nil
	})
}

// edit replaces the file's text by what change makes of it, with no other
// edit in between.
func edit(path string, change func(text []byte, tokens *Tokens) ([]byte, error)) (warnings []string, err error) {
	unlock, warnings, err := localfile.LockForEdit(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	text, err := localfile.ReadOrAbsent(path)
	if err != nil {
		return warnings, err
	}
	tokens, wrong := Parse(text)
	if malformed := withoutDuplicates(wrong); malformed != nil {
		return warnings, &MalformedError{path, malformed}
	}
	if text, err = change(text, tokens); err != nil {
		return warnings, err
	}
	more, err := localfile.WriteShared(path, text)
	return append(warnings, more...), err
}

func withoutDuplicates(wrong []LineError) (malformed []LineError) {
	for _, e := range wrong {
		if !errors.Is(e, ErrDuplicate) {
			malformed = append(malformed, e)
		}
	}
	return malformed
}
