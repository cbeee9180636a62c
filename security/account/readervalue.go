package account

import (
	"encoding/json"
	"fmt"
)

// objectValue reads an object of any content. Its numbers are json.Number, so
// that they stay as they were written.
func (r *reader) objectValue(where string) (map[string]any, error) {
	token, err := r.token()
	if err != nil || token == nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, malformed("expected field [%s] to be of type object, but found %s instead", where, kindOf(token))
	}
	v, err := r.valueFrom(where, token, 0)
	m, _ := v.(map[string]any)
	return m, err
}

func (r *reader) valueFrom(where string, token json.Token, depth int) (any, error) {
	if depth > maxDepth {
		return nil, invalid("[%s] is nested more than [%d] deep", where, maxDepth)
	}
	next := func() (any, error) {
		token, err := r.token()
		if err != nil {
			return nil, err
		}
		return r.valueFrom(where, token, depth+1)
	}
	switch token {
	case json.Delim('{'):
		m := map[string]any{}
		err := r.fields(where, func(name string) (err error) {
			m[name], err = next()
			return err
		})
		return m, err
	case json.Delim('['):
		list := []any{}
		err := r.elements(where, func() error {
			v, err := next()
			list = append(list, v)
			return err
		})
		return list, err
	}
	return token, nil
}

func kindOf(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "[null]"
	case json.Delim:
		if token == '{' || token == '}' {
			return "[an object]"
		}
		return "[an array]"
	case string:
		return "[a string]"
	case bool:
		return "[a boolean]"
	}
	return "[a number]"
}

// clip keeps a text that somebody sent short enough to show.
func clip(s string) string {
	if len(s) > 256 {
		return fmt.Sprintf("%.256s…", s)
	}
	return s
}
