package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"jeton/security/token"
)

func TestANewSecretHas128BitsIn22Characters(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		text := token.NewSecret().Reveal()
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(raw) != 16 || len(text) != 22 {
			t.Fatalf("a secret of %d characters, %d bytes, %v", len(text), len(raw), err)
		}
		if seen[text] {
			t.Fatal("the same secret twice")
		}
		seen[text] = true
	}
}

func TestASecretBelowTenCharactersIsTooShort(t *testing.T) {
	if !(token.Secret{}).TooShort() || !token.SecretFrom("123456789").TooShort() || token.SecretFrom("1234567890").TooShort() {
		t.Error("the border is not between 9 and 10")
	}
}

// keeper has the two in the place where fmt cannot ask their methods.
type keeper struct {
	secret token.Secret
	hash   token.Hash
}

func TestSecretsAndHashesAreNeverPrinted(t *testing.T) {
	secret := token.SecretFrom("open-sesame")
	hash := token.HashFast(secret)
	forbidden := []string{"open-sesame", hash.Text(), hash.Text()[9:]}

	values := map[string]any{
		"secret":  secret,
		"hash":    hash,
		"pointer": &secret,
		"bearer":  token.Bearer{Namespace: "elastic", Service: "kibana", Name: "a", Secret: secret},
		"field":   struct{ S token.Secret }{secret},
		"keeper":  keeper{secret, hash},
		"pkeeper": &keeper{secret, hash},
		"slice":   []token.Secret{secret},
		"map":     map[string]token.Hash{"a": hash},
	}
	check := func(how, printed string) {
		t.Helper()
		for _, f := range forbidden {
			if strings.Contains(printed, f) || strings.Contains(printed, fmt.Sprintf("%x", f)) {
				t.Errorf("%s prints %s", how, printed)
			}
		}
	}
	for name, value := range values {
		for _, verb := range "vsqxXdTpbcoOUeEfFgGtw" {
			for _, flags := range []string{"", "+", "#", "-40", "040", "+#", ".3"} {
				format := "%" + flags + string(verb)
				check(name+" with "+format, fmt.Sprintf(format, value))
			}
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		check(name+" as JSON", string(encoded))

		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", value, slog.Group("g", "v", value))
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", value, slog.Group("g", "v", value))
		check(name+" in a log", log.String())
	}
}

func TestARedactedValueSaysSo(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", token.SecretFrom("open-sesame"))
	encoded, _ := json.Marshal(map[string]token.Secret{"s": {}})
	for _, got := range []string{
		fmt.Sprint(token.Secret{}), fmt.Sprintf("%s", token.Hash{}), log.String(), string(encoded),
	} {
		if !strings.Contains(got, "[redacted]") {
			t.Errorf("got %s", got)
		}
	}
}
