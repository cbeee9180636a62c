//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// One node after the other is stopped and started again, as an upgrade does it,
// and no client that knows all of them notices. -faults.trials says how many times
// over; with it the story measures.
func TestFaultsARollingRestartFailsNoRequest(t *testing.T) {
	c := startCluster(t, 3, mustBuild(t, programs.plain))
	s := newSteady(c)
	for i := range 16 {
		s.run(fmt.Sprintf("steady%d", i), s.life)
	}
	s.waitOps(200)
	for range max(1, *trialsFlag) {
		c.roll()
		s.waitOps(len(s.recorder.Ops()) + 200)
	}
	s.traffic.stop()
	s.report()
	conclude(t, s.traffic)
}

// roll restarts all nodes, one after the other, the leader among them.
func (c *cluster) roll() {
	c.t.Helper()
	for _, p := range c.members() {
		leads := c.mustLead() == p
		began := time.Now()
		if err := p.terminate(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		stopped := time.Now()
		if err := p.start(); err != nil {
			c.t.Fatal(err)
		}
		c.waitGreen(p)
		c.t.Logf("%s (leads: %v) stopped in %v and was ready and the cluster green after %v", p.name, leads, stopped.Sub(began), time.Since(stopped))
	}
}

// waitGreen waits for what whoever restarts nodes waits for: the node is ready,
// and the cluster whole.
func (c *cluster) waitGreen(p *process) {
	c.t.Helper()
	c.eventually(p.name+" is ready and the cluster green", func(ctx context.Context) error {
		ready := exec.CommandContext(ctx, p.program, "ready", "--url", p.url())
		if out, err := ready.CombinedOutput(); err != nil {
			return fmt.Errorf("jeton ready: %w: %s", err, out)
		}
		a := request{node: p, path: "/_cluster/health"}.send(ctx)
		var health struct{ Status string }
		if err := json.Unmarshal(a.body, &health); err != nil || health.Status != "green" {
			return fmt.Errorf("health: %d %s %v", a.status, a.body, a.err)
		}
		return nil
	})
}

// terminate asks the process to stop, as an orchestrator does, and waits until
// it has.
func (p *process) terminate(ctx context.Context) error {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-exited:
	case <-ctx.Done():
		return fmt.Errorf("%s does not stop: %w", p.name, ctx.Err())
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with %d", p.name, code)
	}
	return nil
}
