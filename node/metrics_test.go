package node

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"jeton/cluster"
	"jeton/httpapi"
	"jeton/security"
	"jeton/security/audit"
)

// measured is a node of which every number is another one.
func measured() *metrics {
	return newMetrics("1.2.3", newNodeCollector(func() reading {
		return reading{
			index:    101,
			shed:     113,
			backups:  backupStats{interval: 114 * time.Second, last: time.UnixMilli(115500), failures: 116, size: 117, took: 1180 * time.Millisecond},
			settings: security.Settings{Consistency: security.ConsistencyQuorum, Lease: 5 * time.Second},
			open:     true,
			stats: cluster.Stats{
				Leads: true, Term: 102, Lease: 1030 * time.Millisecond,
				Rounds: 104, RoundsFailed: 105, RoundSeconds: 10.6,
				Barriers: 107, BarrierTimeouts: 108, BarrierSeconds: 10.9,
				Shed: 110, ClockAnomalies: 111, LeasesTaken: 112, Cleanups: 114,
			},
			members:  []security.Member{{ID: "a", Voter: true}, {ID: "b", Voter: true, Leader: true}, {ID: "c"}},
			replicas: 115,
			told:     true,
			overview: security.Overview{FailureTolerance: 116, Members: map[string]security.MemberHealth{"a": {Silent: true}, "b": {}}},
		}
	}), newCertCollector(func() certReading {
		return certReading{
			node: time.Unix(201, 0), http: time.Unix(202, 0), ca: time.Unix(203, 0), renewals: 204, failures: 205,
			pairBad: true, pairFailures: 206, casFailures: 207, stage: security.CARenewing,
		}
	}), newAuditCollector(func() audit.Stats {
		return audit.Stats{Events: 114, Dropped: 115, WriteErrors: 116, Queued: 117}
	}), newLogStoreCollector(func() (cluster.LogStoreStats, bool) {
		return cluster.LogStoreStats{
			FreePages: 118, PendingPages: 119, FreeBytes: 120, FreelistBytes: 121, OpenReads: 122, Reads: 123,
			Writes: 124, WriteTime: 12500 * time.Millisecond, SpillTime: 12600 * time.Millisecond, RebalanceTime: 12700 * time.Millisecond,
			PagesTaken: 128, BytesTaken: 129,
		}, true
	}))
}

func exposed(t *testing.T, m *metrics, accept string) (contentType, text string) {
	t.Helper()
	contentType, body, err := m.expose(accept)
	if err != nil {
		t.Fatal(err)
	}
	return contentType, string(body)
}

var goVersion = regexp.MustCompile(`goversion="[^"]*"`)

// ours are the lines that are about Jeton and not about Go or the process.
func ours(text string) string {
	lines := slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		return !strings.HasPrefix(name, "jeton_")
	})
	return goVersion.ReplaceAllString(strings.Join(lines, ""), `goversion="go"`)
}

// Dashboards and alerts hang on these names.
func TestTheNamesOfMetricsDoNotChange(t *testing.T) {
	m := measured()
	m.observe(httpapi.Observation{
		Method: "GET", Route: "/_security/_authenticate", Status: 201, Took: 3 * time.Millisecond,
		Authentication: &httpapi.Authentication{Outcome: httpapi.OutcomeAccepted, Realm: "default_native", Type: "realm", Read: "lease"},
	})
	m.observe(httpapi.Observation{Method: "other", Route: "none", Status: 405, Took: time.Minute})
	contentType, text := exposed(t, m, "")
	if !strings.HasPrefix(contentType, "text/plain; version=0.0.4") {
		t.Errorf("content type %q", contentType)
	}
	want, err := os.ReadFile("testdata/metrics.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got := ours(text); got != string(want) {
		t.Errorf("metrics\n%s\nwant\n%s", got, want)
	}
}

func TestMetricsAreNamedAsPrometheusAdvises(t *testing.T) {
	m := measured()
	m.observe(httpapi.Observation{Method: "GET", Route: "/", Status: 200, Authentication: &httpapi.Authentication{}})
	_, text := exposed(t, m, "")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "jeton_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestMetricsAreToldAsOpenMetricsToWhoAsks(t *testing.T) {
	const prometheus3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
	for accept, want := range map[string]string{
		"":                             "text/plain; version=0.0.4",
		"*/*":                          "text/plain; version=0.0.4",
		"application/json":             "text/plain; version=0.0.4",
		"text/plain":                   "text/plain; version=0.0.4",
		"application/openmetrics-text": "application/openmetrics-text; version=0.0.1",
		prometheus3:                    "application/openmetrics-text; version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited": "text/plain; version=0.0.4",
	} {
		contentType, text := exposed(t, measured(), accept)
		if !strings.HasPrefix(contentType, want) {
			t.Errorf("%q: content type %q, want %q", accept, contentType, want)
		}
		if open := strings.HasPrefix(want, "application/"); strings.HasSuffix(text, "# EOF\n") != open {
			t.Errorf("%q: the text ends with %q", accept, text[len(text)-20:])
		}
	}
}

// Before it has joined, a node can say what it holds, and nothing of a cluster.
func TestANodeThatIsJoiningMeasuresItselfOnly(t *testing.T) {
	m := newMetrics("1.2.3", newNodeCollector(func() reading {
		return reading{settings: security.Settings{Consistency: security.ConsistencyLease, Lease: 5 * time.Second}}
	}))
	_, text := exposed(t, m, "")
	for _, want := range []string{"jeton_state_index 0\n", `jeton_consistency_mode{mode="lease"} 1`, "go_goroutines "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, never := range []string{"jeton_lease_remaining_seconds", "jeton_cluster_"} {
		if strings.Contains(text, "\n"+never) {
			t.Errorf("%s is told", never)
		}
	}
}

// A metric that is not described is one that nobody can use.
func TestEveryMetricIsDescribedForWhoRunsANode(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	m := measured()
	m.observe(httpapi.Observation{Method: "GET", Route: "/", Status: 200, Authentication: &httpapi.Authentication{}})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if name := f.GetName(); strings.HasPrefix(name, "jeton_") && !bytes.Contains(page, []byte("`"+name)) {
			t.Errorf("docs/operations.md has no %s", name)
		}
	}
}
