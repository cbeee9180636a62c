//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const defaultTime = 20 * time.Second

// TestRandomFaults is for the hand: -faults.runs says how often.
func TestRandomFaults(t *testing.T) {
	if *runsFlag == 0 {
		t.Skip("give it -faults.runs=N, and for the same choices again -faults.seed=S")
	}
	seed := *seedFlag
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	for run := range *runsFlag {
		t.Run(fmt.Sprint("seed=", seed+int64(run)), func(t *testing.T) { randomRun(t, seed+int64(run)) })
	}
}

func randomRun(t *testing.T, seed int64) {
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	program, env := anyProgram(t, r)
	start := pick(r, []func(testing.TB, int, string, ...string) *cluster{startCluster, formCluster})
	c := start(t, fewest+r.IntN(most-fewest+1), program, env...)
	lease := pick(r, []string{"1s", "2s", "5s"})
	mode := pick(r, []string{"lease", "lease", "lease", "quorum"})
	c.put(map[string]any{"auth.lease": lease, "auth.consistency": mode})
	ctx, cancel := context.WithTimeout(context.Background(), *timeFlag)
	defer cancel()
	diary := newDiary(t, c.dir)
	defer diary.close()
	tr := startTraffic(c)
	m := &mixture{c: c, t: tr, ctx: ctx, say: diary.say}
	var at sync.WaitGroup
	for i, ways := range [][]breaking{processBreaks, networkBreaks, operations} {
		at.Go(func() { m.run(rand.New(rand.NewPCG(uint64(seed), uint64(i+1))), ways) })
	}
	at.Wait()
	v := tr.conclude()
	t.Logf("seed %d, %d nodes, by themselves %v, %s, lease %s, %v: %v", seed, len(c.all()), c.declared != nil, mode, lease, env, v)
	if t.Failed() {
		t.Logf("what was broken:\n%s", diary.text())
		t.Logf("again: go test ./faults -run TestRandomFaults -faults.runs=1 -faults.seed=%d -faults.time=%v", seed, *timeFlag)
	}
}

// anyProgram is the program that ships, or one that waits at the wrong moments
// and needs snapshots.
func anyProgram(t *testing.T, r *rand.Rand) (program string, env []string) {
	t.Helper()
	if r.IntN(3) == 0 {
		return mustBuild(t, programs.plain), nil
	}
	points := []string{"round-answer=300ms:0.05", "lease-lookup=500ms:0.02", "apply-barrier=500ms:0.1"}
	points = points[r.IntN(len(points)):]
	return mustBuild(t, programs.failing), []string{
		"JETON_FAILPOINTS=" + strings.Join(points, ","),
		fmt.Sprintf("JETON_SNAPSHOT_ENTRIES=%d", 20+r.IntN(200)),
	}
}

func mustBuild(t testing.TB, build func() (string, error)) string {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func (c *cluster) setLease(lease string) { c.put(map[string]any{"auth.lease": lease}) }

// put changes the cluster's settings. A program given by hand may be one that has
// none.
func (c *cluster) put(settings map[string]any) {
	c.t.Helper()
	body := map[string]any{"persistent": settings}
	c.eventually("the settings are there", func(ctx context.Context) error {
		a := request{node: c.members()[0], method: http.MethodPut, path: "/_cluster/settings", body: body}.send(ctx)
		if *programFlag != "" && a.status == http.StatusBadRequest {
			c.t.Logf("the program does not know this: %s", a.body)
			return nil
		}
		if a.err == nil && a.status != http.StatusOK {
			return fmt.Errorf("%d %s", a.status, a.body)
		}
		return a.err
	})
}

// diary is what was broken, and when.
type diary struct {
	began time.Time
	file  *os.File
	mu    sync.Mutex
	lines []string
}

func newDiary(t testing.TB, dir string) *diary {
	file, err := os.OpenFile(filepath.Join(dir, "diary"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return &diary{began: time.Now(), file: file}
}

func (d *diary) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line := fmt.Sprintf("%8v %s", time.Since(d.began).Round(time.Millisecond), fmt.Sprintf(format, args...))
	d.lines = append(d.lines, line)
	fmt.Fprintln(d.file, line)
}

func (d *diary) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "\n")
}

func (d *diary) close() { _ = d.file.Close() }
