package node

import (
	"bytes"
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"jeton/httpapi"
)

// metrics are what a node measures, for GET /metrics. This file and those beside
// it are the only ones that know Prometheus. What other packages count is read
// from them at the moment of the question; only requests are counted here.
//
// A label has one of a few values that the program knows beforehand: no name that
// a client or an administrator has chosen, and no secret.
type metrics struct {
	registry        *prometheus.Registry
	requests        *prometheus.CounterVec
	durations       *prometheus.HistogramVec
	authentications *prometheus.CounterVec
}

// latencies are the bounds of the histogram, in seconds: from an answer out of
// memory to one that waited for an election.
var latencies = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// newMetrics measures the node that the collectors speak of.
func newMetrics(version string, node ...prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jeton_http_requests_total",
			Help: "Requests that were answered, by route and class of the status.",
		}, []string{"method", "route", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "jeton_http_request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer, by route.",
			Buckets: latencies,
		}, []string{"method", "route"}),
		authentications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jeton_authentications_total",
			Help: "Callers that were judged, by outcome, realm, type of credential and how this node knew.",
		}, []string{"outcome", "realm", "type", "read"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(version), m.requests, m.durations, m.authentications,
	)
	m.registry.MustRegister(node...)
	return m
}

// buildInfo is 1: what it tells is in its labels.
func buildInfo(version string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "jeton_build_info",
		Help:        "Always 1; the labels tell the version of Jeton and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	info.Set(1)
	return info
}

// observe counts a request.
func (m *metrics) observe(o httpapi.Observation) {
	m.requests.WithLabelValues(o.Method, o.Route, statusClass(o.Status)).Inc()
	m.durations.WithLabelValues(o.Method, o.Route).Observe(o.Took.Seconds())
	if a := o.Authentication; a != nil {
		m.authentications.WithLabelValues(a.Outcome, a.Realm, a.Type, a.Read).Inc()
	}
}

// statusClass is 2xx for 201.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }

// expose writes all numbers in the text format of Prometheus, or in that of
// OpenMetrics where the Accept header asks for it.
func (m *metrics) expose(accept string) (contentType string, body []byte, err error) {
	families, err := m.registry.Gather()
	if err != nil {
		return "", nil, err
	}
	format := expfmt.NegotiateAccept(http.Header{"Accept": {accept}}, expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtOpenMetrics_0_0_1, expfmt.FmtText)
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, format)
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return "", nil, err
		}
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		err = closer.Close() // OpenMetrics has a last line
	}
	return string(format), text.Bytes(), err
}
