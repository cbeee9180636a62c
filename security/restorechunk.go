package security

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"jeton/fsm"
)

// chunkSize is how many bytes of records go into one entry: a record alone may
// have more.
const chunkSize = 256 << 10

// chunk is what goes into one entry.
type chunk struct {
	records []fsm.Restorable
	size    int
}

func (c chunk) digest() (string, error) {
	text, err := json.Marshal(c.records)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

func sizeOf(record fsm.Restorable) (int, error) {
	text, err := json.Marshal(record)
	return len(text), err
}
