package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// clusterHealth is what of the answer of GET /_cluster/health there is to see, and
// the output of -o json.
type clusterHealth struct {
	ClusterName      string `json:"cluster_name"`
	Status           string `json:"status"` // green, yellow or red
	Nodes            int    `json:"number_of_nodes"`
	FailureTolerance int    `json:"failure_tolerance"` // how many voters may fail
	TimedOut         bool   `json:"timed_out"`
}

// Bounds of one request that waits: a node that stops meanwhile is asked again.
const (
	healthRound = 10 * time.Second
	healthPause = 500 * time.Millisecond
)

func (p *program) healthCommand() *cobra.Command {
	var f clientFlags
	var timeout time.Duration
	want := &choice{choices: []string{"green", "yellow"}}
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Tell the status of the cluster, or wait until it is well",
		Long: `Tell the status of the cluster, how many nodes answer, and how many voters may
fail before it stops.

  green   everybody votes and is well who is meant to
  yellow  the cluster decides, and something is missing
  red     there is no leader: nothing can be changed

With --wait-for-status it exits with 0 as soon as the status is that or a better
one, and with 1 when it is not in time. A node that does not answer is asked
again until then. This is what to wait for between one node and the next when
nodes are restarted, upgraded or replaced:

  jeton health --wait-for-status green --timeout 5m`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().Var(want, "wait-for-status", "wait until the cluster has this status, or a better one")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait")
	output := outputFlag(cmd.Flags(), "table", "json")
	f.register(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.client(f)
		if err != nil {
			return err
		}
		h, err := c.waitHealth(cmd.Context(), want.value, timeout)
		if h.Status != "" {
			err = errors.Join(err, p.printHealth(h, output.value))
		}
		return err
	}
	return cmd
}

// waitHealth returns the last health that was seen, also with an error; its status is
// "" when none was.
func (c *client) waitHealth(ctx context.Context, want string, timeout time.Duration) (last clusterHealth, err error) {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	for deadline := time.Now().Add(timeout); ; {
		h, err := c.health(ctx, want, min(healthRound, time.Until(deadline)))
		if h.Status != "" {
			last = h
		}
		switch {
		case err == nil && !h.TimedOut:
			return last, nil
		case err != nil && (want == "" || !mayPass(err)):
			return last, err
		case !pauseFor(ctx, healthPause):
			return last, tooLate(want, timeout, last, err)
		}
	}
}

// health asks once. What the node itself waited for in vain is no error.
func (c *client) health(ctx context.Context, want string, wait time.Duration) (h clusterHealth, err error) {
	path := "/_cluster/health"
	if want != "" {
		query := url.Values{"wait_for_status": {want}, "timeout": {strconv.FormatInt(max(wait.Milliseconds(), 1), 10) + "ms"}}
		path += "?" + query.Encode()
	}
	err = c.do(ctx, request{method: http.MethodGet, path: path}, &h)
	var refused *serverError
	if errors.As(err, &refused) && refused.status == http.StatusRequestTimeout && json.Unmarshal(refused.body, &h) == nil && h.TimedOut {
		return h, nil
	}
	return h, err
}

// mayPass reports whether waiting helps: the node does not answer, or cannot now.
func mayPass(err error) bool {
	var refused *serverError
	var untrusted *untrustedError
	if errors.As(err, &refused) {
		return refused.status >= 500 || refused.status == http.StatusRequestTimeout || refused.status == http.StatusTooManyRequests
	}
	return !errors.As(err, &untrusted)
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func tooLate(want string, timeout time.Duration, last clusterHealth, err error) error {
	if last.Status == "" {
		return fmt.Errorf("the cluster is not %s after %s: %w", want, timeout, err)
	}
	return fmt.Errorf("the cluster is not %s after %s, but %s: 'jeton node list' shows what is missing", want, timeout, visible(last.Status))
}

func (p *program) printHealth(h clusterHealth, form string) error {
	if form == "json" {
		return writeJSON(p.stdout, h)
	}
	t := table{header: []string{"CLUSTER", "STATUS", "NODES", "FAILURE TOLERANCE"}}
	t.rows = [][]string{{h.ClusterName, h.Status, strconv.Itoa(h.Nodes), strconv.Itoa(h.FailureTolerance)}}
	return t.write(p.stdout)
}
