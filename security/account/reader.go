package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits of what is read.
const (
	maxBody        = 1 << 20  // bytes of a body
	maxList        = 10_000   // entries of a list, fields of an object; Kibana sends thousands
	maxText        = 1024     // bytes of a text
	maxQuery       = 64 << 10 // bytes of a query
	maxDescription = 1000     // characters of a role's description
	maxDepth       = 20       // nesting of metadata and queries
)

// DescriptorError says why a role descriptor, a question about privileges, a
// name or the definition of a privilege was refused, in words for the wire.
type DescriptorError struct {
	Reason     string
	Validation bool // it can be read, but not be accepted
	Argument   bool // a question about privileges names one that there is not
}

func (e *DescriptorError) Error() string { return e.Reason }

// malformed is for a body that cannot be read, invalid for one that says
// something impossible.
func malformed(format string, args ...any) error {
	return &DescriptorError{Reason: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &DescriptorError{Reason: fmt.Sprintf(format, args...), Validation: true}
}

// reader reads one JSON value strictly: no unknown or repeated fields, nothing
// behind it, nothing larger than the limits.
type reader struct {
	dec  *json.Decoder
	what string // what is being read, for errors
}

func readBody(body []byte, what string, read func(*reader) error) error {
	if len(body) > maxBody {
		return malformed("%s: the body has more than [%d] bytes", what, maxBody)
	}
	if !utf8.Valid(body) {
		return malformed("%s: the body is not valid UTF-8", what)
	}
	r := &reader{dec: json.NewDecoder(bytes.NewReader(body)), what: what}
	r.dec.UseNumber()
	if err := read(r); err != nil {
		return err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return malformed("%s: unexpected content behind the end of the object", what)
	}
	return nil
}

func (r *reader) token() (json.Token, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, malformed("%s: the JSON is not valid: %v", r.what, err)
	}
	return token, nil
}

// object reads an object and has each field's value read by field.
func (r *reader) object(where string, field func(name string) error) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return malformed("%s. expected [%s] to be an object but found %s instead", r.what, where, kindOf(token))
	}
	return r.fields(where, field)
}

func (r *reader) fields(where string, field func(name string) error) error {
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return malformed("%s. duplicate field [%s] in [%s]", r.what, clip(name), where)
		}
		if seen[name] = true; len(seen) > maxList || len(name) > maxText {
			return invalid("[%s] has more than [%d] fields, or one with a longer name than [%d] bytes", where, maxList, maxText)
		}
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := r.token() // the closing brace
	return err
}

func (r *reader) unknown(name, where string) error {
	return malformed("%s. unexpected field [%s] in [%s]", r.what, clip(name), where)
}

// list reads an array, or null as an empty one, and has each element read by
// element.
func (r *reader) list(where string, element func() error) error {
	token, err := r.token()
	if err != nil || token == nil {
		return err
	}
	if token != json.Delim('[') {
		return malformed("%s. expected field [%s] value to be an array, but found %s instead", r.what, where, kindOf(token))
	}
	return r.elements(where, element)
}

func (r *reader) elements(where string, element func() error) error {
	for n := 0; r.dec.More(); n++ {
		if n == maxList {
			return invalid("[%s] has more than [%d] entries", where, maxList)
		}
		if err := element(); err != nil {
			return err
		}
	}
	_, err := r.token() // the closing bracket
	return err
}

// texts reads a string or an array of strings, which is nil for null and for an
// empty array.
func (r *reader) texts(where string) ([]string, error) {
	token, err := r.token()
	if err != nil || token == nil {
		return nil, err
	}
	if token != json.Delim('[') {
		text, err := r.checkText(where, token, maxText)
		return []string{text}, err
	}
	var list []string
	err = r.elements(where, func() error {
		text, err := r.text(where, maxText)
		list = append(list, text)
		return err
	})
	return list, err
}

func (r *reader) text(where string, limit int) (string, error) {
	token, err := r.token()
	if err != nil {
		return "", err
	}
	return r.checkText(where, token, limit)
}

func (r *reader) checkText(where string, token json.Token, limit int) (string, error) {
	text, ok := token.(string)
	if !ok {
		return "", malformed("%s. expected field [%s] value to be a string or an array of strings, but found %s instead",
			r.what, where, kindOf(token))
	}
	if len(text) > limit {
		return "", invalid("[%s] has a text of more than [%d] bytes", where, limit)
	}
	return text, nil
}

func (r *reader) boolean(where string) (bool, error) {
	token, err := r.token()
	if err != nil {
		return false, err
	}
	b, ok := token.(bool)
	if !ok {
		return false, malformed("%s. expected field [%s] value to be a boolean, but found %s instead", r.what, where, kindOf(token))
	}
	return b, nil
}
