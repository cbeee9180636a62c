package httpapi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"jeton/security"
)

const createToken1 = "POST /_security/service/elastic/fleet-server/credential/token/token1 HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\nAuthorization: " + asElastic + "\r\n"

func TestAChunkedBodyOfNoBytesIsNoBody(t *testing.T) {
	a := send(t, serve(t, Config{Security: &domain{}}), "POST", createToken1+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestAChunkedBodyIsRefusedWhereNoneIsAllowed(t *testing.T) {
	const leave = "POST /_jeton/nodes/_local/_leave HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\nAuthorization: " + asElastic + "\r\n"
	a := send(t, serve(t, Config{Security: &domain{}}), "POST",
		leave+"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, "does not support having a body") {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestABodyLongerThanTheLimitIs413(t *testing.T) {
	address := serve(t, Config{Security: &domain{}, MaxContentLength: 16})
	const want = `{"error":{"root_cause":[{"type":"content_too_long_exception","reason":"the request's body is longer than the [16] bytes that http.max_content_length allows"}],` +
		`"type":"content_too_long_exception","reason":"the request's body is longer than the [16] bytes that http.max_content_length allows"},"status":413}`
	seventeen := strings.Repeat(" ", 17)
	for name, body := range map[string]string{
		"by its length": "Content-Length: 17\r\n\r\n" + seventeen,
		"by its chunks": "Transfer-Encoding: chunked\r\n\r\n11\r\n" + seventeen + "\r\n0\r\n\r\n",
		"as it says":    "Content-Length: 9000000000000000000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			a := send(t, address, "POST", createToken1+"Content-Type: application/json\r\n"+body)
			if a.status != http.StatusRequestEntityTooLarge || a.body != want {
				t.Fatalf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestABodyThatDoesNotArriveIs408(t *testing.T) {
	address := serve(t, Config{Security: &domain{}, RequestTimeout: MinTimeout})
	a := send(t, address, "POST", createToken1+"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
	if a.status != http.StatusRequestTimeout {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestABodyThatEndsEarlyIs400(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	a := send(t, address, "POST", createToken1+"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n")
	if a.status != http.StatusBadRequest || a.body != `{"error":"the request's body could not be read to its end","status":400}` {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestALineThatIsTooLongIs400(t *testing.T) {
	a := exchange(t, serve(t, Config{Security: &domain{}}), "GET /?filter_path="+strings.Repeat("a", maxURI))
	if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"reason":"An HTTP line is larger than 4096 bytes."`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestAConnectionSurvivesAPanic(t *testing.T) {
	conn, err := net.Dial("tcp", serve(t, Config{Security: &domain{}}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for name, status := range map[string]int{"panic": http.StatusInternalServerError, "token1": http.StatusOK} {
		request := strings.Replace(strings.Replace(createToken1, "Connection: close\r\n", "", 1), "token1", name, 1)
		if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
			t.Fatal(err)
		}
		if a := receive(t, r, "POST"); a.status != status {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestHeadersAreSpeltAsElasticsearchSpellsThem(t *testing.T) {
	conn, err := net.Dial("tcp", serve(t, Config{Security: &domain{}}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: jeton\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\r\nX-elastic-product: Elasticsearch\r\n", "\r\nWWW-Authenticate: ApiKey\r\n"} {
		if !strings.Contains(string(raw), line) {
			t.Errorf("no line %q in\n%s", line, raw)
		}
	}
}

func TestPrettyEndsWithANewlineAndPlainDoesNot(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	for uri, want := range map[string]string{
		"/?filter_path=name":        `{"name":"node0"}`,
		"/?filter_path=name&pretty": "{\n  \"name\" : \"node0\"\n}\n",
	} {
		if a := exchange(t, address, "GET "+uri); a.body != want {
			t.Errorf("%s: %q", uri, a.body)
		}
	}
}

func TestEveryClosedRouteIs401ToStrangers(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	for _, rt := range routes {
		if rt.open {
			continue
		}
		a := exchange(t, address, rt.method+" "+rt.path+"\nAuthorization: none")
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s %s: %d", rt.method, rt.path, a.status)
		}
	}
}

func TestEveryRouteRefusesUnknownParametersAndUnwantedBodies(t *testing.T) {
	address := serve(t, Config{Security: &domain{}})
	for _, rt := range routes {
		if a := exchange(t, address, rt.method+" "+rt.path+"?nonsense"); a.status != http.StatusBadRequest {
			t.Errorf("%s %s with an unknown parameter: %d", rt.method, rt.path, a.status)
		}
		if rt.body != noBody {
			continue
		}
		a := exchange(t, address, rt.method+" "+rt.path+"\nContent-Type: application/json\n\n{}")
		if a.status != http.StatusBadRequest {
			t.Errorf("%s %s with a body: %d", rt.method, rt.path, a.status)
		}
	}
}

func TestEveryRouteThatChangesSomethingTellsHowToFindOut(t *testing.T) {
	for _, rt := range routes {
		reads := rt.method == http.MethodGet || rt.method == http.MethodHead || rt.reads
		if !reads && rt.findOut == "" {
			t.Errorf("%s %s", rt.method, rt.path)
		}
	}
}

func TestEveryErrorOfTheDomainHasARow(t *testing.T) {
	for _, err := range everyRefusal() {
		f, known := describe(&request{}, fmt.Errorf("wrapped: %w", err))
		if !known || f.status < 400 || f.kind == "" && f.whole == nil || f.reason == "" {
			t.Errorf("%v: %+v", err, f)
		}
	}
}

func TestReadyzTellsWhyNot(t *testing.T) {
	for _, c := range []struct {
		err            error
		want, inDetail string
	}{
		{fmt.Errorf("10.0.0.7: %w", security.ErrNoLeader), security.ErrNoLeader.Error(), lacks(security.RollCall{Voters: 3, Silent: []string{"node1", "node2"}})},
		{errors.New("open /var/lib/jeton: no such file"), internalError().reason, internalError().reason},
	} {
		address := serve(t, Config{Security: &domain{notReady: c.err}})
		a := exchange(t, address, "GET /readyz\nAuthorization: none")
		if a.status != http.StatusServiceUnavailable || a.body != "not ready: "+c.want+"\n" {
			t.Errorf("%d %q", a.status, a.body)
		}
		a = exchange(t, address, "GET /readyz?verbose\nAuthorization: none")
		if want := "[+]http ok\n[-]cluster failed: " + c.inDetail + "\n[+]lease ok: 4.6s left\n[+]failure_tolerance ok: 1\nreadyz check failed\n"; a.body != want {
			t.Errorf("%q", a.body)
		}
	}
}

func TestANodeThatStopsIsNotReady(t *testing.T) {
	address := serve(t, Config{Security: &domain{}, Stopping: func() bool { return true }})
	a := exchange(t, address, "GET /readyz\nAuthorization: none")
	if a.status != http.StatusServiceUnavailable || a.body != "not ready: this node is stopping\n" {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a = exchange(t, address, "GET /livez\nAuthorization: none"); a.status != http.StatusOK {
		t.Errorf("it lives still: %d %q", a.status, a.body)
	}
}

func TestAHandlerThatAbortsIsLetThrough(t *testing.T) {
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Fatalf("recovered %v", v)
		}
	}()
	New(Config{Security: aborting{}}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/readyz", nil))
}
