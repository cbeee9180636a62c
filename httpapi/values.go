package httpapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// maxDepth bounds the nesting of a body.
const maxDepth = 50

// tooDeep reports whether JSON is nested deeper than maxDepth.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// notNull is the target of a field that may be left out and must not be null.
type notNull struct{ into any }

// UnmarshalJSON implements json.Unmarshaler.
func (v *notNull) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return &json.UnmarshalTypeError{Value: "null"}
	}
	return json.Unmarshal(data, v.into)
}

// texts is the target of a list of texts, which may be sent as one text. None
// of them may be null.
type texts struct {
	into   *[]string
	commas bool // one text is a list divided by commas
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *texts) UnmarshalJSON(data []byte) error {
	*v.into = []string{}
	if data[0] == '"' {
		var text string
		err := json.Unmarshal(data, &text)
		switch {
		case err != nil || text == "" && v.commas:
		case v.commas:
			*v.into = strings.Split(text, ",")
		default:
			*v.into = []string{text}
		}
		return err
	}
	var list []*string
	err := (&notNull{&list}).UnmarshalJSON(data)
	if err == nil && slices.Contains(list, nil) {
		err = &json.UnmarshalTypeError{Value: "null"}
	}
	for _, text := range list {
		if text != nil {
			*v.into = append(*v.into, *text)
		}
	}
	return err
}

// anyObject reads an object of any content as it stands. Where a key repeats,
// it could be read in two ways.
func (p *parser) anyObject(into *json.RawMessage) reader {
	return func() error {
		start := p.d.InputOffset()
		err := p.object(p.anyField)
		*into = bytes.TrimLeft(p.body[start:p.d.InputOffset()], ": \t\r\n")
		return err
	}
}

func (p *parser) anyField(string) any { return reader(p.anyValue) }

func (p *parser) anyValue() error {
	token, err := p.d.Token()
	switch {
	case err != nil:
		return p.malformed()
	case token == json.Delim('{'):
		return p.members(p.anyField)
	case token != json.Delim('['):
		return nil
	}
	for p.d.More() {
		if err := p.anyValue(); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return p.malformed()
	}
	return nil
}

// objectOf is an object that was read before, as Go has it. Numbers stay as
// they were written.
func objectOf(raw json.RawMessage) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	err := d.Decode(&object)
	return object, err
}
