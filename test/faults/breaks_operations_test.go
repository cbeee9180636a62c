//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"jeton/internal/history"
)

// operations are what whoever runs a cluster orders, while it is broken in the other
// ways.
var operations = []breaking{
	{"demote", (*mixture).demote, 2},
	{"promote", (*mixture).promote, 3},
	{"rotate the CA", (*mixture).rotateCA, 1},
	{"save", (*mixture).save, 2},
	{"restore", (*mixture).restore, 1},
}

// order sends a request to any member, once.
func (m *mixture) order(r *rand.Rand, method, path string) answer {
	ctx, cancel := context.WithTimeout(m.ctx, 15*time.Second)
	defer cancel()
	a := request{node: pick(r, m.c.members()), method: method, path: path}.send(ctx)
	m.say("  %s: %d %v", path, a.status, a.err)
	return a
}

// restartAny asks a node to stop, and kills it when it takes its time.
func (m *mixture) restartAny(r *rand.Rand) {
	p := pick(r, m.c.members())
	ctx, cancel := context.WithTimeout(m.ctx, spell(r, time.Second, 30*time.Second))
	defer cancel()
	err := p.terminate(ctx)
	m.say("  %s stops: %v", p.name, err)
	p.kill()
	m.restart(p)
}

// replace takes a node's disk away and gives the node a new one. Nobody does that
// to a second node before the first is replaced: an entry is on the disks of a
// majority, and of no more.
func (m *mixture) replace(r *rand.Rand) {
	if !m.c.spare(m.ctx) {
		m.say("  not now: there is none to spare")
		return
	}
	p := pick(r, m.c.members())
	m.say("  %s loses its disk", p.name)
	if err := m.c.wipe(p); err != nil {
		m.c.t.Error(err)
	}
	pause(m.ctx, spell(r, 0, 2*time.Second))
	m.c.replaceWiped(m.ctx, m.say)
}

func (m *mixture) demote(r *rand.Rand) {
	m.order(r, http.MethodPost, "/_jeton/nodes/"+pick(r, m.c.members()).name+"/_demote")
}

func (m *mixture) promote(r *rand.Rand) {
	m.order(r, http.MethodPost, "/_jeton/nodes/"+pick(r, m.c.members()).name+"/_promote")
}

// rotateCA begins a rotation, or meets one that is under way. It goes on while
// other things break.
func (m *mixture) rotateCA(r *rand.Rand) {
	m.order(r, http.MethodPost, "/_jeton/ca/_rotate")
}

// keptBackups is how many backups there are to choose from.
const keptBackups = 3

func (m *mixture) save(r *rand.Rand) {
	b, outcome := m.t.save(pick(r, m.c.members()))
	m.say("  %s: %s", b.id, outcome)
	if outcome != history.OK {
		return
	}
	if m.saved = append(m.saved, b); len(m.saved) > keptBackups {
		m.saved = m.saved[1:]
	}
}

func (m *mixture) restore(r *rand.Rand) {
	if len(m.saved) == 0 {
		m.save(r)
		return
	}
	b := pick(r, m.saved)
	m.say("  %s: %s", b.id, m.t.restore(b, m.c.members()...))
}

// promoteAll lets every read replica vote again.
func (c *cluster) promoteAll(ctx context.Context) error {
	c.settleDoubts(ctx)
	at := c.members()[0]
	v, err := look(ctx, at)
	if err != nil {
		return err
	}
	for _, n := range v.Nodes {
		if n.Role != "replica" {
			continue
		}
		a := request{node: at, method: http.MethodPost, path: "/_jeton/nodes/" + n.Name + "/_promote"}.send(ctx)
		if a.err != nil || a.status != http.StatusOK {
			return fmt.Errorf("promote %s: %d %s %v", n.Name, a.status, a.body, a.err)
		}
	}
	return nil
}

// rotated is nil when no rotation of the CA is under way.
func (c *cluster) rotated(ctx context.Context) error {
	c.settleDoubts(ctx)
	a := request{node: c.members()[0], path: "/_jeton/ca"}.send(ctx)
	var status struct{ Stage string }
	if err := json.Unmarshal(a.body, &status); err != nil || a.status != http.StatusOK {
		return fmt.Errorf("%d %s %v", a.status, a.body, a.err)
	}
	if status.Stage != "" && status.Stage != "idle" {
		return fmt.Errorf("it is %s: %s", status.Stage, a.body)
	}
	return nil
}
