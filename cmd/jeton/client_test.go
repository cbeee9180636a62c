package main

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// api is a server that answers what a test tells it to, and remembers what it
// was asked.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string // method, path, body
	header   http.Header
}

// newAPI answers METHOD PATH with the text behind it: JSON, behind a status and
// a blank when that is not 200.
func newAPI(t *testing.T, answers map[string]string) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(a.handler(answers))
	t.Cleanup(a.Close)
	return a
}

func (a *api) handler(answers map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1000))
		a.mu.Lock()
		a.requests = append(a.requests, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
		a.header = r.Header
		a.mu.Unlock()
		status, answer := 200, answers[r.Method+" "+r.URL.Path]
		if answer == "" {
			status, answer = 404, `{"error":"no such thing","status":404}`
		}
		if _, err := fmt.Sscanf(answer, "%d ", &status); err == nil {
			_, answer, _ = strings.Cut(answer, " ")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	})
}

// run runs a command against the server.
func (a *api) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return jeton(t, []string{"JETON_URL=" + a.URL, "JETON_USER=u", "JETON_PASSWORD=p"}, "", args...)
}

func (a *api) lastRequest() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[len(a.requests)-1]
}

func TestCredentialsComeFromFlagsThenFromTheEnvironment(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_jeton/nodes": "{}"})
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	tests := map[string]struct {
		env   []string
		flags []string
		want  string
	}{
		"nothing":                     {nil, nil, ""},
		"user of the environment":     {[]string{"JETON_USER=u", "JETON_PASSWORD=p"}, nil, basic("u:p")},
		"password alone is elastic's": {[]string{"JETON_PASSWORD=p"}, nil, basic("elastic:p")},
		"token of the environment":    {[]string{"JETON_TOKEN=abc"}, nil, "Bearer abc"},
		"password file":               {nil, []string{"--user", "u", "--password-file", file}, basic("u:from-file")},
		"password on stdin":           {nil, []string{"--user", "u", "--password-file", "-"}, basic("u:from-stdin")},
		"flag's user, environment's":  {[]string{"JETON_PASSWORD=p", "JETON_TOKEN=t"}, []string{"--user", "u"}, basic("u:p")},
		"token file hides user":       {[]string{"JETON_USER=u", "JETON_PASSWORD=p"}, []string{"--token-file", file}, "Bearer from-file"},
		"token":                       {[]string{"JETON_TOKEN=t"}, []string{"--token", "abc"}, "Bearer abc"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"node", "list", "--url", a.URL}, test.flags...)
			if o := jeton(t, test.env, "from-stdin\n", args...); o.code != exitOK {
				t.Fatalf("%+v", o)
			}
			if got := a.header.Get("Authorization"); got != test.want {
				t.Errorf("Authorization %q, want %q", got, test.want)
			}
		})
	}
}

func TestCredentialsThatCannotBeMeantAreRefused(t *testing.T) {
	tests := map[string]struct {
		env    []string
		args   []string
		code   int
		stderr string
	}{
		"token and user":        {nil, []string{"--token", "t", "--user", "u"}, exitUsage, "exclude each other"},
		"both in environment":   {[]string{"JETON_TOKEN=t", "JETON_USER=u"}, nil, exitUsage, "JETON_TOKEN and JETON_USER"},
		"no password":           {nil, []string{"--user", "u"}, exitUsage, "the password of u is missing"},
		"password in user":      {nil, []string{"--user", "u:p"}, exitUsage, "must hold no colon"},
		"password in address":   {nil, []string{"--url", "http://u:p@127.0.0.1"}, exitUsage, "must hold no password"},
		"no scheme":             {nil, []string{"--url", "127.0.0.1:9200"}, exitUsage, "http://host:port"},
		"line break in token":   {[]string{"JETON_TOKEN=a\nb"}, nil, exitUsage, "one line of base64"},
		"absent file":           {nil, []string{"--token-file", "/no/such/file"}, exitFailed, "/no/such/file"},
		"empty password":        {nil, []string{"--user", "u", "--password-file", os.DevNull}, exitFailed, "is empty"},
		"CA that is none":       {nil, []string{"--cacert", os.DevNull}, exitFailed, "holds no PEM certificate"},
		"nobody listens":        {nil, []string{"--url", "http://127.0.0.1:1"}, exitFailed, "nothing listens at http://127.0.0.1:1: start a node with 'jeton start'"},
		"endless file as token": {nil, []string{"--token-file", "/dev/zero"}, exitFailed, "is larger than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			jeton(t, test.env, "", append([]string{"node", "list"}, test.args...)...).expect(t, test.code, "", test.stderr)
		})
	}
}

func TestAServersReasonIsShownWithItsStatus(t *testing.T) {
	tests := map[string]string{
		`403 {"error":{"type":"security_exception","reason":"action [x] is unauthorized"},"status":403}`: "jeton: action [x] is unauthorized (HTTP 403)\n",
		`404 {"error":"plain text","status":404}`:                                                        "jeton: plain text (HTTP 404)\n",
		`502 <html>\x1b[31m</html>`:                                                                      "jeton: the server refused (HTTP 502)\n",
		"403 {\"error\":{\"reason\":\"a\\u001b[31mb\"}}":                                                 "jeton: a?[31mb (HTTP 403)\n",
		"400 Client sent an HTTP request to an HTTPS server.\n":                                          "jeton: the server speaks TLS: use https:// in --url (HTTP 400)\n",
		"200 <html>": "answered with something else than the expected JSON",
		"200 {" + strings.Repeat(" ", maxAnswer) + "}": "is larger than the 16777216 bytes allowed",
	}
	for answer, want := range tests {
		a := newAPI(t, map[string]string{"GET /_jeton/nodes": answer})
		a.run(t, "node", "list").expect(t, exitFailed, "", want)
	}
}

func TestMissingCredentialsAreExplained(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_jeton/nodes": `401 {"error":{"reason":"missing authentication credentials"}}`})
	o := jeton(t, nil, "", "node", "list", "--url", a.URL)
	o.expect(t, exitFailed, "", "missing authentication credentials; give --user with --password-file, or --token-file (HTTP 401)")
}

func TestCredentialsDoNotFollowARedirect(t *testing.T) {
	elsewhere := newAPI(t, map[string]string{"GET /_jeton/nodes": "{}"})
	here := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/_jeton/nodes", http.StatusTemporaryRedirect))
	defer here.Close()
	o := jeton(t, []string{"JETON_PASSWORD=p"}, "", "node", "list", "--url", here.URL)
	o.expect(t, exitFailed, "", "which is not followed: give the right address with --url (HTTP 307)")
	if len(elsewhere.requests) > 0 {
		t.Error("the other server was asked")
	}
}

func TestTheServersCertificateMustBeTrusted(t *testing.T) {
	a := &api{}
	a.Server = httptest.NewUnstartedServer(a.handler(map[string]string{"GET /_jeton/nodes": "{}"}))
	a.Config.ErrorLog = silent()
	a.StartTLS()
	defer a.Close()
	a.run(t, "node", "list").expect(t, exitFailed, "", "is signed by an unknown authority: give the cluster's CA, path.data/ca.crt of any node, with --cacert")

	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := a.run(t, "node", "list", "--cacert", ca); o.code != exitOK {
		t.Errorf("%+v", o)
	}
	plain := newAPI(t, nil)
	a.run(t, "node", "list", "--url", strings.Replace(plain.URL, "http:", "https:", 1)).expect(t, exitFailed, "", "speaks plain HTTP: use http:// in --url")
}
