package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const passphrase = "correct horse battery"

func sealed(t testing.TB) *Sealed {
	t.Helper()
	s, err := Seal(passphrase, "certificate", "the key")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnlyThePassphraseOpensTheSeal(t *testing.T) {
	s := sealed(t)
	if key, err := s.Open(passphrase, "certificate"); err != nil || key != "the key" {
		t.Errorf("%q, %v", key, err)
	}
	for what, try := range map[string]func() (string, error){
		"another passphrase":  func() (string, error) { return s.Open(passphrase+"s", "certificate") },
		"none":                func() (string, error) { return s.Open("", "certificate") },
		"another certificate": func() (string, error) { return s.Open(passphrase, "certificates") },
		"other parameters": func() (string, error) {
			cheaper := *s
			cheaper.Time = 1
			return cheaper.Open(passphrase, "certificate")
		},
	} {
		if _, err := try(); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestASealShowsNothing(t *testing.T) {
	s := sealed(t)
	text, err := json.Marshal(s)
	if err != nil || strings.Contains(string(text), "the key") {
		t.Errorf("%s, %v", text, err)
	}
	if shown := fmt.Sprintf("%v %+v %s %#v", s, *s, s, s); strings.Contains(shown, string(s.Text)) {
		t.Error(shown)
	}
	if again := sealed(t); string(again.Salt) == string(s.Salt) || string(again.Nonce) == string(s.Nonce) {
		t.Error("the same salt or nonce a second time")
	}
}

func TestAShortPassphraseIsRefused(t *testing.T) {
	if _, err := Seal("eleven char", "c", "k"); !errors.Is(err, ErrShortPassphrase) {
		t.Error(err)
	}
}

// A seal of somebody else's making must not cost more than it may.
func TestASealThatAsksForTooMuchIsRefusedUnopened(t *testing.T) {
	for what, change := range map[string]func(*Sealed){
		"memory": func(s *Sealed) { s.Memory = 1 << 30 }, "too little memory": func(s *Sealed) { s.Memory = 1 },
		"time": func(s *Sealed) { s.Time = 1 << 20 }, "no time": func(s *Sealed) { s.Time = 0 },
		"threads": func(s *Sealed) { s.Threads = 200 }, "no threads": func(s *Sealed) { s.Threads = 0 },
		"salt": func(s *Sealed) { s.Salt = nil }, "nonce": func(s *Sealed) { s.Nonce = s.Nonce[:12] },
		"text": func(s *Sealed) { s.Text = make([]byte, maxSealed+1) },
	} {
		s := sealed(t)
		change(s)
		if _, err := s.Open(passphrase, "certificate"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := sealed(t)
	s.KDF = "scrypt"
	if _, err := s.Open(passphrase, "certificate"); !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	text, err := json.Marshal(sealed(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"kdf":"argon2id","time":1,"memory_kib":8,"threads":1,"salt":"AAAAAAAAAAA=","cipher":"xchacha20poly1305","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","text":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		var s Sealed
		if json.Unmarshal([]byte(text), &s) != nil || s.Memory > sealMemory || s.Time > sealTime {
			return // slow, and bounded: see above
		}
		if _, err := s.Open("guess", "certificate"); !errors.Is(err, ErrPassphrase) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
			t.Fatalf("opened: %v", err)
		}
	})
}
