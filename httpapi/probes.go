package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
		if forming, ok := errors.AsType[*security.FormingError](err); ok {
			cluster.why = forming.Reason
		} else if r.flag("verbose") && errors.Is(err, security.ErrNoLeader) {
			cluster.why = lacks(s.security.RollCall(ctx))
		}
	}
	answers := probeCheck{name: "http"}
	if s.stopping() {
		answers.why = "this node is stopping"
	}
	checks := []probeCheck{answers, cluster}
	if r.flag("verbose") {
		checks = append(checks, freshnessChecks(s.security.Freshness())...)
		checks = append(checks, resilienceCheck(s.security.Resilience()))
	}
	return r.probe("readyz", checks...), nil
}

// lacks tells why there is no leader, as far as this node sees, and what to do.
func lacks(r security.RollCall) string {
	switch {
	case r.Voters == 0:
		return "no leader: this node is starting, and has not opened its cluster yet: ask again in a moment"
	case r.Answering() >= r.Needed():
		return fmt.Sprintf("no leader has confirmed in time what this node knows, though %d of %d voters answer and %d are needed: ask again in a moment; if it stays, look at their logs",
			r.Answering(), r.Voters, r.Needed())
	}
	verb := "does"
	if len(r.Silent) > 1 {
		verb = "do"
	}
	return fmt.Sprintf("no leader: %s %s not answer this node, and %d of %d voters are needed where %d answers: start them, or mend the network between; if they are gone for good, recover the cluster from what is left with `jeton node recover` (docs/operations.md, \"Recover from a lost majority\")",
		listed(r.Silent), verb, r.Needed(), r.Voters, r.Answering())
}

// listed are names, of a large cluster the first ones.
func listed(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
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

// resilienceCheck tells what the cluster can lose. It never fails: a node decides as
// well as ever until a majority is lost.
func resilienceCheck(r security.Resilience) probeCheck {
	const name = "failure_tolerance"
	switch {
	case !r.Known:
		return probeCheck{name: name, note: "unknown: no leader has told it for a moment", warns: true}
	case r.MeantToVote < 3:
		return probeCheck{name: name, note: "0: it takes three voters to lose one and go on"}
	case r.FailureTolerance == 0:
		return probeCheck{name: name, note: "0: one more failure stops the cluster; `jeton node list` shows what is missing", warns: true}
	}
	return probeCheck{name: name, note: strconv.Itoa(r.FailureTolerance)}
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
