package compose

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// TestCompose is a day of a cluster under docker-compose.yml. The steps follow
// each other, with the same clients all the while.
func TestCompose(t *testing.T) {
	program := needEngine(t)
	t.Logf("with %s", strings.Join(program, " "))
	began := time.Now()
	c := connect(startProject(t, program))
	c.waitWhole()
	t.Logf("%5.1fs  formed: three voters, green", time.Since(began).Seconds())
	tr := startTraffic(c)
	tr.mustServe(20)
	// A check has the first ones only.
	steps := []struct {
		name string
		does func(*traffic)
	}{
		{"the leader's container was killed, and came back", (*traffic).killTheLeader},
		{"a container was replaced, with its volume", (*traffic).replaceOne},
		{"the leader was cut from the network and healed", (*traffic).cutTheLeader},
		{"a follower was cut from the network and healed", (*traffic).cutAFollower},
		{"all were restarted, one by one", (*traffic).restartAll},
		{"another node joined", (*traffic).grow},
		{"down and up again: the same cluster", (*traffic).downAndUp},
	}
	if testing.Short() {
		steps = steps[:4]
	}
	for _, step := range steps {
		step.does(tr)
		t.Logf("%5.1fs  %s", time.Since(began).Seconds(), step.name)
	}
	tr.conclude()
}

func (t *traffic) killTheLeader() {
	c := t.c
	leader, others := c.mustLead(c.nodes...)
	id := c.container(leader)
	c.docker("kill", id)
	c.mustBeLedBy(others)
	t.mustServe(20)
	c.docker("start", id)
	c.waitWhole()
}

// A machine that is lost comes back as a new node, with the name of the old one.
func (t *traffic) replaceOne() {
	c := t.c
	before := c.waitWhole()
	_, others := c.mustLead(c.nodes...)
	lost := others[len(others)-1]
	c.compose("rm", "-s", "-f", lost.name)
	c.docker("volume", "rm", c.name+"_"+lost.name)
	c.compose("up", "-d", lost.name)
	after := c.waitWhole()
	if after[lost.name] == before[lost.name] {
		c.t.Errorf("%s lost its disk and is still %s: it may vote twice", lost.name, after[lost.name])
	}
	for _, n := range c.nodes {
		if n != lost && after[n.name] != before[n.name] {
			c.t.Errorf("%s was %s and is %s", n.name, before[n.name], after[n.name])
		}
	}
	t.mustServe(20)
}

func (t *traffic) cutTheLeader() {
	leader, others := t.c.mustLead(t.c.nodes...)
	t.cut(leader, others)
}

func (t *traffic) cutAFollower() {
	leader, others := t.c.mustLead(t.c.nodes...)
	t.cut(others[0], []*node{leader, others[1]})
}

// cut takes a node from the network, and gives it back with the name that the
// others know.
func (t *traffic) cut(one *node, others []*node) {
	c := t.c
	id := c.container(one)
	c.docker("network", "disconnect", c.network(), id)
	c.mustBeLedBy(others)
	t.mustServe(20)
	c.eventually(one.name+" says that it is not ready", func(ctx context.Context) error {
		if _, err := run(ctx, nil, "", "docker", "exec", id, "jeton", "ready"); err == nil {
			return fmt.Errorf("it says that it is")
		}
		return nil
	})
	c.docker("network", "connect", "--alias", one.name, c.network(), id)
	c.waitWhole()
}

// Whoever asks the next node where one does not answer notices nothing.
func (t *traffic) restartAll() {
	c := t.c
	s := startSteady(c)
	for _, n := range c.nodes {
		c.compose("restart", n.name)
		c.waitWhole()
	}
	s.mustNotHaveFailed()
}

func (t *traffic) grow() {
	c := t.c
	for i, e := range c.env {
		if e == "COMPOSE_PROFILES=" {
			c.env[i] = "COMPOSE_PROFILES=more"
		}
	}
	c.nodes = append(c.nodes, c.later)
	c.compose("up", "-d", c.later.name)
	c.waitWhole()
	t.mustServe(20)
}

func (t *traffic) downAndUp() {
	c := t.c
	before := c.waitWhole()
	c.compose("down")
	c.compose("up", "-d")
	if after := c.waitWhole(); !maps.Equal(before, after) {
		c.t.Errorf("the members were %v and are %v", before, after)
	}
	t.mustServe(20)
}
