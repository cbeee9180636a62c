package httpapi

import (
	"context"
	"net/http"
	"strings"
)

// probeCheck is one named check of a probe; why is empty when it passed.
type probeCheck struct{ name, why string }

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
	return r.probe("readyz", probeCheck{name: "http"}, cluster), nil
}

func (r *request) probe(name string, checks ...probeCheck) answer {
	var list strings.Builder
	status, verdict := http.StatusOK, "ok\n"
	for _, c := range checks {
		if c.why == "" {
			list.WriteString("[+]" + c.name + " ok\n")
			continue
		}
		list.WriteString("[-]" + c.name + " failed: " + c.why + "\n")
		status, verdict = http.StatusServiceUnavailable, "not ready: "+c.why+"\n"
	}
	if !r.flag("verbose") {
		return plain(status, verdict)
	}
	if status == http.StatusOK {
		return plain(status, list.String()+name+" check passed\n")
	}
	return plain(status, list.String()+name+" check failed\n")
}
