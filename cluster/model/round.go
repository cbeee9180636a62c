package model

// ask begins a server's round, in place of the one before. Who waits for a round
// waits for one that begins afterwards.
func (m *model) ask(s *state, v int) {
	next := *s
	srv := &next.srv[v]
	m.dropRound(&next, v)
	srv.q = question{stage: asked, epoch: srv.next}
	if s.req.stage == slow && int(s.req.node) == v {
		next.req.joined = true
	}
	m.emit(next, act{what: didAsk, a: v})
}

// dropRound ends a leader's round for which nobody waits any more.
func (m *model) dropRound(s *state, mine int) {
	q := s.srv[mine].q
	if q.stage != attached && q.stage != ungrant || m.wrong == joinAtLeader {
		return
	}
	for v := range m.servers {
		if o := s.srv[v].q; v != mine && o.term == q.term && (o.stage == attached || o.stage == ungrant) {
			return
		}
	}
	m.endRound(&s.reign[q.term-1])
}

// endRound forgets the answers; the wrong variant takes them for the next round's.
func (m *model) endRound(r *reign) {
	yes := r.round.yes
	r.round = round{}
	if m.wrong == lateAnswers {
		r.round.yes = yes
	}
}

// receive is the leader's: it records the grant, before it reads the index.
func (m *model) receive(s *state, l, t int) {
	r, leader := &s.reign[t-1], &s.srv[l]
	if !r.ready {
		return
	}
	for v := range m.servers {
		if s.srv[v].q.stage != asked || !has(m.members(leader, leader.n), v) {
			continue
		}
		next := *s
		q := &next.srv[v].q
		q.stage, q.term, q.lease = waiting, byte(t), m.granted(leader, v)
		if q.lease > 0 && m.wrong != grantAfterIndex {
			next.reign[t-1].record(v, m.over(q.lease))
		}
		if r.round.on && m.wrong == joinAtLeader {
			q.stage, q.r = attached, r.round.r
		}
		m.emit(next, act{what: didReceive, a: l, b: v})
	}
}

// record keeps the later end: a lease may have been longer when it was granted.
func (r *reign) record(v int, over byte) { r.grant[v] = max(r.grant[v], over) }

// granted is the length of the lease for the server; 0: none. None without a
// configuration that is known to be committed and has the server, and none for a
// server that the leader's state has retired.
func (m *model) granted(leader *server, v int) byte {
	known := has(m.members(leader, leader.idx), v) || m.wrong == grantUncommitted
	if !known || v == m.target && m.removes && leader.holds(retire, leader.idx) && m.wrong != grantRetired {
		return 0
	}
	return m.length(leader)
}

// length is of the leases that the leader grants now.
func (m *model) length(leader *server) byte {
	if leader.holds(lower, leader.idx) {
		return m.lowTo
	}
	return m.lease
}

// longest is how long a lease of any length counts at a leader.
func (m *model) longest() byte { return m.lease + m.margin }

// over is until when a lease that is granted now counts at the leader.
func (m *model) over(length byte) byte { return length + m.margin }

// begin starts a round for all who wait: the index is read, then the voters are
// asked. The leader counts itself only if it votes.
func (m *model) begin(s *state, l, t int) {
	r, leader := &s.reign[t-1], &s.srv[l]
	if r.round.on || !r.ready {
		return
	}
	next := *s
	to := &next.reign[t-1].round
	*to = round{on: true, r: leader.idx, confs: confs(leader, leader.n), yes: m.counted(leader) & bit(l)}
	if m.wrong == lateAnswers {
		to.yes |= r.round.yes
	}
	some := m.wrong == joinAtLeader
	for v := range m.servers {
		if q := &next.srv[v].q; q.stage == waiting && int(q.term) == t {
			q.stage, q.r, some = attached, to.r, true
			if m.wrong == grantAfterIndex {
				q.stage = ungrant
			}
		}
	}
	if some {
		m.emit(next, act{what: didBegin, a: l, n: int(to.r)})
	}
}

// counted are the servers whose answers count.
func (m *model) counted(leader *server) byte {
	if m.wrong == nonVotersCount {
		return m.members(leader, leader.n)
	}
	return m.votersOf(leader)
}

// answer is a server's, when the question for its term reaches it: yes, if it is
// in none later than the leader's.
func (m *model) answer(s *state, l, t int) {
	r := &s.reign[t-1].round
	if !r.on || m.majority(s, l, r.yes) && m.wrong != lateAnswers && !m.plain {
		return
	}
	for v := range m.servers {
		if v == l || has(r.yes, v) || !has(m.counted(&s.srv[l]), v) || int(s.srv[v].term) > t {
			continue
		}
		next := *s
		next.reign[t-1].round.yes |= bit(v)
		m.emit(next, act{what: didAnswer, a: v, b: l})
	}
}

func (m *model) majority(s *state, l int, yes byte) bool {
	return 2*count(yes) > count(m.votersOf(&s.srv[l]))
}

// complete ends a leader's round: a majority said yes, and it still leads, with
// the same configuration.
func (m *model) complete(s *state, l, t int) {
	r, leader := &s.reign[t-1].round, &s.srv[l]
	if !r.on || r.confs != confs(leader, leader.n) && m.wrong != configIgnored {
		return
	}
	if !m.majority(s, l, r.yes) && m.wrong != noConfirmation {
		return
	}
	next := *s
	for v := range m.servers {
		q := &next.srv[v].q
		if int(q.term) == t && q.stage == ungrant {
			return
		}
		if int(q.term) == t && q.stage == attached {
			q.stage, q.term = replied, 0
		}
	}
	m.endRound(&next.reign[t-1])
	m.emit(next, act{what: didComplete, a: l, n: int(r.r)})
}

// grantLate is of the wrong variant that reads the index first.
func (m *model) grantLate(s *state, l, t int) {
	for v := range m.servers {
		if q := s.srv[v].q; q.stage == ungrant && int(q.term) == t {
			next := *s
			next.srv[v].q.stage = attached
			next.reign[t-1].record(v, m.over(q.lease))
			m.emit(next, act{what: didGrant, a: l, b: v})
		}
	}
}

// install takes a lease on, once one handle has the index and the epoch.
func (m *model) install(s *state, v int) {
	srv := &s.srv[v]
	if srv.q.stage != replied && srv.q.stage != indexOK || srv.retired || srv.q.lease == 0 {
		return
	}
	next := *s
	to := &next.srv[v]
	if m.wrong == twoHandles && srv.q.stage == replied {
		if srv.idx >= srv.q.r {
			to.q.stage = indexOK
			m.emit(next, act{what: didSeeIndex, a: v})
		}
		return
	}
	sameEpoch := srv.epoch == srv.q.epoch || m.wrong == noEpoch
	if !sameEpoch || srv.idx < srv.q.r && srv.q.stage == replied {
		return
	}
	age := srv.q.age
	if m.wrong == startAtReply {
		age = 0
	}
	left := less(less(srv.q.lease, m.margin), age)
	if left < srv.lease.left && srv.lease.epoch == srv.q.epoch {
		left = srv.lease.left
	}
	to.lease = lease{left: left, epoch: srv.q.epoch}
	m.loseQuestion(&next, v)
	to.q = question{}
	m.emit(next, act{what: didInstall, a: v, n: int(left)})
}
