package token_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/token"
)

func sealed(t interface{ Fatal(...any) }, old token.Secret, successor token.Pair) string {
	text, err := token.Seal(old, successor)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhoHoldsTheOldTokenOpensItsSuccessor(t *testing.T) {
	old, successor := token.NewPair(noon), token.NewPair(noon)
	got, err := token.Open(old.Refresh, sealed(t, old.Refresh, successor))
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != successor.ID || got.Access.Reveal() != successor.Access.Reveal() || got.Refresh.Reveal() != successor.Refresh.Reveal() {
		t.Error("another pair came out")
	}
}

func TestNobodyElseOpensIt(t *testing.T) {
	old, successor := token.NewPair(noon), token.NewPair(noon)
	text := sealed(t, old.Refresh, successor)
	for name, key := range map[string]token.Secret{
		"the access token of the pair": old.Access,
		"another refresh token":        token.NewPair(noon).Refresh,
		"the successor itself":         successor.Refresh,
		"no token":                     token.SecretFrom("open sesame"),
		"nothing":                      {},
	} {
		if _, err := token.Open(key, text); !errors.Is(err, token.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASealedPairShowsNothingAndIsNeverTheSame(t *testing.T) {
	old, successor := token.NewPair(noon), token.NewPair(noon)
	first, second := sealed(t, old.Refresh, successor), sealed(t, old.Refresh, successor)
	if first == second {
		t.Error("a nonce came twice")
	}
	raw, err := base64.StdEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []token.Secret{successor.Access, successor.Refresh, old.Refresh} {
		if strings.Contains(string(raw), secret.Reveal()) || strings.Contains(first, secret.Reveal()) {
			t.Error("a token stands in it")
		}
	}
}

func TestAChangedSealIsNotOpened(t *testing.T) {
	old := token.NewPair(noon)
	raw, err := base64.StdEncoding.DecodeString(sealed(t, old.Refresh, token.NewPair(noon)))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		changed := append([]byte{}, raw...)
		changed[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= rapid.ByteRange(1, 255).Draw(t, "bits")
		if _, err := token.Open(old.Refresh, base64.StdEncoding.EncodeToString(changed)); !errors.Is(err, token.ErrSealed) {
			t.Fatalf("%v", err)
		}
	})
}

func TestOnlyATokenSeals(t *testing.T) {
	if text, err := token.Seal(token.SecretFrom("open sesame"), token.NewPair(noon)); text != "" || !errors.Is(err, token.ErrSealed) {
		t.Errorf("%q, %v", text, err)
	}
}

func FuzzOpen(f *testing.F) {
	old := token.NewPair(noon)
	f.Add("")
	f.Add("AAAA")
	f.Add(sealed(f, token.NewPair(noon).Refresh, token.NewPair(noon)))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := token.Open(old.Refresh, text); !errors.Is(err, token.ErrSealed) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
