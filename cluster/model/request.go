package model

// One request is judged, begun at any moment at which a promise is about it. The
// lease is tested when it begins: to begin and to wait is to begin later.

func (m *model) request(s *state, v int) {
	if s.req.stage == noRequest {
		if s.deleted || s.created && !s.deleting {
			m.arrive(s, v)
		}
		return
	}
	if int(s.req.node) != v {
		return
	}
	switch s.req.stage {
	case leased:
		m.lookUp(s, v)
	case looked:
		m.testLate(s, v)
	case slow:
		m.lookAgain(s, v)
	}
}

func (m *model) arrive(s *state, v int) {
	next := *s
	srv := &next.srv[v]
	switch {
	case m.wrong == lookFirst && srv.token():
		next.req = request{stage: looked, node: byte(v), epoch: srv.epoch}
		m.emit(next, act{what: didLookFirst, a: v})
	case srv.lease.left > 0:
		next.req = request{stage: leased, node: byte(v), epoch: srv.lease.epoch}
		m.emit(next, act{what: didTest, a: v})
	default:
		m.slowDown(next, v, didArrive)
	}
}

// slowDown lets the request wait for a round that begins after now.
func (m *model) slowDown(s state, v int, what doing) {
	s.req = request{stage: slow, node: byte(v)}
	s.req.joined = m.wrong == joinInFlight && s.srv[v].q.stage != idle
	m.emit(s, act{what: what, a: v})
}

// lookUp is under a lease. A token that is there is accepted; all else is looked
// up again after a round.
func (m *model) lookUp(s *state, v int) {
	srv := &s.srv[v]
	same := srv.epoch == s.req.epoch || m.wrong == epochNotCompared || m.wrong == noEpoch
	switch {
	case same && srv.token() && !srv.denied:
		m.decide(s, v, true)
	case same && m.wrong == missUnderLease:
		m.decide(s, v, false)
	default:
		m.slowDown(*s, v, didMiss)
	}
}

// testLate is of the wrong variant that looks first.
func (m *model) testLate(s *state, v int) {
	if l := s.srv[v].lease; l.left > 0 && l.epoch == s.req.epoch {
		m.decide(s, v, true)
	}
}

// lookAgain is after a round, in a handle that has its index. The lease's length
// in the answer does not matter here.
func (m *model) lookAgain(s *state, v int) {
	srv := &s.srv[v]
	if s.req.joined && srv.q.stage == replied && srv.idx >= srv.q.r {
		m.decide(s, v, srv.token())
	}
}

// decide ends the request. What is as promised leads nowhere; what is not is the
// search's end.
func (m *model) decide(s *state, v int, yes bool) {
	switch {
	case yes && s.deleted:
		m.emit(*s, act{what: brokeR, a: v})
	case !yes && !s.deleting:
		m.emit(*s, act{what: brokeN, a: v})
	}
}
