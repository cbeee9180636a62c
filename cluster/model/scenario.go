package model

// scenario is the size of one search: who there is and what may happen.
type scenario struct {
	name    string
	servers int
	voters  byte // set of servers, at the start
	// holders are the servers that ask for leases and serve requests. What the
	// others would ask changes nothing for these.
	holders byte
	twins   [2]int // two servers that may be exchanged; equal: none
	terms   int

	lease  byte // ticks
	margin byte
	lowTo  byte // the shorter lease; 0: it is never lowered
	slow   byte // servers whose clock may lose one tick against the others'
	fast   byte // servers whose clock may gain one tick

	creates  int // 0: the token is there at the start
	deletes  int
	restores int
	early    bool // a member may deny the token before it has applied the delete
	removes  bool // the target leaves
	enters   bool // the target, which is no member at the start, enters
	target   int
	// counter: the epoch that a question notes is a counter that grows when a
	// restore begins. Otherwise it is the handle's.
	counter bool
	// plain: no shortcut of the search is taken. It takes ten times as long.
	plain bool
}

const (
	serverA = iota
	serverB
	serverC
	serverD
)

func set(servers ...int) byte {
	all := byte(0)
	for _, v := range servers {
		all |= bit(v)
	}
	return all
}

// variant is one way of getting the protocol wrong; the zero variant is the
// protocol.
type variant string

const (
	noBarrier        variant = "no barrier"
	absentAtOnce     variant = "a delete of what is absent answered at once"
	noReadyWait      variant = "no wait for a former leader's grants"
	askedBefore      variant = "a member's word from before the leader has applied the delete"
	joinInFlight     variant = "a request joins its node's round in flight"
	joinAtLeader     variant = "a question joins the leader's round in flight"
	noConfirmation   variant = "a leader answers without asking the voters"
	nonVotersCount   variant = "answers of non-voters count"
	lateAnswers      variant = "answers to an earlier round count"
	noOwnTerm        variant = "a leader answers before it has applied an entry of its term"
	grantAfterIndex  variant = "the grant is recorded after the index was read"
	startAtReply     variant = "a lease begins when the answer arrives"
	twoHandles       variant = "epoch and index are tested on different handles"
	noEpoch          variant = "no epoch"
	epochNotCompared variant = "the look-up does not compare the epoch"
	lookFirst        variant = "the look-up comes before the test of the lease"
	missUnderLease   variant = "a miss under a lease is a 401"
	noMargin         variant = "no margin for the clocks"
	wildClocks       variant = "clocks that go wrong by more than the margin"
	ownStateOnly     variant = "a create answered before the leader has applied it"
	noDrain          variant = "a server is removed without being retired"
	retireAtOnce     variant = "a retirement that does not wait for the barrier"
	retiredGoesOn    variant = "a retired server says yes and keeps its lease"
	grantRetired     variant = "a leader grants to a server that was retired"
	grantUncommitted variant = "a lease by a configuration that may never be committed"
	lowerAtOnce      variant = "a shorter lease counts at once"
	deposedForgets   variant = "a leader that was replaced takes nobody to hold a lease"
	configIgnored    variant = "a round counts though the configuration changed in it"
	confirmInRestore variant = "a member says yes in the middle of a restore"
)

// model is a scenario under the protocol or under one wrong variant of it.
type model struct {
	scenario
	wrong variant
	base  byte // entries of the log at the start
	out   []successor
	did   [brokeN + 1]bool // the kinds of steps that were taken
}

// successor is what one step leads to.
type successor struct {
	state state
	act   act
}

func newModel(sc scenario, wrong variant) *model {
	if wrong == noMargin {
		sc.margin = 0
	}
	return &model{scenario: sc, wrong: wrong}
}

// start is the state in which A leads term 1 and everybody holds everything.
func (m *model) start() state {
	var s state
	s.com[0] = makeEntry(noop, 1)
	s.ncom = 1
	if m.creates == 0 {
		s.com[1] = makeEntry(create, 1)
		s.ncom, s.created = 2, true
	}
	m.base = s.ncom
	for v := range m.servers {
		if m.enters && v == m.target {
			continue
		}
		s.srv[v] = server{term: 1, n: s.ncom, log: s.com, idx: s.ncom}
	}
	s.reign[0] = reign{leader: serverA + 1, ready: true}
	s.began = 1
	return s
}

// emit adds what a step leads to.
func (m *model) emit(s state, a act) {
	m.normalize(&s)
	m.did[a.what] = true
	m.out = append(m.out, successor{s, a})
}

// normalize forgets what cannot matter any more.
func (m *model) normalize(s *state) {
	for t := 1; t <= int(s.began); t++ {
		r := &s.reign[t-1]
		v := int(r.leader) - 1
		if int(s.srv[v].term) != t {
			r.ready, r.young, r.settled, r.round = false, 0, 0, round{}
			r.grant = [maxServers]byte{}
			m.forgetQuestions(s, t)
		} else if m.powerless(s, v, t) && !(r.round.on && m.canStill(s, v, t, r.round.yes)) {
			r.round = round{}
			m.forgetQuestions(s, t)
		}
		if s.deleted {
			r.bar[forDelete] = barrier{}
		}
		if s.drained {
			r.bar[forRetirement] = barrier{}
		}
	}
	over := m.calm(s) && !m.plain
	for t := range s.began {
		if r := &s.reign[t]; over {
			r.young, r.settled, r.grant = 0, 0, [maxServers]byte{}
		}
	}
	for v := range m.servers {
		srv := &s.srv[v]
		srv.slipped = srv.slipped && !over
		if srv.lease.left == 0 {
			srv.lease = lease{}
		}
		srv.denied = srv.denied && srv.token()
	}
}

// calm reports whether no barrier matters any more. Then nobody looks at what was
// granted, nor at one clock against another.
func (m *model) calm(s *state) bool { return s.deleted || m.deletes == 0 }

// forgetQuestions ends what waits for a leader that will not answer.
func (m *model) forgetQuestions(s *state, t int) {
	for v := range m.servers {
		q := &s.srv[v].q
		if int(q.term) == t && (q.stage == waiting || q.stage == attached || q.stage == ungrant) {
			*q = question{}
			m.loseQuestion(s, v)
		}
	}
}

// loseQuestion makes the request wait for the next question.
func (m *model) loseQuestion(s *state, v int) {
	if s.req.stage == slow && int(s.req.node) == v {
		s.req.joined = false
	}
}
