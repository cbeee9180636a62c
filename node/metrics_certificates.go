package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jeton/security"
)

// certReading is what a node knows of its certificates at the moment of a question.
// A time that is zero is left out.
type certReading struct {
	node, http, ca            time.Time // when they expire
	renewals, failures        uint64
	pairBad, casBad           bool
	pairFailures, casFailures uint64
	stage                     security.CAStage
}

func (n *Node) certReading() certReading {
	r := certReading{renewals: n.certs.renewals.Load(), failures: n.certs.failures.Load(), stage: security.CAStageOf(n.state.Current())}
	if own := n.certs.certificate(); own != nil {
		r.node = own.Leaf.NotAfter
		r.ca = n.certs.follow().certs[0].NotAfter
	}
	if shown := n.client.certificate(n.certs); shown != nil && n.opts.Settings.HTTPTLS() {
		r.http = shown.Leaf.NotAfter
	}
	r.pairBad, r.pairFailures = n.client.pairFiles.health()
	r.casBad, r.casFailures = n.client.caFiles.health()
	return r
}

// certCollector shows Prometheus a node's certificates.
type certCollector struct {
	read                                               func() certReading
	expiry, renewals, failures, bad, reloads, rotation *prometheus.Desc
}

func newCertCollector(read func() certReading) *certCollector {
	return &certCollector{
		read:     read,
		expiry:   prometheus.NewDesc("jeton_certificate_expiry_timestamp_seconds", "When a certificate expires: this node's own, the one that clients are shown, the one of the CA that signs.", []string{"kind"}, nil),
		renewals: prometheus.NewDesc("jeton_certificate_renewals_total", "Renewals of this node's own certificate.", nil, nil),
		failures: prometheus.NewDesc("jeton_certificate_renewal_failures_total", "Attempts to renew this node's own certificate that failed; each is repeated.", nil, nil),
		bad:      prometheus.NewDesc("jeton_tls_files_bad", "1 while TLS files that were given cannot be used, and the former ones are in use instead.", []string{"files"}, nil),
		reloads:  prometheus.NewDesc("jeton_tls_reload_failures_total", "Changes of TLS files after which they could not be used.", []string{"files"}, nil),
		rotation: prometheus.NewDesc("jeton_ca_rotation_stage", "1 for the stage of the rotation of the cluster's CA, 0 for the others.", []string{"stage"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *certCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.expiry, c.renewals, c.failures, c.bad, c.reloads, c.rotation} {
		out <- d
	}
}

// Collect implements prometheus.Collector. All numbers are of one reading.
func (c *certCollector) Collect(out chan<- prometheus.Metric) {
	now := c.read()
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	for kind, at := range map[string]time.Time{"node": now.node, "http": now.http, "ca": now.ca} {
		if !at.IsZero() {
			tell(c.expiry, prometheus.GaugeValue, float64(at.Unix()), kind)
		}
	}
	tell(c.renewals, prometheus.CounterValue, float64(now.renewals))
	tell(c.failures, prometheus.CounterValue, float64(now.failures))
	tell(c.bad, prometheus.GaugeValue, oneIf(now.pairBad), "certificate")
	tell(c.bad, prometheus.GaugeValue, oneIf(now.casBad), "certificate_authorities")
	tell(c.reloads, prometheus.CounterValue, float64(now.pairFailures), "certificate")
	tell(c.reloads, prometheus.CounterValue, float64(now.casFailures), "certificate_authorities")
	for _, stage := range []security.CAStage{security.CAIdle, security.CAPrepared, security.CATrusting, security.CARenewing} {
		tell(c.rotation, prometheus.GaugeValue, oneIf(now.stage == stage), string(stage))
	}
}
