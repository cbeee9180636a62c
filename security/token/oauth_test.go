package token_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jeton/security/token"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestATokenTellsItsIDItsKindAndItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := time.UnixMilli(rapid.Int64Range(0, 1<<48-1).Draw(t, "made"))
		pair := token.NewPair(made)
		for kind, text := range map[token.OAuthKind]token.Secret{token.AccessToken: pair.Access, token.RefreshToken: pair.Refresh} {
			got, ok := token.ParseOAuth(text)
			if want := (token.OAuth{ID: pair.ID, Kind: kind, Made: made}); !ok || got != want {
				t.Fatalf("read %+v, %v; want %+v", got, ok, want)
			}
		}
	})
}

func TestTheOrderOfIDsIsThatOfAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfNDistinct(rapid.Int64Range(0, 1<<48-1), 2, 2, rapid.ID).Draw(t, "times")
		a, b := token.NewPair(time.UnixMilli(times[0])), token.NewPair(time.UnixMilli(times[1]))
		if (times[0] < times[1]) != (a.ID < b.ID) {
			t.Fatalf("%s was made at %d, %s at %d", a.ID, times[0], b.ID, times[1])
		}
	})
}

func TestAClockBeforeTheEpochMakesTokensOfTheEpoch(t *testing.T) {
	got, ok := token.ParseOAuth(token.NewPair(time.Unix(-1, 0)).Access)
	if !ok || !got.Made.Equal(time.Unix(0, 0)) {
		t.Errorf("%v, %v", got.Made, ok)
	}
}

func TestNoTwoTokensAreTheSame(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		pair := token.NewPair(noon)
		for _, text := range []string{pair.ID, pair.Access.Reveal(), pair.Refresh.Reveal(), token.HashOAuth(pair.Access)} {
			if seen[text] {
				t.Fatal("the same text twice")
			}
			seen[text] = true
		}
	}
}

// A bearer value that is read as a service account token is decided as one.
func TestNoOAuthTokenIsAServiceAccountToken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pair := token.NewPair(time.UnixMilli(rapid.Int64().Draw(t, "made")))
		for _, text := range []token.Secret{pair.Access, pair.Refresh} {
			if raw, err := base64.StdEncoding.DecodeString(text.Reveal()); err != nil || raw[0] == 0 {
				t.Fatalf("it begins with %x, %v", raw[:4], err)
			}
			if _, ok := token.ParseBearer(text.Reveal()); ok {
				t.Fatal("it is read as a service account token")
			}
		}
	})
}

func TestParseOAuthRefusesWhatIsNoToken(t *testing.T) {
	good := token.NewPair(noon).Access.Reveal()
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(i int, b byte) string {
		changed := append([]byte{}, raw...)
		changed[i] = b
		return base64.StdEncoding.EncodeToString(changed)
	}
	for name, text := range map[string]string{
		"empty":             "",
		"another version":   with(0, 2),
		"version zero":      with(0, 0),
		"no kind":           with(1, 0),
		"an unknown kind":   with(1, 3),
		"one byte less":     base64.StdEncoding.EncodeToString(raw[:len(raw)-1]),
		"one byte more":     base64.StdEncoding.EncodeToString(append(raw, 0)),
		"a line end inside": good[:20] + "\n" + good[21:],
		"a line end behind": good + "\n",
		"a blank before":    " " + good[1:],
		"another alphabet":  "-" + good[1:],
		"very long":         strings.Repeat(good, 1000),
	} {
		if got, ok := token.ParseOAuth(token.SecretFrom(text)); ok {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

func TestTheHashIsTheHexadecimalSHA256OfTheText(t *testing.T) {
	const want = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	if got := token.HashOAuth(token.SecretFrom("hello")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAPairIsNotPrinted(t *testing.T) {
	pair := token.NewPair(noon)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed := fmt.Sprintf(verb, pair)
		for _, secret := range []token.Secret{pair.Access, pair.Refresh} {
			if strings.Contains(printed, secret.Reveal()) || strings.Contains(printed, fmt.Sprintf("%x", secret.Reveal())) {
				t.Errorf("%s prints a token", verb)
			}
		}
	}
}

func FuzzParseOAuth(f *testing.F) {
	f.Add("AQEBngLmqiD1wM4A7bP0Yx0g3Y6cF3cS1uUo5Zz0oVbUO2yJm8kQn4aB")
	f.Add(token.NewPair(noon).Access.Reveal())
	f.Add(token.NewPair(noon).Refresh.Reveal())
	f.Add("AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpzdXBlcnNlY3JldA")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := token.ParseOAuth(token.SecretFrom(text))
		if !ok {
			return
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || base64.StdEncoding.EncodeToString(raw) != text {
			t.Errorf("%q is read, and is not what would have been written", text)
		}
		if want := fmt.Sprintf("%x", raw[2:18]); got.ID != want {
			t.Errorf("id %s, want %s", got.ID, want)
		}
		if _, service := token.ParseBearer(text); service {
			t.Errorf("%q is a service account token too", text)
		}
	})
}
