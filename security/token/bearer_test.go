package token_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jeton/security/token"
)

// encode makes a bearer text of arbitrary content.
func encode(content string) string { return base64.RawStdEncoding.EncodeToString([]byte(content)) }

func TestParseBearerReadsElasticsearchsTokens(t *testing.T) {
	for text, want := range map[string]token.Bearer{
		"AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpzdXBlcnNlY3JldA": {
			Namespace: "elastic", Service: "fleet-server", Name: "token1", Secret: token.SecretFrom("supersecret"),
		},
		"AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpyNXdkYmRib1FTZTl2R09Ld2FKR0F3": {
			Namespace: "elastic", Service: "fleet-server", Name: "token1", Secret: token.SecretFrom("r5wdbdboQSe9vGOKwaJGAw"),
		},
	} {
		for _, padded := range []string{text, text + strings.Repeat("=", -len(text)&3)} {
			got, ok := token.ParseBearer(padded)
			if !ok {
				t.Fatalf("%s is not read", padded)
			}
			expectSame(t, got, want)
			if got.Encode() != text {
				t.Errorf("written again as %s, read from %s", got.Encode(), text)
			}
		}
	}
}

func TestABearerNamesItsAccountAndItself(t *testing.T) {
	b := token.Bearer{Namespace: "elastic", Service: "kibana", Name: "a"}
	if b.Account() != "elastic/kibana" || b.QualifiedName() != "elastic/kibana/a" {
		t.Errorf("got %s and %s", b.Account(), b.QualifiedName())
	}
}

func TestTheSecretMayHoldColonsAndSlashes(t *testing.T) {
	got, ok := token.ParseBearer(encode("\x00\x01\x00\x01elastic/kibana/a:b:c/d"))
	if !ok || got.Secret.Reveal() != "b:c/d" || got.Name != "a" {
		t.Errorf("got %s, %v", got.QualifiedName(), ok)
	}
}

func TestParseBearerRefusesWhatIsNoToken(t *testing.T) {
	const good = "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpzdXBlcnNlY3JldA"
	for name, text := range map[string]string{
		"bad magic":               "AQEAAWVsYXN0aWMvZmxlZXQvdG9rZW4xOnN1cGVyc2VjcmV0",
		"no colon":                "AAEAAWVsYXN0aWMvZmxlZXQvdG9rZW4xX3N1cGVyc2VjcmV0",
		"two parts":               "AAEAAWVsYXN0aWMvZmxlZXRfdG9rZW4xOnN1cGVyc2VjcmV0",
		"bad name":                "AAEAAWVsYXN0aWMvZmxlZXQvdG9rZW4hOnN1cGVyc2VjcmV0",
		"empty":                   "",
		"magic alone":             encode("\x00\x01\x00\x01"),
		"four parts":              encode("\x00\x01\x00\x01elastic/a/b/c:supersecret"),
		"empty namespace":         encode("\x00\x01\x00\x01/kibana/a:supersecret"),
		"empty service":           encode("\x00\x01\x00\x01elastic//a:supersecret"),
		"empty name":              encode("\x00\x01\x00\x01elastic/kibana/:supersecret"),
		"not UTF-8":               encode("\x00\x01\x00\x01elastic/kibana/a:\xff\xfesupersecret"),
		"URL-safe alphabet":       base64.RawURLEncoding.EncodeToString([]byte("\x00\x01\x00\x01elastic/kibana/a:~~~???>>>")),
		"a line end inside":       good[:20] + "\n" + good[20:],
		"a line end behind":       good + "\r\n",
		"a blank before":          " " + good,
		"a blank behind":          good + " ",
		"too much padding":        good + "===",
		"too little padding":      good + "=",
		"left-over bits":          good[:len(good)-1] + "B",
		"padding alone":           "==",
		"longer than any allowed": encode("\x00\x01\x00\x01elastic/kibana/a:" + strings.Repeat("x", token.MaxBearerLength)),
	} {
		if b, ok := token.ParseBearer(text); ok {
			t.Errorf("%s: read as a token %s", name, b.QualifiedName())
		}
	}
}

func TestParseBearerReadsWhatEncodeWrote(t *testing.T) {
	part := rapid.StringMatching(`[^/:]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		want := token.Bearer{
			Namespace: part.Draw(t, "namespace"),
			Service:   part.Draw(t, "service"),
			Name:      rapid.StringMatching(`[a-zA-Z0-9-][a-zA-Z0-9_-]{0,255}`).Draw(t, "name"),
			Secret:    token.SecretFrom(rapid.StringN(0, 64, -1).Draw(t, "secret")),
		}
		got, ok := token.ParseBearer(want.Encode())
		if !ok {
			t.Fatalf("not read: %s", want.Encode())
		}
		expectSame(t, got, want)
	})
}

func FuzzParseBearer(f *testing.F) {
	f.Add("AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpzdXBlcnNlY3JldA")
	f.Add("AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTpzdXBlcnNlY3JldA==")
	f.Add("AAEAAWVsYXN0aWMvZmxlZXRfdG9rZW4xOnN1cGVyc2VjcmV0")
	f.Fuzz(func(t *testing.T, text string) {
		b, ok := token.ParseBearer(text)
		if !ok {
			return
		}
		if want := strings.TrimRight(text, "="); b.Encode() != want {
			t.Errorf("%q is read, but its canonical text is %q", text, b.Encode())
		}
	})
}

func expectSame(t interface{ Errorf(string, ...any) }, got, want token.Bearer) {
	if got.QualifiedName() != want.QualifiedName() || got.Secret.Reveal() != want.Secret.Reveal() {
		t.Errorf("got %q with secret %q, want %q with secret %q",
			got.QualifiedName(), got.Secret.Reveal(), want.QualifiedName(), want.Secret.Reveal())
	}
}
