package model

// propose is what clients and operators ask a leader for.
func (m *model) propose(s *state, l, t int) {
	srv := &s.srv[l]
	if int(s.creates) < m.creates {
		m.append(s, l, t, create)
	}
	judged := s.req.stage != noRequest && !s.deleted // a request under rule N ends before a delete begins
	if s.created && int(s.deletes) < m.deletes && !s.deleted && !judged {
		m.append(s, l, t, remove)
	}
	if m.lowTo > 0 {
		m.proposeLength(s, l, t)
	}
	if !m.stable(s, srv, t) {
		return
	}
	if m.enters && !srv.holds(enter, srv.n) {
		m.append(s, l, t, enter)
	}
	if m.removes && l != m.target {
		m.proposeRemoval(s, l, t)
	}
}

// stable reports whether the leader may change the configuration: it has an entry
// of its term and every change before committed.
func (m *model) stable(s *state, srv *server, t int) bool {
	own := false
	for i, e := range srv.log[:srv.n] {
		own = own || e == makeEntry(noop, t) && i < int(s.ncom)
	}
	return own && confs(srv, srv.n) == confs(srv, min(s.ncom, srv.n))
}

func (m *model) proposeRemoval(s *state, l, t int) {
	srv := &s.srv[l]
	if srv.holds(leave, srv.n) {
		return
	}
	// A leader that takes over begins anew: the retirement is proposed again.
	if !s.drained && !m.mine(srv, retire) && m.wrong != noDrain {
		m.append(s, l, t, retire)
	}
	if m.wrong == noDrain || s.drained && srv.holds(retire, srv.n) {
		m.append(s, l, t, leave)
	}
}

// mine reports whether the log has such an entry of the server's own term.
func (m *model) mine(srv *server, k kind) bool {
	for _, e := range srv.log[:srv.n] {
		if e == makeEntry(k, int(srv.term)) {
			return true
		}
	}
	return false
}

func (m *model) proposeLength(s *state, l, t int) {
	srv := &s.srv[l]
	if !srv.holds(lower, srv.n) {
		m.append(s, l, t, lower)
	}
	if r := &s.reign[t-1]; r.ready && srv.holds(lower, srv.idx) && !srv.holds(settle, srv.n) && r.settled == 0 {
		m.append(s, l, t, settle)
	}
}

func (m *model) append(s *state, l, t int, k kind) {
	if int(s.srv[l].n)+m.terms-int(s.began) >= maxLog {
		return // the rest of the log is for the leaders to come
	}
	next := *s
	switch k {
	case create:
		next.creates++
	case remove:
		next.deletes++
		next.deleting = true
		if m.wrong == askedBefore {
			next.reign[t-1].bar[forDelete] = barrier{phase: appended, idx: next.srv[l].n + 1}
		}
	}
	m.push(&next, l, k)
	m.emit(next, act{what: didAppend, a: l, n: int(k)})
}
