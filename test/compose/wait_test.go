package compose

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// waitHealthy waits until the health checks of the containers succeed.
func (p *project) waitHealthy(nodes ...*node) {
	p.t.Helper()
	for _, n := range nodes {
		id := p.container(n)
		p.eventually(n.name+" is healthy", func(ctx context.Context) error {
			status, err := run(ctx, nil, "", "docker", "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", id)
			if err == nil && strings.TrimSpace(status) != "running healthy" {
				err = fmt.Errorf("it is %s", strings.TrimSpace(status))
			}
			return err
		})
	}
}

// patience is how long a cluster may take for what must happen once nothing is
// broken any more. It is a bound for slow machines, not a promise.
const patience = 90 * time.Second

// eventually waits for what must hold.
func (p *project) eventually(what string, holds func(ctx context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		short, done := context.WithTimeout(ctx, 10*time.Second)
		err := holds(short)
		done()
		if err == nil {
			return
		}
		if !pause(ctx, 200*time.Millisecond) {
			p.t.Fatalf("not within %s: %s: %v", patience, what, err)
		}
	}
}

// pause lets time pass; it is false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
