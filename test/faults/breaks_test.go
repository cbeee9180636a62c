//go:build linux

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// mixture breaks a cluster at random. What it chooses comes from its seed; when
// that falls, and on what, depends on the machine.
type mixture struct {
	c   *cluster
	t   *traffic
	ctx context.Context // ends when it is enough
	say func(format string, args ...any)

	saved []saved // backups, of which the last are kept
}

// breaking is one way to break a cluster for a while and to repair it again.
type breaking struct {
	name  string
	does  func(m *mixture, r *rand.Rand)
	often int
}

// processBreaks, networkBreaks and operations are done at the same time.
var processBreaks = []breaking{
	{"kill any", (*mixture).killAny, 4},
	{"kill the leader", (*mixture).killLeader, 3},
	{"kill all", (*mixture).killAll, 1},
	{"freeze any", (*mixture).freezeAny, 4},
	{"freeze the leader", (*mixture).freezeLeader, 3},
	{"transfer the leadership", (*mixture).transfer, 2},
	{"join", (*mixture).join, 1},
	{"remove", (*mixture).remove, 1},
	{"restart any", (*mixture).restartAny, 3},
	{"replace", (*mixture).replace, 3},
}

var networkBreaks = []breaking{
	{"cut one off", (*mixture).cutOff, 3},
	{"cut off one way", (*mixture).cutOneWay, 4},
	{"halves", (*mixture).halves, 2},
	{"a bridge", (*mixture).bridge, 2},
	{"the leader alone", (*mixture).leaderAlone, 3},
	{"the leader hears nothing", (*mixture).leaderDeaf, 2},
	{"loss", (*mixture).loss, 2},
	{"slow links", (*mixture).slow, 2},
}

// run breaks in one way after the other until it is enough.
func (m *mixture) run(r *rand.Rand, ways []breaking) {
	var lots []breaking
	for _, w := range ways {
		lots = append(lots, slices.Repeat([]breaking{w}, w.often)...)
	}
	for m.ctx.Err() == nil {
		way := lots[r.IntN(len(lots))]
		m.say("%s", way.name)
		way.does(m, r)
		pause(m.ctx, spell(r, 300*time.Millisecond, 3*time.Second))
	}
}

// spell is a time in between, more often a short one.
func spell(r *rand.Rand, low, high time.Duration) time.Duration {
	x := r.Float64()
	return low + time.Duration(x*x*float64(high-low))
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

func (m *mixture) killAny(r *rand.Rand) { m.killFor(r, pick(r, m.c.members())) }

func (m *mixture) killLeader(r *rand.Rand) {
	if leader := m.c.leader(m.ctx); leader != nil {
		m.killFor(r, leader)
	}
}

func (m *mixture) killFor(r *rand.Rand, p *process) {
	m.say("  %s dies", p.name)
	p.kill()
	pause(m.ctx, spell(r, 0, 6*time.Second))
	m.restart(p)
}

func (m *mixture) restart(p *process) {
	if err := p.start(); err != nil {
		m.c.t.Errorf("start %s again: %v", p.name, err)
	}
	m.say("  %s is started again", p.name)
}

func (m *mixture) killAll(r *rand.Rand) {
	for _, p := range m.c.members() {
		p.kill()
	}
	pause(m.ctx, spell(r, 0, time.Second))
	for _, p := range m.c.members() {
		m.restart(p)
	}
	pause(m.ctx, 4*time.Second) // there is nothing to break before they lead
}

func (m *mixture) freezeAny(r *rand.Rand) { m.freezeFor(r, pick(r, m.c.members())) }

func (m *mixture) freezeLeader(r *rand.Rand) {
	if leader := m.c.leader(m.ctx); leader != nil {
		m.freezeFor(r, leader)
	}
}

func (m *mixture) freezeFor(r *rand.Rand, p *process) {
	d := spell(r, 200*time.Millisecond, 10*time.Second)
	m.say("  %s stands still for %v", p.name, d)
	p.freeze()
	pause(m.ctx, d)
	p.thaw()
}

func (m *mixture) transfer(r *rand.Rand) {
	ctx, cancel := context.WithTimeout(m.ctx, 5*time.Second)
	defer cancel()
	a := request{node: pick(r, m.c.members()), method: http.MethodPost, path: "/_jeton/leadership/_transfer"}.send(ctx)
	m.say("  answered %d %v", a.status, a.err)
}

// fewest and most are how many members the mixture leaves and makes.
const fewest, most = 3, 5

func (m *mixture) join(*rand.Rand) {
	if len(m.c.members()) >= most {
		return
	}
	p := m.c.add()
	if err := m.c.launch(p); err != nil {
		m.say("  %s did not join: %v", p.name, err)
		return
	}
	m.say("  %s joins", p.name)
	m.t.probe(p)
}

func (m *mixture) remove(r *rand.Rand) {
	members := m.c.members()
	if len(members) <= fewest {
		return
	}
	gone := pick(r, members)
	ctx, cancel := context.WithTimeout(m.ctx, 15*time.Second)
	defer cancel()
	a := request{node: pick(r, members), method: http.MethodDelete, path: "/_jeton/nodes/" + gone.name}.send(ctx)
	m.say("  %s: %d %v", gone.name, a.status, a.err)
	if a.status == http.StatusOK {
		m.c.forget(gone)
	} else {
		m.c.doubt(gone)
	}
}

// around does something to links for a while.
func (m *mixture) around(r *rand.Rand, l link, pairs []pair) {
	d := spell(r, 300*time.Millisecond, 10*time.Second)
	m.say("  for %v: %v", d, pairs)
	m.c.net.set(l, pairs...)
	pause(m.ctx, d)
	reset := r.IntN(2) == 0
	m.c.net.heal(reset)
	m.say("  healed, what was held is lost: %v", reset)
}

// parted are the members' names in two groups, the first of so many.
func (m *mixture) parted(r *rand.Rand, first int) (a, b []string) {
	names := m.c.names()
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:first], names[first:]
}

func (m *mixture) cutOff(r *rand.Rand) {
	one, others := m.parted(r, 1)
	m.around(r, link{cut: true}, between(one, others))
}

// cutOneWay lets one node speak and not hear, or hear and not speak, to some of
// the others.
func (m *mixture) cutOneWay(r *rand.Rand) {
	one, others := m.parted(r, 1)
	others = others[:1+r.IntN(len(others))]
	if r.IntN(2) == 0 {
		one, others = others, one
	}
	m.around(r, link{cut: true}, oneWay(one, others))
}

func (m *mixture) halves(r *rand.Rand) {
	a, b := m.parted(r, len(m.c.names())/2)
	m.around(r, link{cut: true}, between(a, b))
}

// bridge leaves one node that all others reach, and two groups that do not reach
// each other.
func (m *mixture) bridge(r *rand.Rand) {
	_, others := m.parted(r, 1)
	half := len(others) / 2
	m.around(r, link{cut: true}, between(others[:half], others[half:]))
}

func (m *mixture) leaderAlone(r *rand.Rand) {
	if leader := m.c.leader(m.ctx); leader != nil {
		m.around(r, link{cut: true}, between([]string{leader.name}, m.c.names()))
	}
}

func (m *mixture) leaderDeaf(r *rand.Rand) {
	if leader := m.c.leader(m.ctx); leader != nil {
		m.around(r, link{cut: true}, oneWay(m.c.names(), []string{leader.name}))
	}
}

func (m *mixture) loss(r *rand.Rand) {
	names := m.c.names()
	m.around(r, link{loss: 0.5}, oneWay(names, names))
}

func (m *mixture) slow(r *rand.Rand) {
	names := m.c.names()
	l := link{delay: spell(r, 5*time.Millisecond, 300*time.Millisecond), rate: 20_000 + r.IntN(200_000)}
	m.say("  %v and %d bytes a second", l.delay, l.rate)
	m.around(r, l, oneWay(names, names))
}

func (p pair) String() string {
	return fmt.Sprintf("%s>%s", strings.TrimPrefix(p.from, "node"), strings.TrimPrefix(p.to, "node"))
}
