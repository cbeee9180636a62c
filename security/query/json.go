package query

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxJSONDepth leaves room for the deepest query allowed, whose every level
// takes three of JSON, and for what a leaf needs.
const maxJSONDepth = 3*maxQueryDepth + 10

// value is one JSON value. Unlike what encoding/json makes, it keeps the order
// of an object's members, how a number was written, and where it was.
type value struct {
	kind    valueKind
	text    string   // a scalar's: the string itself, or the literal
	members []member // an object's
	list    []value  // an array's
	end     int      // the offset behind its last, or an object's first, byte
}

type member struct {
	name string
	value
}

type valueKind int

const (
	null valueKind = iota
	boolean
	number
	text
	array
	object
)

// scalar reports whether the value is a string, a number or a boolean.
func (v value) scalar() bool { return v.kind == text || v.kind == number || v.kind == boolean }

// decode reads a body that is one JSON value without repeated keys.
func decode(body []byte) (value, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		end := 0
		if at, ok := errors.AsType[*json.SyntaxError](err); ok {
			end = min(int(at.Offset), len(body))
		}
		return value{}, syntaxError(body, end, "the body is not well-formed JSON")
	}
	r := reader{body, json.NewDecoder(bytes.NewReader(body))}
	r.UseNumber()
	return r.value(0)
}

type reader struct {
	body []byte
	*json.Decoder
}

func (r reader) fail(format string, args ...any) error {
	return syntaxError(r.body, int(r.InputOffset()), format, args...)
}

func (r reader) value(depth int) (value, error) {
	token, err := r.Token()
	if err != nil {
		return value{}, r.fail("the body is not well-formed JSON")
	}
	v := value{end: int(r.InputOffset())}
	switch token := token.(type) {
	case string:
		v.kind, v.text = text, token
	case json.Number:
		v.kind, v.text = number, token.String()
	case bool:
		v.kind, v.text = boolean, boolText(token)
	case json.Delim:
		if depth == maxJSONDepth {
			return value{}, r.fail("the body is nested deeper than %d levels", maxJSONDepth)
		}
		if token == '[' {
			v.kind = array
			v.list, err = r.elements(depth + 1)
		} else {
			v.kind = object
			v.members, err = r.fields(depth + 1)
		}
	}
	return v, err
}

func (r reader) elements(depth int) ([]value, error) {
	var list []value
	for r.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, r.close()
}

func (r reader) fields(depth int) ([]member, error) {
	var list []member
	seen := map[string]bool{}
	for r.More() {
		name, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		if seen[name.text] {
			return nil, r.fail("Duplicate field '%s'", name.text)
		}
		seen[name.text] = true
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, member{name.text, v})
	}
	return list, r.close()
}

func (r reader) close() error {
	if _, err := r.Token(); err != nil {
		return r.fail("the body is not well-formed JSON")
	}
	return nil
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
