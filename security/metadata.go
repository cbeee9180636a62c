package security

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// compactMetadata returns an object without blanks, nil for none, or the reason
// for a refusal.
func compactMetadata(text json.RawMessage) (metadata json.RawMessage, reason string) {
	if len(text) == 0 {
		return nil, ""
	}
	var fields map[string]json.RawMessage
	var b bytes.Buffer
	if !utf8.Valid(text) || json.Unmarshal(text, &fields) != nil || fields == nil || json.Compact(&b, text) != nil {
		return nil, "metadata must be an object"
	}
	for key := range fields {
		if strings.HasPrefix(key, "_") {
			return nil, "metadata keys may not start with [_]"
		}
	}
	return b.Bytes(), ""
}
