package monitoring

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// story is what Prometheus scraped, and who is told of it then.
type story struct {
	name   string
	alert  string
	series []string
	at     time.Duration
	labels []string // of the alerts that fire; none: it does not fire
}

func stories() []story {
	const node0, node1, node2 = `{instance="node0", job="jeton"}`, `{instance="node1", job="jeton"}`, `{instance="node2", job="jeton"}`
	const m = time.Minute
	return []story{
		{"no target at all", "JetonNotWatched", []string{`up{job="other"} 1x20`}, 11 * m, []string{`{}`}},
		{"a target that is down is watched", "JetonNotWatched", []string{`up{job="jeton"} 0x20`}, 11 * m, nil},

		{"one node is down", "JetonNodeDown", []string{`up` + node0 + ` 1x20`, `up` + node1 + ` 1x5 0x20`}, 9 * m, []string{node1}},
		{"a node is restarted", "JetonNodeDown", []string{`up` + node0 + ` 1x5 0 1x20`}, 9 * m, nil},
		{"something else is down", "JetonNodeDown", []string{`up{job="other"} 0x20`}, 9 * m, nil},

		{"nobody knows a leader", "JetonNoLeader", []string{`jeton_cluster_leader_known` + node0 + ` 1x5 0x9`, `jeton_cluster_leader_known` + node1 + ` 1x5 0x9`}, 8 * m, []string{`{job="jeton"}`}},
		{"an election", "JetonNoLeader", []string{`jeton_cluster_leader_known` + node0 + ` 1x5 0 1x9`}, 8 * m, nil},
		{"one is cut off", "JetonNoLeader", []string{`jeton_cluster_leader_known` + node0 + ` 0x9`, `jeton_cluster_leader_known` + node1 + ` 1x9`}, 8 * m, nil},
		{"the leader of another cluster is none of ours", "JetonNoLeader", []string{`jeton_cluster_leader_known` + node0 + ` 0x9`, `jeton_cluster_leader_known{instance="a", job="jeton-eu"} 1x9`}, 8 * m, []string{`{job="jeton"}`}},

		{"one is cut off", "JetonNodeWithoutLeader", []string{`jeton_cluster_leader_known` + node0 + ` 0x9`, `jeton_cluster_leader_known` + node1 + ` 1x9`}, 3 * m, []string{node0}},
		{"nobody knows a leader", "JetonNodeWithoutLeader", []string{`jeton_cluster_leader_known` + node0 + ` 0x9`, `jeton_cluster_leader_known` + node1 + ` 0x9`}, 3 * m, nil},

		{"two of three are left", "JetonToleranceLost", []string{`jeton_failure_tolerance` + node0 + ` 1x3 0x9`, `jeton_failure_tolerance` + node1 + ` 1x3 0x9`, `jeton_cluster_members{instance="node0", job="jeton", role="voter"} 3x20`}, 7 * m, []string{`{job="jeton"}`}},
		{"a restart", "JetonToleranceLost", []string{`jeton_failure_tolerance` + node0 + ` 1x3 0 1x9`, `jeton_cluster_members{instance="node0", job="jeton", role="voter"} 3x20`}, 7 * m, nil},
		{"one node alone", "JetonToleranceLost", []string{`jeton_failure_tolerance` + node0 + ` 0x20`, `jeton_cluster_members{instance="node0", job="jeton", role="voter"} 1x20`}, 7 * m, nil},

		{"a dead member was removed", "JetonMemberCleanedUp", []string{`jeton_autopilot_removals_total` + node1 + ` 0x5 1x30`, `jeton_autopilot_removals_total` + node0 + ` 0x30`}, 10 * m, []string{node1}},
		{"none was for an hour", "JetonMemberCleanedUp", []string{`jeton_autopilot_removals_total` + node1 + ` 0x5 1x90`}, 80 * m, nil},

		{"an election each minute", "JetonElectionsOften", []string{`jeton_cluster_term` + node0 + ` 2+1x20`, `jeton_cluster_term` + node1 + ` 2+1x20`}, 15 * m, []string{`{job="jeton"}`}},
		{"one election", "JetonElectionsOften", []string{`jeton_cluster_term` + node0 + ` 2x8 3x20`}, 15 * m, nil},

		{"a node has no lease", "JetonNodeWithoutLease", []string{`jeton_lease_remaining_seconds` + node0 + ` 0x9`, `jeton_lease_remaining_seconds` + node1 + ` 4.7x9`, `jeton_consistency_mode{instance="node0", job="jeton", mode="quorum"} 0x9`}, 3 * m, []string{node0}},
		{"no lease in the mode available", "JetonNodeWithoutLease", []string{`jeton_lease_remaining_seconds` + node0 + ` 0x9`, `jeton_consistency_mode{instance="node0", job="jeton", mode="available"} 1x9`}, 3 * m, []string{node0}},
		{"quorum knows no leases", "JetonNodeWithoutLease", []string{`jeton_lease_remaining_seconds` + node0 + ` 0x9`, `jeton_consistency_mode{instance="node0", job="jeton", mode="quorum"} 1x9`}, 3 * m, nil},
		{"a lease is lost and comes back", "JetonNodeWithoutLease", []string{`jeton_lease_remaining_seconds` + node0 + ` 4x2 0 4x9`}, 4 * m, nil},

		{"one was told as unknown", "JetonBarrierTimeouts", []string{`jeton_barrier_timeouts_total` + node0 + ` 0x5 1x9`, `jeton_barrier_timeouts_total` + node1 + ` 0x20`}, 8 * m, []string{node0}},
		{"it is over after ten minutes", "JetonBarrierTimeouts", []string{`jeton_barrier_timeouts_total` + node0 + ` 0x5 1x30`}, 20 * m, nil},

		{"each waits for a lease", "JetonTakeAwaysWait", []string{`jeton_barriers_total` + node0 + ` 0+1x30`, `jeton_barrier_seconds_total` + node0 + ` 0+5x30`}, 10 * m, []string{node0}},
		{"only the first waits", "JetonTakeAwaysWait", []string{`jeton_barriers_total` + node0 + ` 0x5 1x30`, `jeton_barrier_seconds_total` + node0 + ` 0x5 5x30`}, 12 * m, nil},
		{"none waits long", "JetonTakeAwaysWait", []string{`jeton_barriers_total` + node0 + ` 0+9x30`, `jeton_barrier_seconds_total` + node0 + ` 0+0.1x30`}, 12 * m, nil},
		{"there are none", "JetonTakeAwaysWait", []string{`jeton_barriers_total` + node0 + ` 7x30`, `jeton_barrier_seconds_total` + node0 + ` 35x30`}, 12 * m, nil},

		{"a flood from one address", "JetonSheds", []string{`jeton_sheds_total{instance="node0", job="jeton", limit="source"} 0+60x20`, `jeton_sheds_total{instance="node0", job="jeton", limit="node"} 0x20`}, 9 * m, []string{`{instance="node0", job="jeton", limit="source"}`}},
		{"a burst", "JetonSheds", []string{`jeton_sheds_total{instance="node0", job="jeton", limit="source"} 0x3 9x20`}, 12 * m, nil},

		{"callers are told 503", "JetonUndecided", []string{`jeton_authentications_total{instance="node0", job="jeton", outcome="undecided", read="none"} 1+9x20`}, 9 * m, []string{node0}},
		{"callers are refused", "JetonUndecided", []string{`jeton_authentications_total{instance="node0", job="jeton", outcome="refused", read="round"} 1+9x20`}, 9 * m, nil},

		{"a tenth are errors", "JetonServerErrors", []string{`jeton_http_requests_total{instance="node0", job="jeton", code="2xx"} 0+90x30`, `jeton_http_requests_total{instance="node0", job="jeton", code="5xx"} 0+10x30`}, 15 * m, []string{node0}},
		{"a hundredth are errors", "JetonServerErrors", []string{`jeton_http_requests_total{instance="node0", job="jeton", code="2xx"} 0+99x30`, `jeton_http_requests_total{instance="node0", job="jeton", code="5xx"} 0+1x30`}, 15 * m, nil},
		{"nobody asks", "JetonServerErrors", []string{`jeton_http_requests_total{instance="node0", job="jeton", code="5xx"} 10x30`}, 15 * m, nil},

		{"the clocks went apart once", "JetonClockAnomalies", []string{`jeton_clock_anomalies_total` + node2 + ` 0x5 1x30`}, 20 * m, []string{node2}},
		{"the clocks went apart before this process", "JetonClockAnomalies", []string{`jeton_clock_anomalies_total` + node2 + ` 3x2 0x30`}, 20 * m, nil},

		{"backups fail", "JetonBackupOld", []string{`jeton_backup_interval_seconds` + node0 + ` 60x30`, `jeton_backup_last_success_timestamp_seconds` + node0 + ` 0x30`}, 20 * m, []string{node0}},
		{"backups go on", "JetonBackupOld", []string{`jeton_backup_interval_seconds` + node0 + ` 60x30`, `jeton_backup_last_success_timestamp_seconds` + node0 + ` 0+60x30`}, 20 * m, nil},
		{"no backups are wanted", "JetonBackupOld", []string{`jeton_backup_interval_seconds` + node0 + ` 0x30`, `jeton_backup_last_success_timestamp_seconds` + node0 + ` 0x30`}, 20 * m, nil},
		{"events of the audit log are lost", "JetonAuditEventsDropped", []string{`jeton_audit_dropped_total` + node2 + ` 0x5 7x30`}, 10 * m, []string{node2}},
		{"events of the audit log were lost before", "JetonAuditEventsDropped", []string{`jeton_audit_dropped_total` + node2 + ` 7x30`}, 25 * m, nil},
		{"the audit log cannot be written", "JetonAuditWriteErrors", []string{`jeton_audit_write_errors_total` + node0 + ` 0+60x30`}, 10 * m, []string{node0}},
		{"the audit log can be written again", "JetonAuditWriteErrors", []string{`jeton_audit_write_errors_total` + node0 + ` 0 9x40`}, 30 * m, nil},

		{"commits are slow", "JetonCommitsSlow", []string{`raft_commitTime_sum` + node0 + ` 0+30000x30`, `raft_commitTime_count` + node0 + ` 0+100x30`}, 20 * m, []string{node0}},
		{"commits are quick", "JetonCommitsSlow", []string{`raft_commitTime_sum` + node0 + ` 0+3000x30`, `raft_commitTime_count` + node0 + ` 0+100x30`}, 20 * m, nil},
		{"nothing is committed", "JetonCommitsSlow", []string{`raft_commitTime_sum` + node0 + ` 5x30`, `raft_commitTime_count` + node0 + ` 1x30`}, 20 * m, nil},
		{"the leader hears little", "JetonLeaderLosesContact", []string{`raft_leader_lastContact_sum` + node0 + ` 0+40000x30`, `raft_leader_lastContact_count` + node0 + ` 0+100x30`}, 15 * m, []string{node0}},
		{"the leader hears enough", "JetonLeaderLosesContact", []string{`raft_leader_lastContact_sum` + node0 + ` 0+5000x30`, `raft_leader_lastContact_count` + node0 + ` 0+100x30`}, 15 * m, nil},

		{"files run out", "JetonFewFilesLeft", []string{`process_open_fds` + node0 + ` 900x30`, `process_max_fds` + node0 + ` 1000x30`}, 11 * m, []string{node0}},
		{"files of others run out", "JetonFewFilesLeft", []string{`process_open_fds{job="other"} 900x30`, `process_max_fds{job="other"} 1000x30`}, 11 * m, nil},

		{"a week is left", "JetonCertificateExpires", []string{`jeton_certificate_expiry_timestamp_seconds{instance="node0", job="jeton", kind="http"} 604800x30`, `jeton_certificate_expiry_timestamp_seconds{instance="node0", job="jeton", kind="node"} 9000000x30`}, 11 * m, []string{`{instance="node0", job="jeton", kind="http"}`}},
		{"months are left", "JetonCertificateExpires", []string{`jeton_certificate_expiry_timestamp_seconds{instance="node0", job="jeton", kind="node"} 9000000x30`}, 11 * m, nil},

		{"each attempt fails", "JetonCertificateRenewalFails", []string{`jeton_certificate_renewal_failures_total` + node0 + ` 0+1x60`}, 25 * m, []string{node0}},
		{"one attempt failed", "JetonCertificateRenewalFails", []string{`jeton_certificate_renewal_failures_total` + node0 + ` 0x5 1x60`}, 25 * m, nil},

		{"new files are rubbish", "JetonTLSFilesBad", []string{`jeton_tls_files_bad{files="certificate", instance="node0", job="jeton"} 0x3 1x20`}, 9 * m, []string{`{files="certificate", instance="node0", job="jeton"}`}},
		{"they were mended", "JetonTLSFilesBad", []string{`jeton_tls_files_bad{files="certificate", instance="node0", job="jeton"} 0x3 1x2 0x20`}, 9 * m, nil},

		{"a node is down", "JetonCARotationWaits", []string{`jeton_ca_rotation_stage{instance="node0", job="jeton", stage="trusting"} 0x2 1x30`, `jeton_ca_rotation_stage{instance="node1", job="jeton", stage="trusting"} 0x2 1x30`}, 15 * m, []string{`{job="jeton"}`}},
		{"it is prepared", "JetonCARotationWaits", []string{`jeton_ca_rotation_stage{instance="node0", job="jeton", stage="prepared"} 1x30`, `jeton_ca_rotation_stage{instance="node0", job="jeton", stage="trusting"} 0x30`}, 15 * m, nil},
	}
}

func TestAlertsFireWhenTheyShouldAndOnlyThen(t *testing.T) {
	rules := theRules(t)
	for _, s := range stories() {
		t.Run(s.alert+"/"+s.name, func(t *testing.T) {
			for _, r := range rules {
				if r.Alert != s.alert {
					continue
				}
				alerts := newPrometheus(t, s.series).firing(t, r, s.at)
				if got := labelsOf(alerts); !slices.Equal(got, s.labels) {
					t.Errorf("after %s it fires for %v, want %v", s.at, got, s.labels)
				}
				for _, a := range alerts {
					for name, text := range r.Annotations {
						t.Logf("%s: %s", name, expand(t, text, a))
					}
				}
				return
			}
			t.Error("there is no such alert")
		})
	}
}

func labelsOf(alerts promql.Vector) (out []string) {
	for _, a := range alerts {
		out = append(out, a.Metric.String())
	}
	return out
}

func TestEveryAlertHasAStoryInWhichItFiresAndOneInWhichItDoesNot(t *testing.T) {
	for _, r := range theRules(t) {
		for _, fires := range []bool{true, false} {
			if !slices.ContainsFunc(stories(), func(s story) bool { return s.alert == r.Alert && len(s.labels) > 0 == fires }) {
				t.Errorf("%s has no story with firing %v", r.Alert, fires)
			}
		}
	}
}

var alertName = regexp.MustCompile(`^Jeton[A-Z][A-Za-z]+$`)

func TestEveryAlertSaysWhatItIsHowBadAndWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range theRules(t) {
		if !alertName.MatchString(r.Alert) || seen[r.Alert] {
			t.Errorf("the name %q is no alert's, or another's", r.Alert)
		}
		seen[r.Alert] = true
		if r.For < 1 {
			t.Errorf("%s does not wait: one lost scrape would wake somebody", r.Alert)
		}
		if s := r.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s has the severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has no summary or no description", r.Alert)
		}
	}
}

func TestEveryAlertIsOnTheOperatorsPageWithItsSeverity(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := theRules(t)
	for _, r := range rules {
		if !strings.Contains(string(page), "| `"+r.Alert+"` | "+r.Labels["severity"]+" |") {
			t.Errorf("docs/operations.md has no %s with the severity %s", r.Alert, r.Labels["severity"])
		}
	}
	if listed := strings.Count(string(page), "| `Jeton"); listed != len(rules) {
		t.Errorf("docs/operations.md lists %d alerts, there are %d", listed, len(rules))
	}
}
