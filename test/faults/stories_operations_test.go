//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"jeton/internal/history"
)

// These stories are told at the same time: together they take no longer than one.

// The leader loses its disk, and comes back under its name as another member, with a
// join token once it was removed.
func TestFaultsADiskIsLostAndItsNodeReplaced(t *testing.T) {
	t.Parallel()
	replaceLeader(t, threeNodes(t))
}

// The same where nodes find each other by their settings: nobody does anything.
func TestFaultsADiskIsLostAndTheNodeJustStarted(t *testing.T) {
	t.Parallel()
	c := formCluster(t, 3, mustBuild(t, programs.plain))
	c.setLease("1s")
	replaceLeader(t, c)
}

func replaceLeader(t *testing.T, c *cluster) {
	t.Helper()
	tr := startTraffic(c)
	p := c.mustLead()
	if err := c.wipe(p); err != nil {
		t.Fatal(err)
	}
	c.eventually(p.name+" is replaced", func(ctx context.Context) error {
		return c.replaceWiped(ctx, t.Logf)
	})
	c.waitReady(p)
	c.eventually("it is another member, and votes", func(ctx context.Context) error {
		v, err := look(ctx, p)
		if err == nil && (c.mourns(v) || v.voters() != 3) {
			err = fmt.Errorf("%+v", v)
		}
		return err
	})
	conclude(t, tr)
}

// order asks a member for something until it is done.
func (c *cluster) order(method, path string) {
	c.t.Helper()
	c.eventually(method+" "+path, func(ctx context.Context) error {
		members := c.members()
		a := request{node: members[rand.IntN(len(members))], method: method, path: path}.send(ctx)
		if a.err == nil && a.status != http.StatusOK {
			return fmt.Errorf("%d %s", a.status, a.body)
		}
		return a.err
	})
}

// The leader stops voting, and serves clients as before; another member dies over
// it; and the replica votes again.
func TestFaultsALeaderBecomesAReplica(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 4, mustBuild(t, programs.plain))
	c.setLease("1s")
	tr := startTraffic(c)
	leader := c.mustLead()
	c.order(http.MethodPost, "/_jeton/nodes/"+leader.name+"/_demote")
	if now := c.mustLead(); now == leader {
		t.Error("a replica leads")
	}
	token := tr.makeAndUse(t, leader)
	voter := c.others(leader)[0]
	voter.kill()
	tr.mustDelete(t, leader, token)
	if o := tr.authenticate("story", leader, token); o == history.OK {
		t.Error("the replica accepts what was deleted through it")
	}
	if err := voter.start(); err != nil {
		t.Fatal(err)
	}
	c.order(http.MethodPost, "/_jeton/nodes/"+leader.name+"/_promote")
	c.waitVoters(4)
	conclude(t, tr)
}

// The CA is replaced while clients work, the leader dies over it, and another node
// is away while certificates are renewed.
func TestFaultsTheCAIsReplacedUnderTraffic(t *testing.T) {
	t.Parallel()
	c := threeNodes(t)
	tr := startTraffic(c)
	away := c.others(c.mustLead())[0]
	away.kill()
	c.order(http.MethodPost, "/_jeton/ca/_rotate")
	if err := c.rotated(t.Context()); err == nil {
		t.Error("the rotation does not wait for a node that is away")
	}
	leader := c.mustLead()
	leader.kill()
	for _, p := range []*process{leader, away} {
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
	}
	c.eventually("the CA is replaced", c.rotated)
	joined := c.add()
	if err := c.launch(joined); err != nil {
		t.Fatal(err)
	}
	c.waitReady(joined)
	conclude(t, tr)
}

// A backup is restored while clients work: what was made since is gone everywhere,
// what was there stays, and what was revoked since stays revoked.
func TestFaultsABackupIsRestoredUnderTraffic(t *testing.T) {
	t.Parallel()
	c := threeNodes(t)
	tr := startTraffic(c)
	leader := c.mustLead()
	kept, revoked := tr.makeAndUse(t, leader), tr.makeAndUse(t, leader)
	b := tr.mustSave(c.others(leader)[0])
	tr.mustDelete(t, leader, revoked)
	dropped := tr.makeAndUse(t, leader)
	tr.mustRestore(b, c.members()...)
	for _, p := range c.members() {
		for token, want := range map[*credential]history.Outcome{&kept: history.OK, &revoked: history.Refused, &dropped: history.Refused} {
			if got := tr.authenticate("story", p, *token); got != want {
				t.Errorf("%s at %s: %s, want %s", token.Name, p.name, got, want)
			}
		}
	}
	conclude(t, tr)
}

// A node is cut off over a restore, and the leader dies over another one: nobody
// accepts what the restore has dropped once it was answered.
func TestFaultsARestoreMeetsFaults(t *testing.T) {
	t.Parallel()
	c := threeNodes(t)
	tr := startTraffic(c)
	leader := c.mustLead()
	lost := c.others(leader)[0]
	b := tr.mustSave(leader)
	dropped := tr.makeAndUse(t, lost)
	c.net.set(link{cut: true}, between([]string{lost.name}, c.names())...)
	tr.mustRestore(b, c.others(lost)...)
	if o := tr.authenticate("story", lost, dropped); o == history.OK {
		t.Error("the node that is cut off accepts what was dropped")
	}
	c.net.heal(false)
	c.waitReady(lost)
	over := make(chan history.Outcome, 1)
	go func() { over <- tr.restore(b, c.members()...) }()
	pause(t.Context(), time.Duration(rand.IntN(20))*time.Millisecond)
	c.mustLead().kill()
	t.Logf("the restore over which the leader died: %s", <-over)
	conclude(t, tr)
}

// mustSave saves a backup once the node can.
func (t *traffic) mustSave(at *process) (b saved) {
	t.c.t.Helper()
	t.c.eventually("a backup is saved", func(context.Context) error {
		var outcome history.Outcome
		if b, outcome = t.save(at); outcome != history.OK {
			return fmt.Errorf("it is: %s", outcome)
		}
		return nil
	})
	return b
}

// mustRestore restores once there is somebody who can.
func (t *traffic) mustRestore(b saved, at ...*process) {
	t.c.t.Helper()
	t.c.eventually("the backup is restored", func(context.Context) error {
		if outcome := t.restore(b, at...); outcome != history.OK {
			return fmt.Errorf("it is: %s", outcome)
		}
		return nil
	})
}
