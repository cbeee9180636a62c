package token

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// hidden holds a text that nothing prints: not fmt, slog, JSON or any other
// user of encoding.TextMarshaler.
//
// The pointer matters. For an unexported field, and for a verb that does not
// fit, fmt reads a struct by reflection and does not ask its methods; it then
// finds an address.
type hidden struct {
	_    [0]func() // no ==: it would compare addresses
	text *string
}

func hide(text string) hidden { return hidden{text: &text} }

func (h hidden) reveal() string {
	if h.text == nil {
		return ""
	}
	return *h.text
}

// Format writes "[redacted]" for every verb.
func (hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String is "[redacted]".
func (hidden) String() string { return redacted }

// LogValue is "[redacted]".
func (hidden) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is "[redacted]"; encoding/json uses it too.
func (hidden) MarshalText() ([]byte, error) { return []byte(redacted), nil }
