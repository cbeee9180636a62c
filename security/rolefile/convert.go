package rolefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds how deep lists and mappings stand in each other; a role needs
// six levels, its metadata perhaps more.
const maxDepth = 32

var (
	errAlias = errors.New("is an alias: write out what it stands for")
	errMerge = errors.New("is a merge key: write out what it stands for")
	errDepth = fmt.Errorf("is more than %d levels deep", maxDepth)
)

// nodeError is what is wrong at a line of a segment.
type nodeError struct {
	line int // in the segment, from 1
	err  error
}

func (e *nodeError) Error() string { return e.err.Error() }

func (e *nodeError) Unwrap() error { return e.err }

// yamlText is how the YAML library tells an error.
var yamlText = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// syntaxError takes the line from an error of the YAML library, 0 when it tells
// none.
func syntaxError(err error) error {
	match := yamlText.FindStringSubmatch(err.Error())
	if match == nil {
		return fmt.Errorf("is not YAML: %w", err)
	}
	line, _ := strconv.Atoi(match[1])
	return &nodeError{line, fmt.Errorf("is not YAML: %s", match[2])}
}

// appendJSON writes a node as JSON, with its keys in their order.
func appendJSON(b *bytes.Buffer, n *yaml.Node, depth int) error {
	if depth > maxDepth {
		return &nodeError{n.Line, errDepth}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return appendObject(b, n, depth)
	case yaml.SequenceNode:
		return appendArray(b, n, depth)
	case yaml.ScalarNode:
		return appendScalar(b, n)
	default:
		return &nodeError{n.Line, errAlias}
	}
}

func appendObject(b *bytes.Buffer, n *yaml.Node, depth int) error {
	seen := map[string]bool{}
	b.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			return &nodeError{key.Line, errors.New("has a key that is no text")}
		case key.ShortTag() == "!!merge":
			return &nodeError{key.Line, errMerge}
		case seen[key.Value]:
			return &nodeError{key.Line, fmt.Errorf("has the key %q again: keep one", key.Value)}
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendValue(b, key, key.Value); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := appendJSON(b, value, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func appendArray(b *bytes.Buffer, n *yaml.Node, depth int) error {
	b.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(b, item, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

// appendScalar writes what JSON has a form for, and a date as it stands.
func appendScalar(b *bytes.Buffer, n *yaml.Node) error {
	var value any
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		value = n.Value
	case "!!int", "!!float", "!!bool", "!!null":
		if err := n.Decode(&value); err != nil {
			return &nodeError{n.Line, fmt.Errorf("has a value that is no %s", tag[2:])}
		}
	default:
		return &nodeError{n.Line, fmt.Errorf("has a value with the tag %s, which has no meaning in a role", tag)}
	}
	return appendValue(b, n, value)
}

func appendValue(b *bytes.Buffer, n *yaml.Node, value any) error {
	text, err := json.Marshal(value)
	if err != nil { // infinity, or not a number
		return &nodeError{n.Line, errors.New("has a number that JSON cannot say")}
	}
	b.Write(text)
	return nil
}
