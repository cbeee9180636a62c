package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"jeton/security"
)

// healthPollInterval is how often a waiting health request looks again.
const healthPollInterval = 100 * time.Millisecond

// clusterHealth has Elasticsearch's keys. There are no shards, so all their
// counts are zero and all of them are active.
type empty struct{}

type clusterHealth struct {
	ClusterName             string      `json:"cluster_name"`
	Status                  string      `json:"status"`
	TimedOut                bool        `json:"timed_out"`
	NumberOfNodes           int         `json:"number_of_nodes"`
	NumberOfDataNodes       int         `json:"number_of_data_nodes"`
	ActivePrimaryShards     int         `json:"active_primary_shards"`
	ActiveShards            int         `json:"active_shards"`
	RelocatingShards        int         `json:"relocating_shards"`
	InitializingShards      int         `json:"initializing_shards"`
	UnassignedShards        int         `json:"unassigned_shards"`
	UnassignedPrimaryShards int         `json:"unassigned_primary_shards"`
	DelayedUnassignedShards int         `json:"delayed_unassigned_shards"`
	PendingTasks            int         `json:"number_of_pending_tasks"`
	InFlightFetch           int         `json:"number_of_in_flight_fetch"`
	MaxTaskWaitMillis       int         `json:"task_max_waiting_in_queue_millis"`
	ActiveShardsPercent     json.Number `json:"active_shards_percent_as_number"`
	Indices                 *empty      `json:"indices,omitempty"`
	// FailureTolerance is ours: how many voters may fail.
	FailureTolerance int `json:"failure_tolerance"`
	// Jeton is ours and comes last; it is there only when there is something to
	// say, so that the answer is otherwise Elasticsearch's to the byte.
	Jeton *jetonHealth `json:"jeton,omitempty"`
}

// jetonHealth is what weakens or slows what docs/consistency.md promises.
type jetonHealth struct {
	Consistency string `json:"consistency"`
}

// health answers at once, or as soon as what the request waits for holds. What
// did not come in time is a 408 with the same body; a node that is about to stop
// waits for nothing.
func (s *server) health(ctx context.Context, r *request) (answer, error) {
	h, err := s.security.Health(ctx, r.who)
	for err == nil && !r.healthIsEnough(h) {
		if s.stopping() || !pause(ctx, healthPollInterval) {
			a := r.healthAnswer(h, true)
			a.status = http.StatusRequestTimeout
			return a, nil
		}
		next, nextErr := s.security.Health(ctx, r.who)
		if ctx.Err() != nil {
			continue // too late to count: the last one stands
		}
		h, err = next, nextErr
	}
	return r.healthAnswer(h, false), err
}

// pause reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (r *request) healthAnswer(h security.Health, timedOut bool) answer {
	body := clusterHealth{
		ClusterName:         h.ClusterName,
		Status:              h.Status,
		TimedOut:            timedOut,
		NumberOfNodes:       h.NumberOfNodes,
		NumberOfDataNodes:   h.NumberOfNodes,
		ActiveShardsPercent: "100.0",
		FailureTolerance:    h.FailureTolerance,
	}
	if level := r.params["level"]; level == "indices" || level == "shards" {
		body.Indices = &empty{}
	}
	if h.Consistency != security.ConsistencyLease {
		body.Jeton = &jetonHealth{h.Consistency}
	}
	return ok(body)
}

// statuses are in the order of health: a cluster has a status when it has it
// or a better one.
var statuses = []string{"green", "yellow", "red"}

func (r *request) healthIsEnough(h security.Health) bool {
	if want, ok := r.params["wait_for_status"]; ok && slices.Index(statuses, h.Status) > slices.Index(statuses, want) {
		return false
	}
	want, ok := r.params["wait_for_nodes"]
	return !ok || holds(want, h.NumberOfNodes)
}

// nodeCountForm is `3`, `>=3` or `ge(3)`, and so on.
var nodeCountForm = regexp.MustCompile(`^(?:(>=|<=|>|<)?(\d{1,9})|(ge|le|gt|lt)\((\d{1,9})\))$`)

func nodeCount(name, value string) error {
	if nodeCountForm.MatchString(value) {
		return nil
	}
	return illegalArgument("failed to parse [%s] with value [%s]: forms are [3], [>=3] and [ge(3)], with >=, <=, > and <, or ge, le, gt and lt", name, value)
}

// holds reports whether n nodes satisfy a condition that nodeCount took.
func holds(condition string, n int) bool {
	form := nodeCountForm.FindStringSubmatch(condition)
	want, _ := strconv.Atoi(form[2] + form[4]) // at most nine digits
	switch form[1] + form[3] {
	case ">=", "ge":
		return n >= want
	case "<=", "le":
		return n <= want
	case ">", "gt":
		return n > want
	case "<", "lt":
		return n < want
	default:
		return n == want
	}
}
