package cluster

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// goldenToken must be read by all releases to come. (Its parts are made up.)
const goldenToken = "jeton1.eyJjYSI6IjAxMjMiLCJhZGRyIjpbIjEwLjAuMC4xOjkzMDAiLCJbOjoxXTo5MzAwIl0sImlkIjoiYWJjIiwic2VjcmV0IjoiaHVudGVyMiJ9"

var golden = JoinToken{CA: "0123", Addresses: []string{"10.0.0.1:9300", "[::1]:9300"}, ID: "abc", Secret: "hunter2"}

func TestAJoinTokenHasItsFormForEver(t *testing.T) {
	if got := golden.Encode(); got != goldenToken {
		t.Errorf("encoded as\n%s, want\n%s", got, goldenToken)
	}
	got, err := ParseJoinToken(goldenToken)
	if err != nil || !reflect.DeepEqual(got, golden) {
		t.Errorf("read as %#v, %v", got.ID, err)
	}
}

func TestAJoinTokenSurvivesCopyAndPaste(t *testing.T) {
	for _, s := range []string{goldenToken + "\n", "  " + goldenToken + "\r\n", "\t" + goldenToken + " ", goldenToken[:40] + "\n" + goldenToken[40:]} {
		if _, err := ParseJoinToken(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestWhatIsNoJoinTokenIsRefusedWithAHint(t *testing.T) {
	pack := func(s string) string { return joinTokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for about, s := range map[string]string{
		"nothing":             "",
		"another text":        "hello",
		"another version":     "jeton2." + strings.TrimPrefix(goldenToken, joinTokenPrefix),
		"the prefix alone":    joinTokenPrefix,
		"half of it":          goldenToken[:len(goldenToken)/2],
		"padding":             goldenToken + "==",
		"no JSON":             pack("hello"),
		"a list":              pack("[]"),
		"nothing in it":       pack("{}"),
		"no secret":           pack(`{"ca":"0","addr":["a:1"],"id":"i"}`),
		"no fingerprint":      pack(`{"addr":["a:1"],"id":"i","secret":"hunter2"}`),
		"no address":          pack(`{"ca":"0","addr":[],"id":"i","secret":"hunter2"}`),
		"no id":               pack(`{"ca":"0","addr":["a:1"],"secret":"hunter2"}`),
		"wrong types":         pack(`{"ca":1,"addr":"a:1","id":"i","secret":"hunter2"}`),
		"more than one value": pack(`{"ca":"0","addr":["a:1"],"id":"i","secret":"hunter2"}{}`),
		"far too long":        pack(`{"ca":"0","addr":["` + strings.Repeat("a", 64<<10) + `"],"id":"i","secret":"hunter2"}`),
	} {
		t.Run(about, func(t *testing.T) {
			got, err := ParseJoinToken(s)
			wantError(t, err, "join token", "jeton node join-token")
			if !reflect.DeepEqual(got, JoinToken{}) {
				t.Error("an error and a token")
			}
			if strings.Contains(err.Error(), "hunter2") || s != "" && len(s) > 20 && strings.Contains(err.Error(), s) {
				t.Errorf("the error gives the token away: %v", err)
			}
		})
	}
}

func TestAnyJoinTokenIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 40, -1)
		want := JoinToken{
			CA:        text.Draw(t, "ca"),
			Addresses: rapid.SliceOfN(text, 1, 9).Draw(t, "addresses"),
			ID:        text.Draw(t, "id"),
			Secret:    text.Draw(t, "secret"),
		}
		encoded := want.Encode()
		if strings.ContainsAny(encoded, " \n\"'$\\") || !strings.HasPrefix(encoded, joinTokenPrefix) {
			t.Fatalf("not one word: %q", encoded)
		}
		got, err := ParseJoinToken(encoded)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, %v", got, err)
		}
	})
}

func FuzzParseJoinToken(f *testing.F) {
	f.Add(goldenToken)
	f.Add(goldenToken[:50])
	f.Add(joinTokenPrefix + "e30")
	f.Add("jeton2.e30")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := ParseJoinToken(s)
		if err != nil {
			return
		}
		if token.CA == "" || token.ID == "" || token.Secret == "" || len(token.Addresses) == 0 {
			t.Fatalf("incomplete: %v", token)
		}
		again, err := ParseJoinToken(token.Encode())
		if err != nil || !reflect.DeepEqual(again, token) {
			t.Fatalf("read, written and read again: %v", err)
		}
	})
}

// TestSecretsAreNotPrinted covers all that a careless line of code may do.
func TestSecretsAreNotPrinted(t *testing.T) {
	for _, secretive := range []any{
		golden, &golden,
		JoinRequest{TokenID: "abc", Secret: "hunter2"}, &JoinRequest{TokenID: "abc", Secret: "hunter2"},
		CA{Certificate: []byte("public"), Key: []byte("hunter2")}, &CA{Certificate: []byte("public"), Key: []byte("hunter2")},
	} {
		var logged strings.Builder
		for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
			slog.New(handler).Info("about", "value", secretive)
		}
		printed := logged.String()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			printed += fmt.Sprintf(verb, secretive) + "\n"
		}
		for _, secret := range []string{"hunter2", fmt.Sprint([]byte("hunter2")), fmt.Sprintf("%x", "hunter2"), "aHVudGVyMg"} {
			if strings.Contains(printed, secret) {
				t.Errorf("%T: the secret shows in\n%s", secretive, printed)
				break
			}
		}
	}
}
