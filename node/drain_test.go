package node

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A client whose connection is kept alive is told that the node stops with its
// next answer, and never finds the connection closed under a request.
func TestAStoppingNodeTellsItsClients(t *testing.T) {
	var d drain
	server := httptest.NewUnstartedServer(d.last(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "answer")
	})))
	server.Config.ConnState = d.track
	server.Start()
	defer server.Close()
	ask := func() (last bool) {
		t.Helper()
		res, err := server.Client().Post(server.URL, "", nil) // which is not sent again by itself
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "answer" {
			t.Errorf("answered %q, %v", body, err)
		}
		return res.Close
	}
	if ask() {
		t.Error("the connection is not kept alive while the node runs")
	}
	d.stopping.Store(true)
	waited := make(chan struct{})
	go func() {
		d.wait(t.Context())
		close(waited)
	}()
	if !ask() {
		t.Error("the client is not told that this was the connection's last answer")
	}
	<-waited
}
