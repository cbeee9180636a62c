package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"jeton/security/audit"
)

// measure is one number that a function of something read tells.
type measure[T any] struct {
	name, help string
	kind       prometheus.ValueType
	of         func(T) float64
}

// measures is a collector of numbers that are read together.
type measures[T any] struct {
	read  func() (T, bool) // false: there is nothing to read yet
	table []measure[T]
	descs []*prometheus.Desc
}

func newMeasures[T any](read func() (T, bool), table []measure[T]) *measures[T] {
	m := &measures[T]{read: read, table: table}
	for _, row := range table {
		m.descs = append(m.descs, prometheus.NewDesc(row.name, row.help, nil, nil))
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *measures[T]) Describe(out chan<- *prometheus.Desc) {
	for _, d := range m.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *measures[T]) Collect(out chan<- prometheus.Metric) {
	now, ok := m.read()
	if !ok {
		return
	}
	for i, row := range m.table {
		out <- prometheus.MustNewConstMetric(m.descs[i], row.kind, row.of(now))
	}
}

// newAuditCollector tells of the audit log; zeros where there is none.
func newAuditCollector(stats func() audit.Stats) prometheus.Collector {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return newMeasures(func() (audit.Stats, bool) { return stats(), true }, []measure[audit.Stats]{
		{"jeton_audit_events_total", "Events that were written to the audit log.", counter, func(s audit.Stats) float64 { return float64(s.Events) }},
		{"jeton_audit_dropped_total", "Events that are missing in the audit log, because too many waited.", counter, func(s audit.Stats) float64 { return float64(s.Dropped) }},
		{"jeton_audit_write_errors_total", "Attempts to write the audit log that failed.", counter, func(s audit.Stats) float64 { return float64(s.WriteErrors) }},
		{"jeton_audit_queued_events", "Events that wait to be written to the audit log.", gauge, func(s audit.Stats) float64 { return float64(s.Queued) }},
	})
}
