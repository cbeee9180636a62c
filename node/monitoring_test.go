package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"jeton/httpapi"
)

// Whether Prometheus understands the dashboard and the alerts is tested with its
// own parser, in the module of the tools. Here: whether they ask for what there is.

var (
	exprQuoted   = regexp.MustCompile(`"[^"]*"`)
	exprGrouping = regexp.MustCompile(`\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	exprBrackets = regexp.MustCompile(`\[[^\]]*\]|\{[^}]*\}`)
	exprMatcher  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	exprName     = regexp.MustCompile(`[a-zA-Z_:][\w:]*\s*\(?`)
	// What Grafana asks for the values of a variable, and where it puts the value.
	exprLabelValues = regexp.MustCompile(`^label_values\((.*),\s*(\w+)\)$`)
	exprVariable    = regexp.MustCompile(`(=~|=)\s*"\$\w+"`)
)

// namesIn are the metrics that an expression asks for: identifiers that are no
// function, no operator and nothing in brackets.
func namesIn(expr string) (names []string) {
	bare := exprGrouping.ReplaceAllString(exprBrackets.ReplaceAllString(expr, " "), " ")
	for _, name := range exprName.FindAllString(bare, -1) {
		name = strings.TrimSpace(name)
		if !strings.HasSuffix(name, "(") && !slices.Contains([]string{"and", "or", "unless", "bool", "offset"}, name) {
			names = append(names, name)
		}
	}
	return names
}

// measurable is what a scrape of a node has: names of samples, and each label with
// its values. Prometheus itself adds a few.
type measurable struct {
	names  map[string]bool
	labels map[string][]string // without values: any is possible
}

func everythingMeasured(t *testing.T) measurable {
	t.Helper()
	m := realNode(t).metrics
	for _, outcome := range []string{httpapi.OutcomeAccepted, httpapi.OutcomeRefused, httpapi.OutcomeUndecided} {
		m.observe(httpapi.Observation{Method: "GET", Route: "/", Status: 200, Authentication: &httpapi.Authentication{Outcome: outcome}})
	}
	m.observe(httpapi.Observation{Method: "GET", Route: "/", Status: 503})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	a := measurable{names: map[string]bool{"up": true}, labels: map[string][]string{"job": nil, "instance": nil, "le": nil}}
	for _, f := range families {
		for _, suffix := range suffixes(f.GetType().String()) {
			a.names[f.GetName()+suffix] = true
		}
		for _, sample := range f.GetMetric() {
			for _, l := range sample.GetLabel() {
				a.labels[l.GetName()] = append(a.labels[l.GetName()], l.GetValue())
			}
			for _, q := range sample.GetSummary().GetQuantile() {
				a.labels["quantile"] = append(a.labels["quantile"], fmt.Sprint(q.GetQuantile()))
			}
		}
	}
	return a
}

// realNode is a node as the program starts one.
func realNode(t *testing.T) *Node {
	t.Helper()
	dir := t.TempDir()
	settings, _, err := LoadSettings(dir, []string{
		"node.name=node0", "http.port=0", "transport.port=0", "path.data=" + filepath.Join(dir, "data"),
		"xpack.security.authc.password_hashing.algorithm=bcrypt4",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Options{
		Settings: settings, ConfigDir: filepath.Join(dir, "config"), Bootstrap: true,
		Password: "correct-horse-battery", Version: "1.2.3", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n
}

// suffixes are what the names of a metric's samples end with.
func suffixes(kind string) []string {
	switch kind {
	case "HISTOGRAM":
		return []string{"_bucket", "_sum", "_count"}
	case "SUMMARY":
		return []string{"", "_sum", "_count"}
	}
	return []string{""}
}

// missing is what an expression asks for and a node does not have.
func (a measurable) missing(expr string) (missing []string) {
	for _, name := range namesIn(expr) {
		// What the process tells depends on the system.
		if !a.names[name] && (runtime.GOOS == "linux" || !strings.HasPrefix(name, "process_")) {
			missing = append(missing, name)
		}
	}
	for _, m := range exprMatcher.FindAllStringSubmatch(expr, -1) {
		values, known := a.labels[m[1]]
		if exact := m[2] == "=" && values != nil; !known || exact && !slices.Contains(values, m[3]) {
			missing = append(missing, m[0])
		}
	}
	for _, g := range exprGrouping.FindAllStringSubmatch(exprQuoted.ReplaceAllString(expr, ""), -1) {
		for label := range strings.SplitSeq(g[1], ",") {
			if _, known := a.labels[strings.TrimSpace(label)]; !known {
				missing = append(missing, "label "+label)
			}
		}
	}
	return missing
}

// textsOf are the values of all fields with one of these names, wherever they are.
func textsOf(document any, fields ...string) (found []string) {
	switch d := document.(type) {
	case map[string]any:
		for name, value := range d {
			if text, ok := value.(string); ok && slices.Contains(fields, name) {
				found = append(found, text)
			}
			found = append(found, textsOf(value, fields...)...)
		}
	case []any:
		for _, value := range d {
			found = append(found, textsOf(value, fields...)...)
		}
	}
	return found
}

func expressionsOf(t *testing.T, file string, parse func([]byte, any) error, fields ...string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/monitoring/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := parse(text, &document); err != nil {
		t.Fatal(err)
	}
	found := textsOf(document, fields...)
	if len(found) < 10 {
		t.Fatalf("%s has %d expressions only", file, len(found))
	}
	return found
}

func TestTheDashboardAndTheAlertsAskForMetricsThatThereAre(t *testing.T) {
	a := everythingMeasured(t)
	unmarshalYAML := func(text []byte, to any) error { return yaml.Unmarshal(text, to) }
	for file, expressions := range map[string][]string{
		"dashboard.json": expressionsOf(t, "dashboard.json", json.Unmarshal, "expr", "query"),
		"alerts.yml":     expressionsOf(t, "alerts.yml", unmarshalYAML, "expr"),
	} {
		for _, expr := range expressions {
			if expr == "prometheus" { // the kind of a data source
				continue
			}
			asked := exprLabelValues.ReplaceAllString(exprVariable.ReplaceAllString(expr, `=~".*"`), "sum by ($2) ($1)")
			if len(namesIn(asked)) == 0 {
				t.Errorf("%s: no metric in %s", file, expr)
			}
			for _, name := range a.missing(asked) {
				t.Errorf("%s: no node has %s, of %s", file, name, expr)
			}
		}
	}
}

func TestAWrongNameInAnExpressionIsNoticed(t *testing.T) {
	t.Parallel()
	a := everythingMeasured(t)
	for expr, want := range map[string]string{
		`max by (job) (jeton_cluster_leader_known) == 0`:                    "",
		`rate(jeton_sheds_total{limit="node"}[5m]) > 0`:                     "",
		`sum by (le) (jeton_http_request_duration_seconds_bucket)`:          "",
		`jeton_state_index and on (job) up{job=~"jeton.*"}`:                 "",
		`rate(jeton_shed_total[5m]) > 0`:                                    "jeton_shed_total",
		`jeton_http_request_duration_seconds > 1`:                           "jeton_http_request_duration_seconds",
		`jeton_consistency_mode{mode="quorums"} == 1`:                       `mode="quorums"`,
		`jeton_consistency_mode{modus="quorum"} == 1`:                       `modus="quorum"`,
		`sum by (node) (jeton_rounds_total)`:                                "label node",
		`jeton_authentications_total{outcome="undecided"} / other_total{}`:  "other_total",
		`jeton_authentications_total{outcome="undecided", realm=~"[a-z]+"}`: "",
	} {
		if got := strings.Join(a.missing(expr), ", "); got != want {
			t.Errorf("%s: missing %q, want %q", expr, got, want)
		}
	}
}
