package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadyIsTheAnswerOfReadyz(t *testing.T) {
	good := newAPI(t, map[string]string{"GET /readyz": "200 ok"})
	jeton(t, []string{"JETON_PASSWORD=p"}, "", "ready", "--url", good.URL).expect(t, exitOK, "", "")
	if got := good.header.Get("Authorization"); got != "" {
		t.Errorf("credentials were sent: %s", got)
	}
	bad := newAPI(t, map[string]string{"GET /readyz": `503 {"error":{"reason":"no leader"}}`})
	jeton(t, []string{"JETON_URL=" + bad.URL}, "", "ready").expect(t, exitFailed, "", "jeton: the node at "+bad.URL+" is not ready: no leader (HTTP 503)")
	jeton(t, nil, "", "ready", "--url", "http://127.0.0.1:1").expect(t, exitFailed, "", "nothing listens")
}

func TestReadyDoesNotWaitForLong(t *testing.T) {
	a := &api{Server: httptest.NewServer(nil)}
	defer a.Close()
	begun := time.Now()
	jeton(t, nil, "", "ready", "--url", a.URL, "--timeout", "1ns").expect(t, exitFailed, "", "did not answer in time")
	if time.Since(begun) > clientTimeout/2 {
		t.Error("the timeout was not kept")
	}
}

// The health check of an image: no flags, a node with TLS by the cluster's CA.
func TestReadyFindsTheNodeOfItsSettings(t *testing.T) {
	a := &api{}
	a.Server = httptest.NewUnstartedServer(a.handler(map[string]string{"GET /readyz": "200 ok"}))
	a.Config.ErrorLog = silent()
	a.StartTLS()
	defer a.Close()
	data := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(data, "ca.crt"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	port := a.URL[strings.LastIndex(a.URL, ":")+1:]
	env := []string{"JETON_PATH_DATA=" + data, "JETON_NETWORK_HOST=0.0.0.0", "JETON_HTTP_PORT=" + port}
	jeton(t, env, "", "ready").expect(t, exitOK, "", "")
	jeton(t, []string{"JETON_PATH_DATA=" + data}, "", "ready", "--url", a.URL).expect(t, exitOK, "", "")
	jeton(t, nil, "", "ready", "--url", a.URL).expect(t, exitFailed, "", "unknown authority")
	jeton(t, env, "", "ready", "-E", "htp.port=1").expect(t, exitFailed, "", "did you mean [http.port]?")
}

func TestReadyTellsWhichCheckFailed(t *testing.T) {
	const answer = "503 [+]http ok\n[-]cluster failed: no leader is known\n[!]lease none\nreadyz check failed\n"
	a := newAPI(t, map[string]string{"GET /readyz": answer})
	jeton(t, nil, "", "ready", "--url", a.URL).expect(t, exitFailed, "", "jeton: the node at "+a.URL+" is not ready: cluster failed: no leader is known (HTTP 503)")
}

// A container's health check names the file that the node makes when it has joined.
func TestReadySaysThatANodeHasNotJoinedYet(t *testing.T) {
	data := t.TempDir()
	absent := filepath.Join(data, "ca.crt")
	jeton(t, []string{"JETON_CACERT=" + absent}, "", "ready", "--url", "https://127.0.0.1:1").expect(t, exitFailed, "",
		"jeton: the node has not joined a cluster yet: it has no CA, "+absent+" is not there")
	a := &api{}
	a.Server = httptest.NewUnstartedServer(a.handler(map[string]string{"GET /readyz": "200 ok"}))
	a.Config.ErrorLog = silent()
	a.StartTLS()
	defer a.Close()
	jeton(t, []string{"JETON_PATH_DATA=" + data}, "", "ready", "--url", a.URL).expect(t, exitFailed, "", "has not joined a cluster yet")
}
