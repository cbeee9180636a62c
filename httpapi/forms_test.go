package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAcceptIsReadLeniently(t *testing.T) {
	for header, want := range map[string]media{
		"":                                 {text: true},
		"*/*":                              {text: true},
		"text/html,application/xhtml+xml":  {text: true},
		"application/json":                 {},
		"Application/JSON ; charset=utf-8": {},
		"text/plain, application/json":     {text: true},
		"application/json, text/plain":     {},
		"application/vnd.elasticsearch+json;compatible-with=9":                   {version: "9"},
		"application/vnd.elasticsearch+json; compatible-with = 8":                {version: "8"},
		`application/vnd.elasticsearch+json;charset=utf-8;compatible-with="7"`:   {version: "7"},
		"application/vnd.elasticsearch+json;;COMPATIBLE-WITH=8":                  {version: "8"},
		"application/vnd.elasticsearch+json":                                     {version: "9"},
		"text/plain,application/vnd.elasticsearch+json;compatible-with=8":        {version: "8", text: true},
		"application/yaml, application/vnd.elasticsearch+json;compatible-with=8": {version: "8"},
		"application/vnd.elasticsearch+cbor;compatible-with=8":                   {text: true},
	} {
		got, err := parseAccept(header)
		want.header = header
		if err != nil || got != want {
			t.Errorf("%q: %+v %v, want %+v", header, got, err, want)
		}
	}
}

func FuzzAccept(f *testing.F) {
	f.Add("application/vnd.elasticsearch+json; compatible-with=9,text/plain", "application/json")
	f.Add(";=,;,,", "\"")
	f.Fuzz(func(t *testing.T, accept, contentType string) {
		m, err := parseAccept(accept)
		if m.version != "" && !slices.Contains(versions, m.version) {
			t.Fatalf("%q is spoken", m.version)
		}
		if err == nil && m.checkContentType(contentType) == nil && !strings.Contains(strings.ToLower(contentType), "json") {
			t.Fatalf("a body of %q is taken", contentType)
		}
	})
}

func TestBodiesAreReadStrictly(t *testing.T) {
	for body, want := range map[string]string{
		`{"s":"x","n":2}`:      "",
		"{}\n":                 "",
		`{"s":null}`:           "",
		``:                     "[1:1] [p] the body is not well-formed JSON",
		`x`:                    "[1:1] [p] the body is not well-formed JSON",
		`[]`:                   "[1:2] [p] an object is expected",
		`"s"`:                  "[1:4] [p] an object is expected",
		`{"s":"x"`:             "[1:9] [p] the body is not well-formed JSON",
		`{"s":}`:               "[1:6] [p] the body is not well-formed JSON",
		`{"s":"x",}`:           "[1:10] [p] the body is not well-formed JSON",
		`{"s":"x"}{}`:          "[1:11] [p] nothing may follow the object",
		"{\n\"s\":\"x\"\n}\n1": "[4:2] [p] nothing may follow the object",
		`{"s":"x","s":"y"}`:    "[1:13] [p] Duplicate field 's'",
		`{"S":"x"}`:            "[1:5] [p] unknown field [S]",
		`{"s":1}`:              "[1:7] [p] failed to parse field [s]: its value is of the wrong type",
		`{"n":{"deep":[1]}}`:   "[1:18] [p] failed to parse field [n]: its value is of the wrong type",
	} {
		var s string
		var n int
		err := decodeObject("p", []byte(body), map[string]any{"s": &s, "n": &n})
		if got := errorText(err); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Every body is either understood or refused with a 400.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"s":"x","n":1,"m":{"a":[1]}}`))
	f.Add([]byte("{\"s\":\n\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s string
		var n int
		var m map[string]any
		err := decodeObject("p", body, map[string]any{"s": &s, "n": &n, "m": &m})
		if err == nil {
			if !json.Valid(body) {
				t.Fatalf("taken: %q", body)
			}
			return
		}
		if refused, ok := errors.AsType[*fault](err); !ok || refused.status != http.StatusBadRequest {
			t.Fatalf("%T %v", err, err)
		}
	})
}

// Laying a document out changes nothing but spaces.
func FuzzPrettyPrint(f *testing.F) {
	f.Add(`{"a":[1,{"b":"\"{}[],:\\"}],"c":{},"d":[]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		var compact, back bytes.Buffer
		if json.Compact(&compact, []byte(doc)) != nil {
			t.Skip()
		}
		if err := json.Compact(&back, prettyPrint(compact.Bytes())); err != nil || back.String() != compact.String() {
			t.Fatalf("%s became %s (%v)", compact.String(), back.String(), err)
		}
	})
}

func TestKeysKeepTheirOrderAndCharactersStandForThemselves(t *testing.T) {
	got, err := encode(object{{"z<", "a&b"}, {"a", object{{"k", []string{"<>"}}}}})
	if want := `{"z<":"a&b","a":{"k":["<>"]}}`; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestASingleChallengeIsAString(t *testing.T) {
	f := &fault{status: 401, kind: "security_exception", reason: "token expired", challenges: []string{"Bearer"}}
	got, err := encode(f.body())
	want := `{"error":{"root_cause":[{"type":"security_exception","reason":"token expired","header":{"WWW-Authenticate":"Bearer"}}],` +
		`"type":"security_exception","reason":"token expired","header":{"WWW-Authenticate":"Bearer"}},"status":401}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestTimeValues(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "-1": -1, "1nanos": 1, "2micros": 2 * time.Microsecond, "500ms": 500 * time.Millisecond,
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "1h": time.Hour, "2d": 48 * time.Hour, "30S": 30 * time.Second,
		"1000000000d": 1<<63 - 1,
	} {
		if got, err := parseTimeValue("timeout", text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "s", "1", "1.5s", "-5s", "+5s", "1 s", "s1", "1x", "99999999999999999999s"} {
		if got, err := parseTimeValue("timeout", text); err == nil {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}
