package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"
)

// decodeBody reads an optional body; without one the fields stay as they are.
func (r *request) decodeBody(name string, fields map[string]any) error {
	if len(r.body) == 0 {
		return nil
	}
	return decodeObject(name, r.body, fields)
}

// decodeObject reads a body that is one JSON object into the fields' pointers.
// It is strict: unknown and repeated fields are refused, with line and column.
// name is what Elasticsearch would call the parser.
func decodeObject(name string, body []byte, fields map[string]any) error {
	return newParser(name, body).document(func(key string) any { return fields[key] })
}

// decodeText reads a JSON string; null is nil.
func decodeText(data []byte) (*string, error) {
	var text *string
	err := json.Unmarshal(data, &text)
	return text, err
}

// parser reads a body once, from its beginning to its end.
type parser struct {
	name   string
	byHand bool
	body   []byte
	d      *json.Decoder
}

func newParser(name string, body []byte) *parser {
	return &parser{name: name, byHand: slices.Contains(readByHand, name), body: body, d: json.NewDecoder(bytes.NewReader(body))}
}

// readByHand are the bodies that Elasticsearch reads without its parser of
// objects, which its refusals tell.
var readByHand = []string{userParser, passwordParser}

const (
	userParser     = "add user request"
	passwordParser = "change password request"
)

// reader reads the value of a field by itself.
type reader func() error

// document reads a body that is one object and nothing else; see object.
func (p *parser) document(target func(key string) any) error {
	if !utf8.Valid(p.body) || tooDeep(p.body) {
		return p.refuse("[%s] the body is not valid UTF-8, or nested more than [%d] deep", p.name, maxDepth)
	}
	if err := p.object(target); err != nil {
		return err
	}
	if _, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return p.refuse("[%s] nothing may follow the object", p.name)
	}
	return nil
}

// object reads an object. target tells where the value of a field goes: into a
// pointer, to a reader, or, nil, nowhere, because there is no such field.
func (p *parser) object(target func(key string) any) error {
	opening, err := p.d.Token()
	if err != nil {
		return p.malformed()
	}
	if opening != json.Delim('{') {
		return p.unfit("[%s] an object is expected", p.name)
	}
	return p.members(target)
}

func (p *parser) members(target func(key string) any) error {
	seen := map[string]bool{}
	for p.d.More() {
		token, err := p.d.Token()
		if err != nil {
			return p.malformed()
		}
		key, _ := token.(string)
		if seen[key] {
			return p.refuse("[%s] Duplicate field '%s'", p.name, key)
		}
		seen[key] = true
		if err := p.field(key, target(key)); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return p.malformed()
	}
	return nil
}

func (p *parser) field(key string, target any) error {
	switch {
	case target == nil && p.byHand:
		return unparsable("failed to parse " + p.name + ". unexpected field [" + key + "]")
	case target == nil:
		return p.refuse("[%s] unknown field [%s]", p.name, key)
	}
	if read, ok := target.(reader); ok {
		return read()
	}
	err := p.d.Decode(target)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return p.unfit("[%s] failed to parse field [%s]: its value is of the wrong type", p.name, key)
	}
	if err != nil {
		return p.malformed()
	}
	return nil
}

// unfit refuses a value that is of another type than it should be.
func (p *parser) unfit(format string, args ...any) error {
	f := p.refuse(format, args...)
	if p.byHand {
		f.kind = "parse_exception"
	}
	return f
}

func (p *parser) malformed() error { return p.refuse("[%s] the body is not well-formed JSON", p.name) }

// refuse puts the place before the text: the end of the last token that was
// read, counted from 1.
func (p *parser) refuse(format string, args ...any) *fault {
	before := p.body[:p.d.InputOffset()]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &fault{
		status: http.StatusBadRequest,
		kind:   "x_content_parse_exception",
		reason: fmt.Sprintf("[%d:%d] ", line, column) + fmt.Sprintf(format, args...),
	}
}
