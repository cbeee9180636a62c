package httpapi

import (
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"jeton/security"
)

func TestANodeThatStopsWaitsForNoHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		const stopsAfter = time.Second
		red := &domain{healths: []security.Health{{Status: "red", NumberOfNodes: 1}}}
		h := New(Config{Security: red, Stopping: func() bool { return time.Since(start) >= stopsAfter }})
		a := httptest.NewRecorder()
		request := httptest.NewRequest("GET", "/_cluster/health?wait_for_status=green&timeout=20s", nil)
		request.Header.Set("Authorization", asElastic)
		h.ServeHTTP(a, request)
		if took := time.Since(start); a.Code != 408 || took != stopsAfter {
			t.Errorf("%d after %s: %s", a.Code, took, a.Body)
		}
	})
}
