package model

const (
	maxServers = 4
	maxTerms   = 3
	maxLog     = 10
)

// kind is what an entry of the log does.
type kind byte

const (
	noop   kind = iota + 1 // the first entry of a term
	create                 // of the one token
	remove                 // of the token: a take-away
	retire                 // the target is to leave: a take-away, too
	leave                  // a configuration without the target
	enter                  // a configuration with the target, which has no vote
	lower                  // a shorter lease counts for new grants
	settle                 // the longer leases are known to be over
)

// entry is a kind and the term in which it was appended.
type entry byte

func makeEntry(k kind, term int) entry { return entry(byte(term)<<4 | byte(k)) }
func (e entry) kind() kind             { return kind(e & 15) }
func (e entry) term() int              { return int(e >> 4) }

// state is one state of the whole model. It holds bytes only and no pointers, so
// that it can be copied and hashed as it is. What cannot matter any more is zero:
// two states with the same future are one.
type state struct {
	srv   [maxServers]server
	reign [maxTerms]reign // by term, from term 1
	com   [maxLog]entry   // what is committed
	ncom  byte
	began byte // terms that have had a leader

	creates, deletes, restores byte // so far

	created  bool // the create was answered
	deleting bool // somebody has begun to delete
	deleted  bool // a delete was answered
	drained  bool // the retirement was answered

	req request
}

// server is a member, or one that may become a member.
type server struct {
	term byte
	n    byte
	log  [maxLog]entry

	idx   byte // the handle's index: how much of the log is in the state
	epoch byte // the handle's epoch
	next  byte // the epoch's counter; ahead of epoch only while a restore goes on

	q     question
	lease lease

	retired bool // holds no lease any more
	denied  bool // was told of the delete before it had applied it
	slipped bool // its clock has gone wrong by one tick
}

// lease is a server's right to answer from its state.
type lease struct {
	left  byte // ticks; 0: no lease
	epoch byte
}

// question is a server's round: its way to the leader and back.
type question struct {
	stage stage
	term  byte // of the leader that has it
	age   byte // ticks since it was asked, as far as that matters
	epoch byte // noted when it was asked
	r     byte // the leader's answer
	lease byte // the length in the answer; 0: none
}

type stage byte

const (
	idle     stage = iota
	asked          // on its way to a leader
	waiting        // the leader has it, and will begin a round
	attached       // a round of the leader is under way for it
	ungrant        // the same, and the grant is not recorded yet (a wrong variant)
	replied        // the answer is here, or on its way
	indexOK        // the index was seen on a handle (a wrong variant)
)

// reign is one term and its leader, who goes on to lead, as it believes, until it
// hears of a later term.
type reign struct {
	leader  byte // and 1; 0: none yet
	ready   bool
	young   byte             // ticks until what was granted before the reign is surely over
	settled byte             // ticks until what was granted before the present length is over
	grant   [maxServers]byte // ticks until what was granted to the server is surely over
	round   round
	bar     [2]barrier // of the delete, of the retirement
}

// round is the leader's question to the voters.
type round struct {
	on    bool
	r     byte // the index that will be answered
	yes   byte // set of servers that said so
	confs byte // configurations in the leader's log when it began
}

// barrier is the leader's wait before a take-away is answered.
type barrier struct {
	phase   phase
	idx     byte
	wait    byte // set of servers that may hold a lease
	confirm byte // set of servers that said that they hold the entry
	left    [maxServers]byte
}

type phase byte

const (
	none     phase = iota
	appended       // not applied yet; kept by a wrong variant only
	applied        // applied by the leader; the grants are not frozen yet
	running
)

const (
	forDelete = iota
	forRetirement
)

// request is the one request that is judged.
type request struct {
	stage reqStage
	node  byte
	epoch byte // of the lease, or of the handle, that was seen first
	// joined: the server's question was asked after the request had begun to wait.
	joined bool
}

type reqStage byte

const (
	noRequest reqStage = iota
	leased             // the lease was tested and held; the look-up is next
	looked             // the token was seen; the lease is tested next (a wrong variant)
	slow               // waits for a round
)

// leads reports whether the server believes that it leads the term.
func (s *state) leads(v, t int) bool {
	return int(s.reign[t-1].leader) == v+1 && int(s.srv[v].term) == t
}

// holds reports whether the kind is among the server's first n entries.
func (v *server) holds(k kind, n byte) bool {
	for _, e := range v.log[:n] {
		if e.kind() == k {
			return true
		}
	}
	return false
}

// token reports whether the token is in the server's state.
func (v *server) token() bool {
	there := false
	for _, e := range v.log[:v.idx] {
		switch e.kind() {
		case create:
			there = true
		case remove:
			there = false
		}
	}
	return there
}

func samePrefix(a, b *[maxLog]entry, n byte) bool {
	for i := range n {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func count(set byte) int {
	n := 0
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

func has(set byte, v int) bool { return set>>v&1 == 1 }

func bit(v int) byte { return 1 << v }

// less is a countdown after n ticks.
func less(left, n byte) byte { return left - min(left, n) }
