package backup

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// Sealed is a text that only a passphrase opens. How the key is made from the
// passphrase is part of it, so that later releases may ask for more work.
type Sealed struct {
	KDF     string `json:"kdf"` // argon2id
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory_kib"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Cipher  string `json:"cipher"` // xchacha20poly1305
	Nonce   []byte `json:"nonce"`
	Text    []byte `json:"text"`
}

// Format implements fmt.Formatter for every verb.
func (Sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sealed key") }

// LogValue implements slog.LogValuer.
func (Sealed) LogValue() slog.Value { return slog.StringValue("sealed key") }

const (
	kdfName    = "argon2id"
	cipherName = "xchacha20poly1305"

	// What a new seal costs whoever tries a passphrase: about a tenth of a second
	// and 64 MiB. It is what RFC 9106 recommends where memory is dear.
	sealTime, sealMemory, sealThreads = 3, 64 << 10, 4
	// What a seal of somebody else's making may cost us.
	maxTime, maxMemory, maxThreads = 16, 256 << 10, 16
	saltSize                       = 16
	maxSealed                      = 64 << 10

	// MinPassphrase is in bytes: whoever has the file may try as many as they like.
	MinPassphrase = 12
)

// Sentinels of sealing.
var (
	// ErrPassphrase: another passphrase sealed the key, or the record was changed.
	ErrPassphrase = errors.New("the passphrase is not the one that sealed the CA's key in this backup; nothing was changed")
	// ErrShortPassphrase: too easily guessed.
	ErrShortPassphrase = fmt.Errorf("the passphrase must have %d bytes or more", MinPassphrase)
)

// Seal seals the key that belongs to the certificate.
func Seal(passphrase, certificate, key string) (*Sealed, error) {
	if len(passphrase) < MinPassphrase {
		return nil, ErrShortPassphrase
	}
	s := &Sealed{KDF: kdfName, Time: sealTime, Memory: sealMemory, Threads: sealThreads, Cipher: cipherName}
	s.Salt, s.Nonce = random(saltSize), random(chacha20poly1305.NonceSizeX)
	aead, err := chacha20poly1305.NewX(s.key(passphrase))
	if err != nil {
		return nil, err
	}
	s.Text = aead.Seal(nil, s.Nonce, []byte(key), s.bound(certificate))
	return s, nil
}

// Open returns the key of the certificate. Errors: ErrPassphrase, ErrDamaged,
// ErrVersion.
func (s *Sealed) Open(passphrase, certificate string) (key string, err error) {
	if err := s.check(); err != nil {
		return "", err
	}
	aead, err := chacha20poly1305.NewX(s.key(passphrase))
	if err != nil {
		return "", err
	}
	text, err := aead.Open(nil, s.Nonce, s.Text, s.bound(certificate))
	if err != nil {
		return "", ErrPassphrase
	}
	return string(text), nil
}

// check comes before any work is done for a seal of unknown making.
func (s *Sealed) check() error {
	switch {
	case s.KDF != kdfName || s.Cipher != cipherName:
		return fmt.Errorf("%w: its key is sealed by %q and %q", ErrVersion, s.KDF, s.Cipher)
	case s.Time < 1 || s.Time > maxTime || s.Threads < 1 || s.Threads > maxThreads,
		s.Memory < 8*uint32(s.Threads) || s.Memory > maxMemory:
		return damaged("its seal asks for more work than any seal should")
	case len(s.Salt) < 8 || len(s.Salt) > 64 || len(s.Nonce) != chacha20poly1305.NonceSizeX || len(s.Text) > maxSealed:
		return damaged("its seal has parts of a wrong size")
	}
	return nil
}

func (s *Sealed) key(passphrase string) []byte {
	return argon2.IDKey([]byte(passphrase), s.Salt, s.Time, s.Memory, s.Threads, chacha20poly1305.KeySize)
}

// bound ties the seal to its certificate and to its own parameters.
func (s *Sealed) bound(certificate string) []byte {
	head := *s
	head.Text = nil
	data, err := json.Marshal(struct {
		Certificate string `json:"certificate"`
		Seal        Sealed `json:"seal"`
	}{certificate, head})
	if err != nil {
		panic(err) // numbers, texts and bytes
	}
	return data
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
