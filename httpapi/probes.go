package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"jeton/security"
)

// probeCheck is one named check of a probe.
type probeCheck struct {
	name string
	why  string // it failed; empty when it passed
	note string // told of one that passed
	// warns: it passed, and somebody should look at it all the same.
	warns bool
}

// live says that the process answers, and nothing about the cluster.
func (s *server) live(_ context.Context, r *request) (answer, error) {
	return r.probe("livez", probeCheck{name: "http"}), nil
}

// ready says whether this node can decide. Not being ready is the answer here
// and not an error; anybody may ask, so only foreseen reasons are told.
func (s *server) ready(ctx context.Context, r *request) (answer, error) {
	cluster := probeCheck{name: "cluster"}
	if err := s.security.Ready(ctx); err != nil {
		f, known := describe(r, err)
		s.logFailure(ctx, r, err, known)
		cluster.why = f.reason
	}
	checks := []probeCheck{{name: "http"}, cluster}
	if r.flag("verbose") {
		checks = append(checks, freshnessChecks(s.security.Freshness())...)
	}
	return r.probe("readyz", checks...), nil
}

// freshnessChecks tell from what a node decides. They never fail: without a lease
// a node is slower, and decides all the same.
func freshnessChecks(f security.Freshness) []probeCheck {
	const asks = "each decision costs a round with the leader"
	lease := probeCheck{name: "lease", note: f.Lease.Round(100*time.Millisecond).String() + " left"}
	if f.Lease <= 0 {
		lease = probeCheck{name: "lease", note: "none: " + asks, warns: true}
	}
	mode := probeCheck{name: "consistency", warns: true}
	switch f.Consistency {
	case security.ConsistencyQuorum:
		mode.note = "quorum: " + asks
		return []probeCheck{mode}
	case security.ConsistencyAvailable:
		mode.note = "available: without a leader, answers may be as old as " + f.MaxAge.String()
		return []probeCheck{lease, mode}
	}
	return []probeCheck{lease}
}

// line is the check as a probe lists it.
func (c probeCheck) line() string {
	switch {
	case c.why != "":
		return "[-]" + c.name + " failed: " + c.why + "\n"
	case c.warns:
		return "[!]" + c.name + " " + c.note + "\n"
	case c.note != "":
		return "[+]" + c.name + " ok: " + c.note + "\n"
	default:
		return "[+]" + c.name + " ok\n"
	}
}

func (r *request) probe(name string, checks ...probeCheck) answer {
	var list strings.Builder
	status, verdict := http.StatusOK, "ok\n"
	for _, c := range checks {
		list.WriteString(c.line())
		if c.why != "" {
			status, verdict = http.StatusServiceUnavailable, "not ready: "+c.why+"\n"
		}
	}
	if !r.flag("verbose") {
		return plain(status, verdict)
	}
	if status == http.StatusOK {
		return plain(status, list.String()+name+" check passed\n")
	}
	return plain(status, list.String()+name+" check failed\n")
}
