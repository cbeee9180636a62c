package model

// Raft is taken as right. Elections, replication and configurations follow its
// rules in steps that are each done at once; a message that is late is a step that
// comes late, one that is lost is a step that never comes.

// members is the configuration in the server's first n entries: Raft uses the
// latest, committed or not.
func (m *model) members(v *server, n byte) byte {
	all := byte(1)<<m.servers - 1
	if m.enters && !v.holds(enter, n) || m.removes && v.holds(leave, n) {
		all &^= bit(m.target)
	}
	return all
}

func (m *model) votersOf(v *server) byte { return m.voters & m.members(v, v.n) }

// confs counts configurations, to see whether they changed.
func confs(v *server, n byte) byte {
	c := byte(0)
	for _, e := range v.log[:n] {
		if e.kind() == leave || e.kind() == enter {
			c++
		}
	}
	return c
}

// elect makes a voter the leader of the next term.
func (m *model) elect(s *state) {
	if int(s.began) == m.terms {
		return
	}
	for v := range m.servers {
		voters := m.votersOf(&s.srv[v])
		if !has(voters, v) {
			continue
		}
		for votes := byte(1); votes < 1<<m.servers; votes++ {
			if votes&^voters == 0 && has(votes, v) && count(votes) == count(voters)/2+1 && m.votesFor(s, v, votes) {
				m.emit(m.elected(*s, v, votes), act{what: didElect, a: v, n: int(s.began) + 1, set: votes})
			}
		}
	}
}

func (m *model) votesFor(s *state, v int, votes byte) bool {
	c := &s.srv[v]
	for w := range m.servers {
		f := &s.srv[w]
		if has(votes, w) && (f.term > s.began || lastTerm(f) > lastTerm(c) || lastTerm(f) == lastTerm(c) && f.n > c.n) {
			return false
		}
	}
	return true
}

func lastTerm(v *server) int {
	if v.n == 0 {
		return 0
	}
	return v.log[v.n-1].term()
}

func (m *model) elected(s state, v int, votes byte) state {
	s.began++
	for w := range m.servers {
		if has(votes, w) {
			s.srv[w].term = s.began
		}
	}
	r := &s.reign[s.began-1]
	r.leader = byte(v) + 1
	if m.wrong == noOwnTerm {
		m.becomeReady(&s, int(s.began))
	}
	m.push(&s, v, noop)
	return s
}

// push appends an entry to a leader's log.
func (m *model) push(s *state, v int, k kind) {
	srv := &s.srv[v]
	srv.log[srv.n] = makeEntry(k, int(srv.term))
	srv.n++
	m.commit(s, v)
}

// replicate copies a leader's log to a member. What a follower had and the leader
// has not is overwritten; what is committed never is.
func (m *model) replicate(s *state, l, t int) {
	leader := &s.srv[l]
	for v := range m.servers {
		f := &s.srv[v]
		if v == l || int(f.term) > t || !has(m.members(leader, leader.n), v) || f.term == leader.term && f.log == leader.log {
			continue
		}
		next := *s
		to := &next.srv[v]
		to.term, to.n, to.log = leader.term, leader.n, leader.log
		m.commit(&next, l)
		m.emit(next, act{what: didReplicate, a: l, b: v})
	}
}

// commit moves the mark of what is committed by what a majority has from the
// leader in its term.
func (m *model) commit(s *state, l int) {
	leader := &s.srv[l]
	voters := m.votersOf(leader)
	for n := leader.n; n > s.ncom; n-- {
		if leader.log[n-1].term() != int(leader.term) {
			return
		}
		with := 0
		for v := range m.servers {
			if f := &s.srv[v]; has(voters, v) && f.n >= n && samePrefix(&f.log, &leader.log, n) {
				with++
			}
		}
		if 2*with > count(voters) {
			if !samePrefix(&s.com, &leader.log, s.ncom) {
				panic("the model of Raft is wrong: a committed entry was replaced")
			}
			s.com, s.ncom = [maxLog]entry{}, n
			copy(s.com[:n], leader.log[:n])
			return
		}
	}
}

// apply lets a server's state take in the next committed entry.
func (m *model) apply(s *state, v int) {
	srv := &s.srv[v]
	i := srv.idx
	if i >= s.ncom || i >= srv.n || srv.next != srv.epoch || !samePrefix(&srv.log, &s.com, i+1) {
		return
	}
	next := *s
	next.srv[v].idx++
	e := srv.log[i]
	m.effects(&next, v, e, srv.token())
	m.emit(next, act{what: didApply, a: v, n: int(e.kind())})
}

// effects is what applying the entry sets off at the server.
func (m *model) effects(s *state, v int, e entry, there bool) {
	srv := &s.srv[v]
	t := e.term()
	mine := s.leads(v, t)
	switch e.kind() {
	case noop:
		if mine {
			m.becomeReady(s, t)
		}
	case create:
		s.created = s.created || mine || m.wrong == ownStateOnly
	case remove:
		if mine && m.wrong == absentAtOnce && !there {
			s.deleted = true
		} else if mine {
			s.reign[t-1].bar[forDelete].applied(srv.idx)
		}
	case retire:
		if v == m.target && m.wrong != retiredGoesOn {
			srv.retired, srv.lease, srv.q = true, lease{}, question{}
			m.loseQuestion(s, v)
		}
		if mine && m.wrong != retireAtOnce {
			s.reign[t-1].bar[forRetirement].applied(srv.idx)
		} else if mine {
			s.drained = true
		}
	case lower:
		if mine {
			s.reign[t-1].settled = m.longest()
		}
	}
}

// becomeReady begins the leader's time: what was granted before is over once that
// long has passed.
func (m *model) becomeReady(s *state, t int) {
	r := &s.reign[t-1]
	r.ready, r.young = true, m.longest()
	if m.lowTo > 0 {
		r.settled = m.longest()
	}
}

// restore replaces a follower's state by an older one: a snapshot that came late,
// or the own one after a restart. Where the epoch is a counter it grows first, as
// a step of its own.
func (m *model) restore(s *state, v int) {
	srv := &s.srv[v]
	if srv.next != srv.epoch {
		m.swap(s, v, srv.next, didSwap)
		return
	}
	if int(s.restores) == m.restores || srv.idx <= m.base || s.leads(v, int(srv.term)) {
		return
	}
	next := *s
	next.restores++
	if m.counter {
		next.srv[v].next++
		m.emit(next, act{what: didBump, a: v})
		return
	}
	m.swap(&next, v, srv.epoch+1, didRestore)
}

func (m *model) swap(s *state, v int, epoch byte, what doing) {
	for idx := m.base; idx < s.srv[v].idx; idx++ {
		next := *s
		to := &next.srv[v]
		to.idx, to.epoch, to.next, to.denied = idx, epoch, epoch, false
		to.retired = to.retired && to.holds(retire, idx) // a restart forgets it
		m.emit(next, act{what: what, a: v, n: int(idx)})
	}
	if s.srv[v].idx <= m.base {
		panic("the model restores what is not older")
	}
}
