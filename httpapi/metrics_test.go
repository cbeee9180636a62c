package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"jeton/security"
)

func TestMetricsAreShownInTheFormThatWasAskedFor(t *testing.T) {
	var accepted string
	address := serve(t, Config{Security: &domain{}, Metrics: func(accept string) (string, []byte, error) {
		accepted = accept
		return "text/plain; version=0.0.4", []byte("jeton_x 1\n"), nil
	}})
	a := exchange(t, address, "GET /metrics\nAccept: application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.1")
	if a.status != http.StatusOK || a.body != "jeton_x 1\n" || a.header.Get("Content-Type") != "text/plain; version=0.0.4" {
		t.Errorf("%d %q %q", a.status, a.header.Get("Content-Type"), a.body)
	}
	if accepted != "application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.1" {
		t.Errorf("accepted %q", accepted)
	}
}

func TestMetricsNeedAPrivilege(t *testing.T) {
	asked := false
	address := serve(t, Config{Security: &domain{}, Metrics: func(string) (string, []byte, error) {
		asked = true
		return textType, []byte("secret numbers"), nil
	}})
	a := exchange(t, address, "GET /metrics\nAuthorization: "+asJoe)
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "granted by the cluster privileges [monitor,manage,all]") || asked {
		t.Errorf("%d %s, asked %v", a.status, a.body, asked)
	}
}

func TestMetricsThatCannotBeHadAreAnError(t *testing.T) {
	address := serve(t, Config{Security: &domain{}, Metrics: func(string) (string, []byte, error) {
		return "", nil, errors.New("two collectors have one name")
	}})
	if a := exchange(t, address, "GET /metrics"); a.status != http.StatusInternalServerError {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := exchange(t, serve(t, Config{Security: &domain{}}), "GET /metrics"); a.status != http.StatusOK || a.body != "" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// observe asks without a network and returns what was told of it.
func observe(t *testing.T, d *domain, method, uri, authorization string) Observation {
	t.Helper()
	var seen []Observation
	request := httptest.NewRequest(method, uri, nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	handler := New(Config{Security: d, Observe: func(o Observation) { seen = append(seen, o) }})
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if len(seen) != 1 {
		t.Fatalf("observed %d times", len(seen))
	}
	if seen[0].Took < 0 || seen[0].Took > time.Minute {
		t.Errorf("took %v", seen[0].Took)
	}
	seen[0].Took = 0
	return seen[0]
}

func TestEachRequestIsObservedOnceByItsRoute(t *testing.T) {
	const token = "/_security/service/elastic/fleet-server/credential/token/"
	elastic := &Authentication{OutcomeAccepted, "reserved", "realm", none}
	for _, c := range []struct {
		method, uri, authorization string
		want                       Observation
	}{
		{"GET", "/", asElastic, Observation{"GET", "/", 200, 0, elastic}},
		{"GET", "/", asJoe, Observation{"GET", "/", 200, 0, &Authentication{OutcomeAccepted, "default_file", "realm", none}}},
		{"GET", "/", asFleet, Observation{"GET", "/", 200, 0, &Authentication{OutcomeAccepted, "_service_account", "token", none}}},
		{"GET", "/?hush=1", asElastic, Observation{"GET", "/", 400, 0, elastic}},
		{"DELETE", token + "hush", asElastic, Observation{"DELETE", tokenPath, 404, 0, elastic}},
		{"POST", token + "no-leader", asElastic, Observation{"POST", tokenPath, 503, 0, elastic}},
		{"POST", token + "panic", asElastic, Observation{"POST", tokenPath, 500, 0, elastic}},
		{"GET", "/", "", Observation{"GET", "/", 401, 0, &Authentication{OutcomeRefused, none, none, none}}},
		{"GET", "/", "ApiKey junk", Observation{"GET", "/", 401, 0, &Authentication{OutcomeRefused, none, none, none}}},
		{"GET", "/", "Basic Ym9iOndyb25n", Observation{"GET", "/", 401, 0, &Authentication{OutcomeRefused, none, "realm", none}}},
		{"GET", "/", "Bearer wrong", Observation{"GET", "/", 401, 0, &Authentication{OutcomeRefused, none, "token", none}}},
		{"GET", "/", "Bearer undecided", Observation{"GET", "/", 503, 0, &Authentication{OutcomeUndecided, none, "token", none}}},
		{"GET", "/?timeout=soon", "Bearer wrong", Observation{"GET", "/", 400, 0, nil}},
		{"GET", "/livez", "", Observation{"GET", "/livez", 200, 0, nil}},
		{"GET", "/hush", asElastic, Observation{"GET", none, 400, 0, nil}},
		{"PURGE", "/", asElastic, Observation{"other", none, 405, 0, nil}},
		{"OPTIONS", "/", "", Observation{"OPTIONS", none, 200, 0, nil}},
	} {
		if got := observe(t, &domain{}, c.method, c.uri, c.authorization); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s by %q:\n%+v %+v, want\n%+v %+v", c.method, c.uri, c.authorization, got, got.Authentication, c.want, c.want.Authentication)
		}
	}
}

// What a use case looks up after the caller was known says nothing of the caller:
// every list costs a round.
func TestAnAuthenticationIsObservedAsItWasReadItself(t *testing.T) {
	for authorization, want := range map[string]string{asElastic: "lease", asJoe: "file", asFleet: "stale", "Bearer wrong": "round", "Bearer junk": none} {
		var seen Observation
		s := newServer(Config{Security: listing{telling{&domain{}}}, Observe: func(o Observation) { seen = o }})
		s.report = withTold
		request := httptest.NewRequest("GET", "/_nodes", nil)
		request.Header.Set("Authorization", authorization)
		recorder := httptest.NewRecorder()
		s.handler().ServeHTTP(recorder, request)
		if seen.Authentication == nil || seen.Authentication.Read != want {
			t.Errorf("%s: read by %+v, want %s", authorization, seen.Authentication, want)
		}
		if how := recorder.Header().Get(readHeader); recorder.Code == http.StatusOK && how != "round" {
			t.Errorf("%s: the answer was read by %s", authorization, how)
		}
	}
}

// listing is a domain whose lists cost a round.
type listing struct{ telling }

func (d listing) Nodes(ctx context.Context, who security.Identity) (security.NodesInfo, error) {
	ctx.Value(toldKey{}).(*told).read = "round"
	return d.telling.Nodes(ctx, who)
}

// Labels are kept for as long as the process lives: clients must not make any up.
func TestEveryMethodOfTheTableHasAName(t *testing.T) {
	for _, rt := range routes {
		if !slices.Contains(observedMethods, rt.method) {
			t.Errorf("%s %s is observed as another method", rt.method, rt.path)
		}
	}
}

func TestReadyzTellsFromWhatANodeDecides(t *testing.T) {
	for _, c := range []struct {
		fresh security.Freshness
		want  string
	}{
		{
			security.Freshness{Consistency: security.ConsistencyLease, Lease: 4949 * time.Millisecond},
			"[+]lease ok: 4.9s left\n",
		},
		{
			security.Freshness{Consistency: security.ConsistencyLease},
			"[!]lease none: each decision costs a round with the leader\n",
		},
		{
			security.Freshness{Consistency: security.ConsistencyQuorum, Lease: time.Second},
			"[!]consistency quorum: each decision costs a round with the leader\n",
		},
		{
			security.Freshness{Consistency: security.ConsistencyAvailable, Lease: time.Second, MaxAge: 10 * time.Minute},
			"[+]lease ok: 1s left\n[!]consistency available: without a leader, answers may be as old as 10m0s\n",
		},
	} {
		address := serve(t, Config{Security: &domain{fresh: &c.fresh}})
		a := exchange(t, address, "GET /readyz?verbose\nAuthorization: none")
		if want := "[+]http ok\n[+]cluster ok\n" + c.want + "[+]failure_tolerance ok: 1\nreadyz check passed\n"; a.status != http.StatusOK || a.body != want {
			t.Errorf("%d %q, want %q", a.status, a.body, want)
		}
		if a := exchange(t, address, "GET /readyz\nAuthorization: none"); a.status != http.StatusOK || a.body != "ok\n" {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
}

func TestReadinessWarnsOfALostTolerance(t *testing.T) {
	for _, c := range []struct {
		resilience security.Resilience
		want       string
	}{
		{security.Resilience{}, "[!]failure_tolerance unknown: no leader has told it for a moment\n"},
		{security.Resilience{Known: true, MeantToVote: 2}, "[+]failure_tolerance ok: 0: it takes three voters to lose one and go on\n"},
		{security.Resilience{Known: true, MeantToVote: 3}, "[!]failure_tolerance 0: one more failure stops the cluster; `jeton node list` shows what is missing\n"},
		{security.Resilience{Known: true, MeantToVote: 5, FailureTolerance: 2}, "[+]failure_tolerance ok: 2\n"},
	} {
		address := serve(t, Config{Security: &domain{resilience: &c.resilience}})
		a := exchange(t, address, "GET /readyz?verbose\nAuthorization: none")
		if want := "[+]http ok\n[+]cluster ok\n[+]lease ok: 4.6s left\n" + c.want + "readyz check passed\n"; a.status != http.StatusOK || a.body != want {
			t.Errorf("%d %q, want %q", a.status, a.body, want)
		}
	}
}

func TestHealthTellsHowManyMayFail(t *testing.T) {
	d := &domain{healths: []security.Health{{ClusterName: "jeton", Status: "green", NumberOfNodes: 5, FailureTolerance: 2}}}
	if a := exchange(t, serve(t, Config{Security: d}), "GET /_cluster/health?filter_path=failure_tolerance"); a.body != `{"failure_tolerance":2}` {
		t.Error(a.body)
	}
}

func TestHealthTellsAModeThatPromisesLessOrCostsMore(t *testing.T) {
	for mode, want := range map[string]string{
		security.ConsistencyLease:     `{"cluster_name":"jeton"}`,
		security.ConsistencyQuorum:    `{"cluster_name":"jeton","jeton":{"consistency":"quorum"}}`,
		security.ConsistencyAvailable: `{"cluster_name":"jeton","jeton":{"consistency":"available"}}`,
	} {
		d := &domain{healths: []security.Health{{ClusterName: "jeton", Status: "green", NumberOfNodes: 3, Consistency: mode}}}
		if a := exchange(t, serve(t, Config{Security: d}), "GET /_cluster/health?filter_path=cluster_name,jeton"); a.body != want {
			t.Errorf("%s: %s, want %s", mode, a.body, want)
		}
	}
}
