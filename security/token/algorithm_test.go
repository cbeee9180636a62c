package token_test

import (
	"strings"
	"testing"

	"jeton/security/token"
)

func TestEveryAlgorithmMakesHashesOfItsCost(t *testing.T) {
	for name, prefix := range map[string]string{
		"bcrypt":               "$2a$10$",
		"BCRYPT4":              "$2a$04$",
		"bcrypt5":              "$2a$05$",
		"pbkdf2":               "{PBKDF2}10000$",
		"pbkdf2_1000":          "{PBKDF2}1000$",
		"PBKDF2_STRETCH":       "{PBKDF2_STRETCH}10000$",
		"pbkdf2_stretch_1000":  "{PBKDF2_STRETCH}1000$",
		"pbkdf2_stretch_50000": "{PBKDF2_STRETCH}50000$",
	} {
		a, err := token.ParseAlgorithm(name)
		if err != nil {
			t.Fatal(err)
		}
		secret := token.NewSecret()
		h, err := a.Hash(secret)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(h.Text(), prefix) || a.String() != strings.ToLower(name) {
			t.Errorf("%s (%s) does not make %s", name, a, prefix)
		}
		again := parseHash(t, h.Text())
		if !again.Verify(secret) || again.Verify(token.NewSecret()) {
			t.Errorf("%s: its hash does not tell the secret from another", name)
		}
	}
}

func TestAnUnknownAlgorithmIsRefusedWithTheList(t *testing.T) {
	const list = "[bcrypt, bcrypt4, bcrypt5, bcrypt6, bcrypt7, bcrypt8, bcrypt9, bcrypt10, bcrypt11, bcrypt12, bcrypt13, bcrypt14, " +
		"pbkdf2, pbkdf2_1000, pbkdf2_10000, pbkdf2_50000, pbkdf2_100000, pbkdf2_500000, pbkdf2_1000000, " +
		"pbkdf2_stretch, pbkdf2_stretch_1000, pbkdf2_stretch_10000, pbkdf2_stretch_50000, pbkdf2_stretch_100000, " +
		"pbkdf2_stretch_500000, pbkdf2_stretch_1000000]"
	for _, name := range []string{"", "md5", "SSHA256", "bcrypt3", "bcrypt15", "bcrypt04", "pbkdf2_12345"} {
		_, err := token.ParseAlgorithm(name)
		if want := "Invalid algorithm: " + name + ". Valid values for password hashing are " + list; err == nil || err.Error() != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTheZeroAlgorithmMakesNoHash(t *testing.T) {
	if _, err := (token.Algorithm{}).Hash(token.NewSecret()); err == nil {
		t.Error("it made one")
	}
}
