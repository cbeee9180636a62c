package model

import (
	"fmt"
	"hash/maphash"
	"slices"
)

// result is what a search found.
type result struct {
	states int
	story  []act // the shortest way to a broken promise; empty: there is none
	cut    bool  // the bound was reached before everything was seen
}

// search visits every state, breadth first. States are known by a hash of 64 bits:
// among ten million of them, two are taken for one with a chance of three in a
// million.
type search struct {
	*model
	seed  maphash.Seed
	seen  map[uint64]struct{}
	trace []visit
}

type visit struct {
	hash uint64
	from int32
}

// explore searches until everything was seen, a promise is broken, or the number
// of states is above the limit.
func (m *model) explore(limit int) result {
	x := &search{model: m, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
	first := m.start()
	x.visit(x.hash(&first), -1)
	level := []state{first}
	for len(level) > 0 {
		next, story := x.deeper(level)
		if story != nil || len(x.trace) > limit {
			return result{states: len(x.trace), story: story, cut: story == nil}
		}
		level = next
	}
	return result{states: len(x.trace)}
}

// deeper takes every step from the states of one level. A story ends the search.
func (x *search) deeper(level []state) (next []state, story []act) {
	begin := len(x.trace) - len(level)
	for i := range level {
		x.out = x.out[:0]
		x.steps(&level[i])
		for j := range x.out {
			to := &x.out[j]
			if to.act.what == brokeR || to.act.what == brokeN {
				return nil, x.story(begin+i, to.act)
			}
			if x.visit(x.hash(&to.state), begin+i) {
				next = append(next, to.state)
			}
		}
	}
	return next, nil
}

func (x *search) visit(hash uint64, from int) bool {
	if _, known := x.seen[hash]; known {
		return false
	}
	x.seen[hash] = struct{}{}
	x.trace = append(x.trace, visit{hash, int32(from)})
	return true
}

// hash is the same for two states that differ in the names of the twins only.
func (x *search) hash(s *state) uint64 {
	h := maphash.Comparable(x.seed, *s)
	if a, b := x.twins[0], x.twins[1]; a != b && !x.plain {
		other := exchanged(*s, a, b)
		h = min(h, maphash.Comparable(x.seed, other))
	}
	return h
}

// steps lists what may happen next.
func (m *model) steps(s *state) {
	m.tick(s)
	m.elect(s)
	for t := 1; t <= int(s.began); t++ {
		m.barriers(s, t)
		if l := int(s.reign[t-1].leader) - 1; s.leads(l, t) {
			m.lead(s, l, t)
		}
	}
	for v := range m.servers {
		if has(m.holders, v) {
			m.hold(s, v)
		} else if m.plain || s.leads(v, int(s.srv[v].term)) {
			m.apply(s, v) // what others hold matters once they lead
		}
	}
}

// lead lists what a leader, or one that takes itself for it, does.
func (m *model) lead(s *state, l, t int) {
	if !m.powerless(s, l, t) {
		m.propose(s, l, t)
		m.receive(s, l, t)
		m.begin(s, l, t)
	}
	m.replicate(s, l, t)
	m.grantLate(s, l, t)
	m.answer(s, l, t)
	m.complete(s, l, t)
}

// powerless reports whether a majority of the leader's voters is in later terms. It
// can commit nothing any more and complete no round that it begins now; what it has
// applied, it goes on with. The variants in which it can do more are not cut short.
func (m *model) powerless(s *state, l, t int) bool {
	switch m.wrong {
	case noConfirmation, nonVotersCount, lateAnswers, joinAtLeader:
		return false
	}
	return !m.plain && !m.canStill(s, l, t, 0)
}

// canStill reports whether the answers there are and those that may come are a
// majority.
func (m *model) canStill(s *state, l, t int, yes byte) bool {
	voters := m.votersOf(&s.srv[l])
	for v := range m.servers {
		if has(voters, v) && int(s.srv[v].term) <= t {
			yes |= bit(v)
		}
	}
	return 2*count(yes&voters) > count(voters)
}

// hold lists what a server does that may hold a lease.
func (m *model) hold(s *state, v int) {
	m.apply(s, v)
	m.ask(s, v)
	m.install(s, v)
	m.restore(s, v)
	m.request(s, v)
}

// story goes the way to a visited state again, from the start, and ends with last.
func (x *search) story(at int, last act) []act {
	hashes := []uint64{}
	for ; at > 0; at = int(x.trace[at].from) {
		hashes = append(hashes, x.trace[at].hash)
	}
	slices.Reverse(hashes)
	now, acts := x.start(), []act{}
	for _, hash := range hashes {
		x.out = x.out[:0]
		x.steps(&now)
		i := slices.IndexFunc(x.out, func(to successor) bool { return x.hash(&to.state) == hash })
		if i < 0 {
			panic(fmt.Sprint("the way to a state cannot be gone again: ", acts))
		}
		acts, now = append(acts, x.out[i].act), x.out[i].state
	}
	return append(acts, last)
}

// exchanged is the state with two servers' names exchanged.
func exchanged(s state, a, b int) state {
	s.srv[a], s.srv[b] = s.srv[b], s.srv[a]
	for t := range s.reign {
		r := &s.reign[t]
		switch int(r.leader) - 1 {
		case a:
			r.leader = byte(b) + 1
		case b:
			r.leader = byte(a) + 1
		}
		r.grant[a], r.grant[b] = r.grant[b], r.grant[a]
		r.round.yes = exchangedSet(r.round.yes, a, b)
		for i := range r.bar {
			bar := &r.bar[i]
			bar.left[a], bar.left[b] = bar.left[b], bar.left[a]
			bar.wait = exchangedSet(bar.wait, a, b)
			bar.confirm = exchangedSet(bar.confirm, a, b)
		}
	}
	switch int(s.req.node) {
	case a:
		s.req.node = byte(b)
	case b:
		s.req.node = byte(a)
	}
	return s
}

func exchangedSet(set byte, a, b int) byte {
	if has(set, a) != has(set, b) {
		set ^= bit(a) | bit(b)
	}
	return set
}
