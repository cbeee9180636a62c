//go:build linux

package faults

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"jeton/internal/history"
)

// threeNodes is a cluster of the program that ships, with a lease short enough
// for a story.
func threeNodes(t *testing.T) *cluster {
	t.Helper()
	c := startCluster(t, 3, mustBuild(t, programs.plain))
	c.setLease("1s")
	return c
}

func conclude(t *testing.T, tr *traffic) {
	t.Helper()
	t.Log(tr.conclude())
}

func TestFaultsTheLeaderDiesUnderTraffic(t *testing.T) {
	c := threeNodes(t)
	tr := startTraffic(c)
	for range 2 {
		leader := c.mustLead()
		leader.kill()
		c.eventually("another node leads", func(ctx context.Context) error {
			if now := c.leader(ctx); now == nil || now == leader {
				return fmt.Errorf("nobody else does")
			}
			return nil
		})
		if err := leader.start(); err != nil {
			t.Fatal(err)
		}
		c.waitReady(leader)
	}
	conclude(t, tr)
}

func TestFaultsAllNodesDieAtOnce(t *testing.T) {
	c := threeNodes(t)
	tr := startTraffic(c)
	tr.waitOps(500)
	for _, p := range c.members() {
		p.kill()
	}
	conclude(t, tr)
}

// A follower that hears nobody, or whom nobody hears, accepts no token whose
// delete was answered.
func TestFaultsANodeIsCutOffDuringADelete(t *testing.T) {
	c := threeNodes(t)
	tr := newTraffic(c)
	for _, way := range []struct {
		name  string
		pairs func(one, others []string) []pair
	}{
		{"both ways", between},
		{"it hears nothing", func(one, others []string) []pair { return oneWay(others, one) }},
		{"nobody hears it", oneWay},
	} {
		leader := c.mustLead()
		lost := c.others(leader)[0]
		token := tr.makeAndUse(t, lost)
		c.net.set(link{cut: true}, way.pairs([]string{lost.name}, c.names())...)
		took := tr.mustDelete(t, leader, token)
		if o := tr.authenticate("story", lost, token); o == history.OK {
			t.Errorf("%s: the node that is cut off accepts what was deleted", way.name)
		}
		t.Logf("%s: the delete took %v", way.name, took)
		c.net.heal(false)
		c.waitReady(lost)
	}
	conclude(t, tr)
}

// A node that stands still over a delete has a lease that it cannot count down.
func TestFaultsANodeStandsStillOverADelete(t *testing.T) {
	c := threeNodes(t)
	tr := newTraffic(c)
	for _, still := range []time.Duration{200 * time.Millisecond, 3 * time.Second} {
		leader := c.mustLead()
		frozen := c.others(leader)[0]
		token := tr.makeAndUse(t, frozen)
		frozen.freeze()
		late := make(chan history.Outcome, 1)
		go func() {
			tr.mustDelete(t, leader, token)
			late <- tr.authenticate("story", frozen, token) // waits for the node to wake up
		}()
		pause(t.Context(), still)
		frozen.thaw()
		if o := <-late; o == history.OK {
			t.Errorf("after %v: the node that stood still accepts what was deleted", still)
		}
		c.waitReady(frozen)
	}
	conclude(t, tr)
}

// Who was away for long needs a snapshot, and after it accepts nothing that was
// deleted meanwhile, nor forgets what was made.
func TestFaultsANodeComesBackToASnapshot(t *testing.T) {
	c := startCluster(t, 3, mustBuild(t, programs.failing), "JETON_SNAPSHOT_ENTRIES=20")
	c.setLease("1s")
	leader := c.mustLead()
	away := c.others(leader)[0]
	tr := newTraffic(c)
	token := tr.makeAndUse(t, away)
	c.net.set(link{cut: true}, between([]string{away.name}, c.names())...)
	tr.mustDelete(t, leader, token)
	kept := tr.makeAndUse(t, leader)
	// Until the leader's log begins after what the other one has.
	for i, before := 0, logged(leader, "compacting logs"); i < 1000 && logged(leader, "compacting logs") < before+2; i++ {
		tr.mustDelete(t, leader, tr.makeAndUse(t, leader))
	}
	c.net.heal(true)
	c.waitReady(away)
	tr.everywhere("story", token)
	tr.everywhere("story", kept)
	if logged(away, "Installed remote snapshot") == 0 {
		t.Error("the node has caught up without a snapshot: the story tells nothing")
	}
	conclude(t, tr)
}

// Nodes wait between an answer and what it rests on, while the leadership moves
// and a member comes and goes.
func TestFaultsNodesPauseAtTheWorstMoments(t *testing.T) {
	c := startCluster(t, 3, mustBuild(t, programs.failing),
		"JETON_FAILPOINTS=round-answer=300ms:0.05,lease-lookup=300ms:0.05,apply-barrier=300ms:0.2")
	c.setLease("1s")
	tr := startTraffic(c)
	joined := c.add()
	if err := c.launch(joined); err != nil {
		t.Fatal(err)
	}
	tr.probe(joined)
	c.waitReady(joined)
	for _, r := range []request{
		{method: http.MethodPost, path: "/_jeton/leadership/_transfer"},
		{method: http.MethodDelete, path: "/_jeton/nodes/" + joined.name},
		{method: http.MethodPost, path: "/_jeton/leadership/_transfer"},
	} {
		r.node = c.members()[0]
		c.eventually(r.method+" "+r.path, func(ctx context.Context) error {
			a := r.send(ctx)
			if a.err == nil && a.status != http.StatusOK && a.status != http.StatusNotFound {
				return fmt.Errorf("%d %s", a.status, a.body)
			}
			return a.err
		})
		tr.waitOps(len(tr.recorder.Ops()) + 300)
	}
	c.forget(joined)
	conclude(t, tr)
}

// logged counts how often the node's log has the text.
func logged(p *process, text string) int {
	data, _ := os.ReadFile(p.log())
	return strings.Count(string(data), text)
}

// waitOps waits until clients were told so much.
func (t *traffic) waitOps(n int) {
	t.c.t.Helper()
	t.c.eventually("clients are served", func(context.Context) error {
		if now := len(t.recorder.Ops()); now < n {
			return fmt.Errorf("%d operations", now)
		}
		return nil
	})
}

// makeAndUse makes a token at a node and uses it there.
func (t *traffic) makeAndUse(tt *testing.T, at *process) credential {
	tt.Helper()
	var made credential
	t.c.eventually("a token is made and used", func(context.Context) error {
		var ok bool
		if made, ok = t.createToken("story", at, accounts[0], fmt.Sprintf("story-%d", t.keys.Add(1))); !ok {
			return fmt.Errorf("it is not made")
		}
		if o := t.authenticate("story", at, made); o != history.OK {
			return fmt.Errorf("at %s it is: %s", at.name, o)
		}
		return nil
	})
	return made
}

// mustDelete deletes the token at a node, and says how long that took.
func (t *traffic) mustDelete(tt *testing.T, at *process, token credential) time.Duration {
	began := time.Now()
	r := request{node: at, method: http.MethodDelete, path: tokenPath(token.Scope, token.Name)}
	for range 20 {
		outcome, _ := t.change(history.Op{Kind: history.Delete, Name: token.Name, Scope: token.Scope, Client: "story"}, r, nil)
		if outcome == history.OK || outcome == history.NotFound {
			return time.Since(began)
		}
	}
	tt.Errorf("%s was not deleted", token.Name)
	return 0
}
