package tokenfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"jeton/internal/localfile"
	"jeton/security/token"
)

// maxLineErrors bounds what Parse tells of a file that is something else
// altogether.
const maxLineErrors = 100

// ErrDuplicate marks a LineError of a line that is well formed and counts, in
// place of an earlier one.
var ErrDuplicate = errors.New("repeats the token")

var (
	errNoColon = errors.New("has no ':' between the token's name and its hash")
	errNoName  = errors.New("has no token name before the ':'")
)

// LineError is what is wrong with a line. It never quotes the line, which may
// hold a secret.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e LineError) Error() string { return fmt.Sprintf("line %d %v", e.Line, e.Err) }

// Unwrap returns the reason, ErrDuplicate for one.
func (e LineError) Unwrap() error { return e.Err }

// Parse reads a file's content. Lines that it cannot read are reported, the
// first 100 of them, and skipped; of lines with the same token the last counts
// and is reported too.
func Parse(data []byte) (*Tokens, []LineError) {
	tokens := &Tokens{hashes: map[string]token.Hash{}}
	lines := map[string]int{}
	var wrong []LineError
	number := 0
	for line := range bytes.Lines(data) {
		number++
		key, hash, err := parseLine(line)
		if first, ok := lines[key]; ok {
			err = fmt.Errorf("%w of line %d; the later line counts", ErrDuplicate, first)
		}
		if err != nil && len(wrong) < maxLineErrors {
			wrong = append(wrong, LineError{number, err})
		}
		if key != "" {
			tokens.hashes[key] = hash
			lines[key] = number
		}
	}
	return tokens, wrong
}

// parseLine returns an empty key for a line that holds no token: with an error
// when it should have, without for a comment or a blank line.
func parseLine(raw []byte) (key string, hash token.Hash, err error) {
	line, err := localfile.Entry(raw)
	if line == "" {
		return "", token.Hash{}, err
	}
	key, text, ok := strings.Cut(line, ":")
	if !ok {
		return "", token.Hash{}, errNoColon
	}
	if key == "" {
		return "", token.Hash{}, errNoName
	}
	hash, err = token.ParseHash(text)
	if err != nil {
		return "", token.Hash{}, fmt.Errorf("has a hash that %w", err)
	}
	return key, hash, nil
}
