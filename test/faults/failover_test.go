//go:build linux

package faults

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/internal/history"
)

// TestFailover measures what the death of a leader costs: how long nobody can
// create, and how long the surviving nodes accept nothing. -faults.trials says
// how often.
func TestFailover(t *testing.T) {
	if *trialsFlag == 0 {
		t.Skip("give it -faults.trials=N")
	}
	c := startCluster(t, 3, mustBuild(t, programs.plain))
	tr := newTraffic(c)
	var rows [3][]time.Duration
	for range *trialsFlag {
		create, before, after := tr.failover(t)
		for i, d := range []time.Duration{create, after, before} {
			rows[i] = append(rows[i], d)
		}
	}
	t.Logf("%d trials, 3 nodes on one machine, lease 5 s, kill -9 of the leader\n%s", *trialsFlag, table(rows))
	conclude(t, tr)
}

// failover kills the leader, and repairs the cluster again. before and after are
// the longest times for which one of the surviving nodes accepted nothing, of one
// client each that asks again as soon as it is answered. What there is before
// comes from the machine, and has nothing to do with the death.
func (t *traffic) failover(tt *testing.T) (create, before, after time.Duration) {
	tt.Helper()
	leader := t.c.mustLead()
	others := t.c.others(leader)
	token := t.makeAndUse(tt, others[0])
	yeses := make([][]time.Duration, len(others))
	over := make(chan struct{})
	var users sync.WaitGroup
	for i, at := range others {
		users.Go(func() {
			for !closed(over) {
				if t.authenticate("user", at, token) == history.OK {
					yeses[i] = append(yeses[i], t.now())
				}
				pause(t.ctx, time.Millisecond)
			}
		})
	}
	pause(t.ctx, 3*time.Second)
	leader.kill()
	died := t.now()
	create = t.firstCreate(others) - died
	pause(t.ctx, time.Second)
	close(over)
	users.Wait()
	for _, list := range yeses {
		dead := slices.IndexFunc(list, func(at time.Duration) bool { return at > died })
		if dead < 1 {
			tt.Fatal("a surviving node accepts nothing")
		}
		before = max(before, longest(list[:dead]))
		after = max(after, longest(append(list[dead-1:], t.now())))
	}
	if err := leader.start(); err != nil {
		tt.Fatal(err)
	}
	t.c.waitReady(t.c.members()...)
	return create, before, after
}

// firstCreate tries to create at all of the nodes until one has.
func (t *traffic) firstCreate(at []*process) time.Duration {
	first := make(chan time.Duration, len(at))
	for _, p := range at {
		go func() {
			for {
				name := fmt.Sprintf("failover-%d", t.keys.Add(1))
				r := request{node: p, method: http.MethodPost, path: tokenPath(accounts[1], name)}
				outcome, _ := t.change(history.Op{Kind: history.Create, Name: name, Scope: accounts[1], Client: "creator"}, r, nil)
				if outcome == history.OK {
					first <- t.now()
					return
				}
				pause(t.ctx, 5*time.Millisecond)
			}
		}()
	}
	return <-first
}

// longest is the longest time between two moments that follow each other.
func longest(moments []time.Duration) time.Duration {
	var most time.Duration
	for i := 1; i < len(moments); i++ {
		most = max(most, moments[i]-moments[i-1])
	}
	return most
}

func table(rows [3][]time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-48s %9s %9s %9s %9s\n", "", "min", "median", "p90", "max")
	for i, name := range []string{
		"to the first acknowledged create",
		"longest gap in successful authentications",
		"the same in the 3 s before the leader's death",
	} {
		all := slices.Sorted(slices.Values(rows[i]))
		n := len(all)
		fmt.Fprintf(&b, "%-48s", name)
		for _, d := range []time.Duration{all[0], all[n/2], all[n*9/10], all[n-1]} {
			fmt.Fprintf(&b, " %9v", d.Round(100*time.Microsecond))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
