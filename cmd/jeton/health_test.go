package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

const greenHealth = `{"cluster_name":"jeton","status":"green","timed_out":false,"number_of_nodes":3,"failure_tolerance":1}`

func TestHealthTellsTheStatusOfTheCluster(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_cluster/health": greenHealth})
	a.run(t, "health").expect(t, exitOK, ""+
		"CLUSTER  STATUS  NODES  FAILURE TOLERANCE\n"+
		"jeton    green   3      1\n", "")
	if got := a.lastRequest(); got != "GET /_cluster/health" {
		t.Errorf("asked %s", got)
	}
	a.run(t, "health", "-o", "json").expect(t, exitOK, `{
  "cluster_name": "jeton",
  "status": "green",
  "number_of_nodes": 3,
  "failure_tolerance": 1,
  "timed_out": false
}
`, "")
	a.run(t, "health", "--wait-for-status", "red").expect(t, exitUsage, "", "must be one of green, yellow")
	jeton(t, nil, "", "health", "--url", "http://127.0.0.1:1").expect(t, exitFailed, "", "nothing listens")
}

// The node that is asked may be the one that is restarted.
func TestHealthWaitsUntilTheStatusIsReached(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	a := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.RawQuery, "timeout=") || !strings.HasSuffix(r.URL.RawQuery, "ms&wait_for_status=green") {
			t.Errorf("asked %s", r.URL.RawQuery)
		}
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusRequestTimeout)
			fmt.Fprint(w, `{"status":"yellow","timed_out":true}`)
		default:
			fmt.Fprint(w, greenHealth)
		}
	}))
	defer a.Close()
	if o := jeton(t, nil, "", "health", "--url", a.URL, "--wait-for-status", "green"); o.code != exitOK || !strings.Contains(o.stdout, "green") || asked.Load() != 3 {
		t.Errorf("%+v after %d", o, asked.Load())
	}
}

func TestHealthThatIsNotReachedInTimeIsAFailure(t *testing.T) {
	a := newAPI(t, map[string]string{"GET /_cluster/health": `408 {"cluster_name":"jeton","status":"yellow","timed_out":true,"number_of_nodes":2,"failure_tolerance":0}`})
	o := a.run(t, "health", "--wait-for-status", "green", "--timeout", "300ms")
	if o.code != exitFailed || !strings.Contains(o.stdout, "yellow") || !strings.Contains(o.stderr, "the cluster is not green after 300ms, but yellow") {
		t.Errorf("%+v", o)
	}
	jeton(t, nil, "", "health", "--url", "http://127.0.0.1:1", "--wait-for-status", "green", "--timeout", "300ms").expect(t, exitFailed, "",
		"the cluster is not green after 300ms: nothing listens")
	denied := newAPI(t, map[string]string{"GET /_cluster/health": `401 {"error":{"reason":"unable to authenticate"}}`})
	denied.run(t, "health", "--wait-for-status", "green").expect(t, exitFailed, "", "unable to authenticate")
}
