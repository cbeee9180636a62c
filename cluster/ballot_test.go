package cluster

import (
	"math/rand/v2"
	"testing"
)

// electorate is the names of a list, each node with its ballot and what it has
// seen of the others'. An id is the node's rank as text.
type electorate struct {
	ballots [5]Ballot
	voted   [5]uint8 // by candidate: from whom it has seen a vote
	passed  [5]uint8 // by candidate: of whom it has seen that they cannot found
	size    int
}

func newElectorate(size int) electorate {
	e, list := electorate{size: size}, make([]string, size)
	for i := range size {
		e.ballots[i].List = list
	}
	return e
}

// key tells states apart.
type key struct {
	ranks         [5]int8 // of whom each has voted for; -1 is nobody
	founders      uint8
	voted, passed [5]uint8
}

func (e electorate) key() key {
	k := key{voted: e.voted, passed: e.passed}
	for i, b := range e.ballots {
		k.ranks[i] = int8(b.Rank)
		if b.Vote == "" {
			k.ranks[i] = -1
		}
		if b.Founder {
			k.founders |= 1 << i
		}
	}
	return k
}

func idOf(rank int) string { return "id0 id1 id2 id3 id4"[4*rank : 4*rank+3] }

func (e electorate) passedIDs(n int) (ids []string) {
	for i := range e.size {
		if e.passed[n]&(1<<i) != 0 {
			ids = append(ids, idOf(i))
		}
	}
	return ids
}

// ask is n's question to v, and v's answer. A question that arrives late does no
// more than one that is asked late, and an answer that arrives late no more than
// one that is acted on late; so neither needs a way of its own.
func (e electorate) ask(n, v int) electorate {
	e.ballots[v], _ = e.ballots[v].give(idOf(v), candidate{idOf(n), n}, e.passedIDs(n))
	if e.ballots[v].Vote == idOf(n) {
		e.voted[n] |= 1 << v
	}
	return e.look(n, v)
}

// look is n's look at v, which gives nothing.
func (e electorate) look(n, v int) electorate {
	if e.ballots[v].passed(v) {
		e.passed[n] |= 1 << v
	}
	return e
}

func (e electorate) found(n int) electorate {
	votes := 1
	for v := range e.size {
		if v != n && e.voted[n]&(1<<v) != 0 {
			votes++
		}
	}
	e.ballots[n], _ = e.ballots[n].found(idOf(n), votes)
	return e
}

// crash forgets what is not on disk.
func (e electorate) crash(n int) electorate {
	e.voted[n], e.passed[n] = 0, 0
	return e
}

// next are all states that may follow.
func (e electorate) next() (states []electorate) {
	for n := range e.size {
		states = append(states, e.found(n), e.crash(n))
		for v := range e.size {
			states = append(states, e.ask(n, v))
			if v != n {
				states = append(states, e.look(n, v))
			}
		}
	}
	return states
}

func (e electorate) founders() (n int) {
	for _, b := range e.ballots {
		if b.Founder {
			n++
		}
	}
	return n
}

// settle is what the nodes do when all of them are up: the first of the list asks
// everybody, itself too, again and again.
func (e electorate) settle() electorate {
	for range 2 * e.size {
		for v := range e.size {
			e = e.look(0, v)
		}
		for v := range e.size {
			e = e.ask(0, v)
		}
		e = e.found(0)
	}
	return e
}

// judge holds a state against both promises.
func judge(t *testing.T, e electorate) {
	t.Helper()
	if e.founders() > 1 {
		t.Fatalf("two founders: %+v", e.key())
	}
	if e.founders() == 0 && e.settle().founders() != 1 {
		t.Fatalf("nobody founds with everybody up: %+v", e.key())
	}
}

// Every order of questions, looks, crashes and decisions, with anything lost.
func TestNoOrderOfQuestionsMakesTwoFounders(t *testing.T) {
	t.Parallel()
	for size := 1; size <= 4; size++ {
		seen := map[key]bool{}
		open := []electorate{newElectorate(size)}
		for len(open) > 0 && len(seen) < 100_000 {
			e := open[0]
			open = open[1:]
			for _, next := range e.next() {
				if k := next.key(); !seen[k] {
					seen[k] = true
					judge(t, next)
					open = append(open, next)
				}
			}
		}
		t.Logf("%d nodes: %d states, %d left out", size, len(seen), len(open))
		if size <= 3 && len(open) > 0 {
			t.Errorf("%d nodes: the search was cut off", size)
		}
	}
}

func TestFiveNodesNeverHaveTwoFounders(t *testing.T) {
	t.Parallel()
	for walk := range uint64(2_000) {
		chance := rand.New(rand.NewPCG(walk, 5))
		e := newElectorate(5)
		for range 10 + chance.IntN(60) {
			n, v := chance.IntN(5), chance.IntN(5)
			switch chance.IntN(8) {
			case 0:
				e = e.found(n)
			case 1:
				e = e.crash(n)
			case 2:
				if v != n {
					e = e.look(n, v)
				}
			default:
				e = e.ask(n, v)
			}
		}
		judge(t, e)
	}
}

// What the search finds when a rule is left out: the rules are all needed, and the
// search sees it.
func TestAVoteThatMovedWithoutAReasonMakesTwoFounders(t *testing.T) {
	t.Parallel()
	e := newElectorate(3)
	e = e.ask(1, 1).ask(1, 2)
	e.ballots[2].Vote, e.ballots[2].Rank = idOf(0), 0 // its candidate still holds its own
	e = e.ask(0, 0).ask(0, 2).found(0).found(1)
	if e.founders() != 2 {
		t.Errorf("%d founders", e.founders())
	}
}

func TestAFounderGivesItsVoteToNobody(t *testing.T) {
	t.Parallel()
	e := newElectorate(3).ask(1, 1)
	e = e.ask(1, 2).found(1)
	if e = e.ask(0, 1); e.ballots[1].Vote != idOf(1) || !e.ballots[1].Founder {
		t.Errorf("%+v", e.ballots[1])
	}
}

func TestAFounderThatStartsAnewIsOneStill(t *testing.T) {
	t.Parallel()
	b := Ballot{List: []string{"a", "b", "c"}, Vote: "x", Founder: true}
	if next, ok := b.found("x", 1); !ok || !next.Founder {
		t.Error("it has forgotten")
	}
}
