package monitoring

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/util/annotations"
)

// step is how often the tests scrape, and evaluate the rules.
const step = time.Minute

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// theRules are those of the file; it is a failure when Prometheus would refuse it.
func theRules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile("../../docs/monitoring/alerts.yml", false, model.LegacyValidation, newParser(), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(errs) > 0 {
		t.FailNow()
	}
	var rules []rulefmt.Rule
	for _, g := range groups.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// prometheus has scraped what a test says, once each step from time 0.
type prometheus struct {
	engine *promql.Engine
	series []promql.Series
}

// newPrometheus takes series as Prometheus' own tests write them: "up 1x3 0" is
// four times 1 and then 0, "_" is a scrape without a sample, and "stale" one that
// noticed that the series is over.
func newPrometheus(t *testing.T, series []string) *prometheus {
	t.Helper()
	p := &prometheus{engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: newParser()})}
	for _, line := range series {
		metric, values, err := newParser().ParseSeriesDesc(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s := promql.Series{Metric: metric}
		for i, v := range values {
			if !v.Omitted {
				s.Floats = append(s.Floats, promql.FPoint{T: int64(i) * step.Milliseconds(), F: v.Value})
			}
		}
		p.series = append(p.series, s)
	}
	return p
}

// ask evaluates an expression at one moment.
func (p *prometheus) ask(t *testing.T, expr string, at time.Duration) promql.Vector {
	t.Helper()
	query, err := p.engine.NewInstantQuery(context.Background(), p, nil, expr, time.UnixMilli(at.Milliseconds()))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	vector, err := query.Exec(context.Background()).Vector()
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return slices.Clone(vector)
}

// firing are the alerts of a rule that have held, at each step, for as long as
// the rule says.
func (p *prometheus) firing(t *testing.T, rule rulefmt.Rule, at time.Duration) (alerts promql.Vector) {
	t.Helper()
	since := map[string]time.Duration{}
	for now := time.Duration(0); now <= at; now += step {
		held := since
		since, alerts = map[string]time.Duration{}, nil
		for _, sample := range p.ask(t, rule.Expr, now) {
			sample.Metric = sample.Metric.DropReserved(func(name string) bool { return name == model.MetricNameLabel })
			key := sample.Metric.String()
			begin, ok := held[key]
			if !ok {
				begin = now
			}
			since[key] = begin
			if now-begin >= time.Duration(rule.For) {
				alerts = append(alerts, sample)
			}
		}
	}
	slices.SortFunc(alerts, func(a, b promql.Sample) int { return labels.Compare(a.Metric, b.Metric) })
	return alerts
}

// expand fills the text of an annotation in; a label that the alert does not have
// is an error.
func expand(t *testing.T, text string, alert promql.Sample) string {
	t.Helper()
	const names = "{{$labels := .Labels}}{{$value := .Value}}"
	data := template.AlertTemplateData(alert.Metric.Map(), nil, "", alert)
	expander := template.NewTemplateExpander(context.Background(), names+text, "annotation", data, 0, nil, nil, []string{"missingkey=error"})
	out, err := expander.Expand()
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return out
}

// Querier implements storage.Queryable.
func (p *prometheus) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: p.find}, nil
}

func (p *prometheus) find(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &found{at: -1}
	for _, s := range p.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Metric.Get(m.Name)) }) {
			set.series = append(set.series, s)
		}
	}
	slices.SortFunc(set.series, func(a, b promql.Series) int { return cmp.Compare(a.Metric.String(), b.Metric.String()) })
	return set
}

// found implements storage.SeriesSet.
type found struct {
	series []promql.Series
	at     int
}

func (f *found) Next() bool                        { f.at++; return f.at < len(f.series) }
func (f *found) At() storage.Series                { return promql.NewStorageSeries(f.series[f.at]) }
func (f *found) Err() error                        { return nil }
func (f *found) Warnings() annotations.Annotations { return nil }
