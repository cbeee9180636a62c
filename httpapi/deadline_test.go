package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"jeton/security"
)

// aborting ends the connection instead of answering.
type aborting struct{ Security }

func (aborting) Ready(context.Context) error { panic(http.ErrAbortHandler) }

// patient tells how long it was given.
type patient struct {
	domain
	given time.Duration
}

func (p *patient) Authenticate(ctx context.Context, authorization, runAs string) (security.Identity, error) {
	deadline, _ := ctx.Deadline()
	p.given = time.Until(deadline)
	return p.domain.Authenticate(ctx, authorization, runAs)
}

// get asks without a network, so that the clock may be a false one.
func get(security Security, uri string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, uri, nil)
	request.Header.Set("Authorization", asElastic)
	recorder := httptest.NewRecorder()
	New(Config{Security: security, RequestTimeout: 20 * time.Second}).ServeHTTP(recorder, request)
	return recorder
}

func TestARequestHasTheTimeItAsksFor(t *testing.T) {
	for uri, want := range map[string]time.Duration{
		"/":                        20 * time.Second,
		"/?timeout=3s":             3 * time.Second,
		"/?timeout=1500ms":         1500 * time.Millisecond,
		"/?timeout=0":              MinTimeout,
		"/?timeout=1nanos":         MinTimeout,
		"/?timeout=-1":             MaxTimeout,
		"/?timeout=1d":             MaxTimeout,
		"/?timeout=9999999999999d": MaxTimeout,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &patient{}
			if get(p, uri); p.given != want {
				t.Errorf("%s: %v, want %v", uri, p.given, want)
			}
		})
	}
}

func TestHealthWaitsForWhatWasAsked(t *testing.T) {
	red := security.Health{Status: "red", NumberOfNodes: 1}
	yellow := security.Health{Status: "yellow", NumberOfNodes: 2}
	green := security.Health{Status: "green", NumberOfNodes: 3}
	growing := []security.Health{red, yellow, green}
	for uri, want := range map[string]struct {
		status int
		took   time.Duration
	}{
		"/_cluster/health":                                             {200, 0},
		"/_cluster/health?wait_for_status=red":                         {200, 0},
		"/_cluster/health?wait_for_status=yellow":                      {200, healthPollInterval},
		"/_cluster/health?wait_for_status=green":                       {200, 2 * healthPollInterval},
		"/_cluster/health?wait_for_nodes=3":                            {200, 2 * healthPollInterval},
		"/_cluster/health?wait_for_nodes=>%3D2":                        {200, healthPollInterval},
		"/_cluster/health?wait_for_status=yellow&wait_for_nodes=gt(2)": {200, 2 * healthPollInterval},
		"/_cluster/health?wait_for_nodes=4&timeout=3s":                 {408, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			a := get(&domain{healths: growing}, uri)
			if took := time.Since(start); a.Code != want.status || took != want.took {
				t.Errorf("%s: %d after %v, want %d after %v", uri, a.Code, took, want.status, want.took)
			}
		})
	}
}

func TestNodeCountsCompare(t *testing.T) {
	for condition, want := range map[string][3]bool{ // for 1, 2 and 3 nodes
		"2": {false, true, false}, ">=2": {false, true, true}, "<=2": {true, true, false}, ">2": {false, false, true}, "<2": {true, false, false},
		"ge(2)": {false, true, true}, "le(2)": {true, true, false}, "gt(2)": {false, false, true}, "lt(2)": {true, false, false},
	} {
		for n := 1; n <= 3; n++ {
			if got := holds(condition, n); got != want[n-1] {
				t.Errorf("%d nodes satisfy %s: %v", n, condition, got)
			}
		}
	}
}
