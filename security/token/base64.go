package token

import (
	"encoding/base64"
	"errors"
	"strings"
)

var errBase64 = errors.New("not canonical base64 of the standard alphabet")

// decodeBase64 accepts exactly what the encoding would have written. The
// standard decoder also skips line ends and ignores left-over bits.
func decodeBase64(encoding *base64.Encoding, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errBase64
	}
	b, err := encoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errBase64 // the decoder's own error quotes the position only, but the words are ours
	}
	return b, nil
}
