package model

// tick lets time pass. Every clock goes on by one, but for at most one that loses
// the tick and at most one that gains another; each does so once in its life, which
// is more often than a lease's length allows for.
func (m *model) tick(s *state) {
	for slow := -1; slow < m.servers; slow++ {
		if slow >= 0 && !m.maySlip(s, m.slow, slow) {
			continue
		}
		for fast := -1; fast < m.servers; fast++ {
			if fast >= 0 && (!m.maySlip(s, m.fast, fast) || fast == slow) {
				continue
			}
			m.emit(m.ticked(*s, slow, fast), act{what: didTick, a: slow, b: fast})
		}
	}
}

func (m *model) maySlip(s *state, who byte, v int) bool {
	return has(who, v) && (!m.calm(s) || m.plain) && (!s.srv[v].slipped || m.wrong == wildClocks)
}

func (m *model) ticked(s state, slow, fast int) state {
	var by [maxServers]byte
	for v := range m.servers {
		by[v] = 1
		switch v {
		case slow:
			by[v], s.srv[v].slipped = 0, true
		case fast:
			by[v], s.srv[v].slipped = 2, true
		}
		srv := &s.srv[v]
		srv.lease.left = less(srv.lease.left, by[v])
		if srv.q.stage != idle {
			srv.q.age = min(srv.q.age+by[v], m.lease-m.margin)
		}
	}
	for t := range s.began {
		s.reign[t].pass(by[s.reign[t].leader-1])
	}
	return s
}

func (r *reign) pass(n byte) {
	r.young, r.settled = less(r.young, n), less(r.settled, n)
	for v := range r.grant {
		r.grant[v] = less(r.grant[v], n)
	}
	for i := range r.bar {
		for v := range r.bar[i].left {
			r.bar[i].left[v] = less(r.bar[i].left[v], n)
		}
	}
}
