package localfile

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errNotText = errors.New("is not UTF-8 text, or has control characters")
	errBOM     = errors.New("begins with a byte order mark: save the file without one")
)

// Entry returns what a line of a text file says: the line without the blanks
// and the line end around it, and "" for a blank line and for a comment, which
// has '#' as its first character. Errors complete the sentence "line 3 …" and
// never quote the line.
func Entry(line []byte) (string, error) {
	text := strings.TrimFunc(string(line), func(r rune) bool { return r <= ' ' })
	switch {
	case text == "" || line[0] == '#':
		return "", nil
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", errNotText
	case strings.HasPrefix(text, "\uFEFF"):
		return "", errBOM
	}
	return text, nil
}
