package model

// applied notes that the leader has applied the take-away; what members have said
// before counts only in the wrong variant that kept it.
func (b *barrier) applied(idx byte) {
	if b.phase != appended || b.idx != idx {
		*b = barrier{idx: idx}
	}
	b.phase = applied
}

// barriers are the steps of the waits of one leader, which go on when it is
// replaced meanwhile.
func (m *model) barriers(s *state, t int) {
	l := int(s.reign[t-1].leader) - 1
	for i := range s.reign[t-1].bar {
		switch s.reign[t-1].bar[i].phase {
		case appended:
			m.confirms(s, t, i)
		case applied:
			m.freeze(s, l, t, i)
			if m.wrong == askedBefore {
				m.confirms(s, t, i)
			}
		case running:
			m.confirms(s, t, i)
			m.pass(s, t, i)
		}
	}
}

// freeze notes who may hold a lease and for how long.
func (m *model) freeze(s *state, l, t, i int) {
	next := *s
	b := &next.reign[t-1].bar[i]
	b.phase = running
	b.wait = m.holders & m.members(&s.srv[l], s.srv[l].n)
	for v := range m.servers {
		if has(b.wait, v) {
			b.left[v] = m.held(s, l, t, v)
		}
	}
	if m.wrong == noBarrier {
		b.wait = 0
	}
	m.emit(next, act{what: didFreeze, a: l, n: i})
}

// held is for how long the leader must take the server to hold a lease. One that
// does not lead any more does not know what another has granted.
func (m *model) held(s *state, l, t, v int) byte {
	r := &s.reign[t-1]
	all := m.outstanding(&s.srv[l])
	if !s.leads(l, t) {
		if m.wrong == deposedForgets {
			return 0
		}
		return all
	}
	// The countdown began with the longest time there is.
	left := less(r.young, m.longest()-all)
	if m.wrong == noReadyWait {
		left = 0
	}
	return max(left, r.grant[v])
}

// outstanding is how long any lease may last, as the leader's state has it.
func (m *model) outstanding(leader *server) byte {
	if leader.holds(lower, leader.idx) && (leader.holds(settle, leader.idx) || m.wrong == lowerAtOnce) {
		return m.over(m.lowTo)
	}
	return m.longest()
}

// confirms is a member's word that its handle holds the entry.
func (m *model) confirms(s *state, t, i int) {
	b := &s.reign[t-1].bar[i]
	for v := range m.servers {
		srv := &s.srv[v]
		asked := has(b.wait, v) || b.phase != running && has(m.holders, v)
		if !asked || has(b.confirm, v) || srv.next != srv.epoch && m.wrong != confirmInRestore {
			continue
		}
		next := *s
		next.reign[t-1].bar[i].confirm |= bit(v)
		switch {
		case srv.idx >= b.idx:
			m.emit(next, act{what: didConfirm, a: v, n: i})
		case m.early && i == forDelete && b.phase == running:
			next.srv[v].denied = true
			m.emit(next, act{what: didDeny, a: v})
		}
	}
}

// pass answers the take-away.
func (m *model) pass(s *state, t, i int) {
	b := &s.reign[t-1].bar[i]
	for v := range m.servers {
		if has(b.wait&^b.confirm, v) && b.left[v] > 0 {
			return
		}
	}
	next := *s
	if i == forDelete {
		next.deleted = true
	} else {
		next.drained = true
	}
	m.emit(next, act{what: didPass, a: int(s.reign[t-1].leader) - 1, n: i})
}
