package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The files testdata/*.golden hold requests and answers as they are on the wire:
//
//	=== name of the case
//	METHOD /uri
//	Header: value
//
//	body
//	--- 200
//	Header: value
//
//	body
//
// elastic asks unless there is an Authorization ("none" for no header at all).
// A request's Host, Content-Length and Connection are added. An answer may have
// more headers than are listed; "Header: none" says that one is absent.
func TestGoldenRequestsAndAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	address := serveTelling(t, Config{TokenService: true})
	for _, file := range files {
		for _, c := range readGolden(t, file) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".golden")+"/"+c.name, func(t *testing.T) {
				c.check(t, exchange(t, address, c.request))
			})
		}
	}
}

type golden struct {
	name    string
	request string
	status  string
	headers []string
	body    string
}

func readGolden(t *testing.T, file string) []golden {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	for _, block := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		request, answer, ok := strings.Cut(rest, "\n--- ")
		if !ok {
			t.Fatalf("%s: case %q has no answer", file, name)
		}
		head, body, _ := strings.Cut(answer, "\n\n")
		lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
		cases = append(cases, golden{
			name: name, request: request, status: lines[0], headers: lines[1:], body: strings.TrimRight(body, "\n"),
		})
	}
	return cases
}

func (c golden) check(t *testing.T, a answered) {
	t.Helper()
	if got := fmt.Sprint(a.status); got != c.status {
		t.Errorf("status %s, want %s", got, c.status)
	}
	for _, line := range c.headers {
		name, want, _ := strings.Cut(line, ": ")
		if got := strings.Join(a.header.Values(name), " | "); got != want && (want != "none" || got != "") {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := strings.TrimRight(a.body, "\n"); got != c.body {
		t.Errorf("body\n%s\nwant\n%s", got, c.body)
	}
}

// answered is a whole answer.
type answered struct {
	status int
	header http.Header
	body   string
}

// serve starts the wire on a real port and returns its address.
func serve(t *testing.T, cfg Config) string {
	t.Helper()
	server := httptest.NewServer(New(cfg))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// exchange sends a request as a golden file has it over a connection of its own.
func exchange(t *testing.T, address, request string) answered {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	return send(t, address, method, wire(request))
}

// wire completes a request of a golden file to what HTTP/1.1 asks for.
func wire(request string) string {
	head, body, _ := strings.Cut(request, "\n\n")
	lines := strings.Split(head, "\n")
	lines[0] += " HTTP/1.1"
	switch {
	case !strings.Contains(head, "\nAuthorization: "):
		lines = append(lines, "Authorization: "+asElastic)
	case strings.Contains(head, "\nAuthorization: none"):
		lines = strings.Split(strings.Replace(strings.Join(lines, "\n"), "\nAuthorization: none", "", 1), "\n")
	}
	lines = append(lines, "Host: jeton", "Connection: close")
	if body != "" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// send writes bytes and reads one answer.
func send(t *testing.T, address, method, raw string) answered {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return receive(t, bufio.NewReader(conn), method)
}

func receive(t *testing.T, r *bufio.Reader, method string) answered {
	t.Helper()
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{status: resp.StatusCode, header: resp.Header, body: string(body)}
}
