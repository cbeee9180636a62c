package rolefile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"jeton/security/account"
)

const (
	// maxSize is the size of a file, in bytes, above which it is not read.
	maxSize = 1 << 20

	// maxErrors bounds what is told of a file that is something else altogether.
	maxErrors = 100
)

var (
	errNotText  = errors.New("is not UTF-8 text without a byte order mark")
	errSize     = fmt.Errorf("belongs to a file of more than the %d bytes that are read", maxSize)
	errOneRole  = errors.New("does not begin one role as `name:` with its privileges below it")
	errNoObject = errors.New("has no privileges below it; write {} for a role without any")

	// ErrReserved marks an Error of a role whose name has a meaning of its own,
	// which the file cannot change.
	ErrReserved = errors.New("is reserved, so its definition in the file does not count")

	// ErrDuplicate marks an Error of a role that counts, in place of an earlier
	// definition.
	ErrDuplicate = errors.New("is defined again")
)

// Error is what is wrong with a role.
type Error struct {
	Line int    // from 1
	Role string // "" when not even its name is known
	Err  error
}

func (e Error) Error() string {
	if e.Role == "" {
		return fmt.Sprintf("line %d %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d: role %q %v", e.Line, e.Role, e.Err)
}

// Unwrap returns the reason.
func (e Error) Unwrap() error { return e.Err }

// Parse reads a file's content. Roles that it cannot read are reported, the
// first 100 of them, and skipped; of roles with the same name the last counts
// and is reported too. More than 1 MiB holds no role.
func Parse(data []byte) (*Roles, []Error) {
	roles := &Roles{byName: map[string]*account.Descriptor{}}
	if err := checkText(data); err != nil {
		return roles, []Error{{Line: 1, Err: err}}
	}
	var wrong []Error
	lines := map[string]int{}
	for _, s := range split(data) {
		name, descriptor, err := s.parse()
		if former := lines[name]; err == nil && former > 0 {
			wrong = append(wrong, Error{s.line, name, fmt.Errorf("%w after line %d; the later definition counts", ErrDuplicate, former)})
		}
		if err == nil {
			roles.byName[name], lines[name] = descriptor, s.line
			continue
		}
		wrong = append(wrong, s.locate(name, err))
	}
	return roles, wrong[:min(len(wrong), maxErrors)]
}

func checkText(data []byte) error {
	switch {
	case len(data) > maxSize:
		return errSize
	case !utf8.Valid(data) || bytes.HasPrefix(data, []byte("\uFEFF")):
		return errNotText
	}
	return nil
}

// parse returns the name beside an error when it is known.
func (s segment) parse() (name string, descriptor *account.Descriptor, err error) {
	var root yaml.Node
	if err := yaml.Unmarshal(s.text, &root); err != nil {
		return "", nil, syntaxError(err)
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode || len(root.Content[0].Content) != 2 {
		return "", nil, errOneRole
	}
	key, value := root.Content[0].Content[0], root.Content[0].Content[1]
	if key.Kind != yaml.ScalarNode {
		return "", nil, errOneRole
	}
	name = key.Value
	if err := account.CheckName("role", name); err != nil {
		return "", nil, fmt.Errorf("has a name that is refused: %w", err)
	}
	if _, reserved := account.ReservedRole(name); reserved {
		return name, nil, ErrReserved
	}
	if value.Kind != yaml.MappingNode {
		return name, nil, errNoObject
	}
	var body bytes.Buffer
	if err := appendJSON(&body, value, 0); err != nil {
		return name, nil, err
	}
	d, err := account.ParseDescriptor(body.Bytes())
	if err != nil {
		return name, nil, fmt.Errorf("is refused: %w", err)
	}
	return name, &d, nil
}

// locate tells an error of the segment with its line in the file. To YAML more
// characters end a line than to an editor, so its numbers can be too high.
func (s segment) locate(name string, err error) Error {
	line := 1
	var at *nodeError
	if errors.As(err, &at) {
		line = at.line
	}
	last := max(bytes.Count(s.text, []byte("\n")), 1)
	return Error{s.line + min(max(line, 1), last) - 1, name, err}
}
