package node

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
)

// broken is which promise the moment breaks.
func (x *caSearch) broken(w *world) string {
	for i := range w.peers {
		if !w.running(i) {
			continue
		}
		mine := x.viewOf(w, i)
		if !x.saidBy(w, w.peers[i].applied, string(mine.trust.pem)) {
			return fmt.Sprintf("%d trusts %s, which its state has gone beyond", i, x.names(mine.trust.certs))
		}
		for j := range w.peers {
			if theirs := x.viewIfRunning(w, j); j != i && theirs != nil && !x.accept(mine.issuer, string(theirs.trust.pem)) {
				return fmt.Sprintf("%d, whose certificate is of %c, is refused by %d, which trusts %s", i, 'A'+mine.issuer, j, x.names(theirs.trust.certs))
			}
		}
	}
	return ""
}

func (x *caSearch) viewIfRunning(w *world, j int) *view {
	if !w.running(j) {
		return nil
	}
	v := x.viewOf(w, j)
	return &v
}

// saidBy reports whether a state says to trust the list that is no older than what a
// node has applied. So who has applied the end of a rotation trusts the former CA no
// more.
func (x *caSearch) saidBy(w *world, applied int8, list string) bool {
	for n := max(applied, 0); n <= w.log.n; n++ {
		if string(trustedBy(x.machine(w.upTo(n)).Current())) == list {
			return true
		}
	}
	return false
}

// settle is what happens when all are up and nothing goes wrong any more: the rotation
// ends, and everybody talks to everybody. A newcomer that never got its answer and
// knows none of the CAs that members show is removed, as `jeton ca status` says.
func (x *caSearch) settle(w world) string {
	w.calling, w.call, w.pending = false, asked{}, 0
	for range 8 {
		for i := range w.peers {
			p := &w.peers[i]
			if p.place == server {
				*p = peer{place: removed}
			}
			if p.place == inside {
				p.up, p.applied = true, w.log.n
				p.disk = x.tend(p.disk, w.log).after
			}
		}
		if why := x.broken(&w); why != "" {
			return why
		}
		r := x.machine(w.log).Current().CARotation()
		if !r.UnderWay() {
			return x.united(&w)
		}
		e := entryCode{releases, int8(x.caOf(r.Fingerprint))}
		if !r.Held {
			call := asked{past: w.log}
			for i, p := range w.peers {
				if p.place == inside {
					v := x.viewOf(&w, i)
					call.members |= 1 << i
					call.answers[i], w.peers[i].disk = v.word, v.disk
				}
			}
			at := x.next(call)
			if at < 0 {
				continue
			}
			e = entryCode{steps, int8(at)}
		}
		if w.log.n == maxLog {
			return "" // more than is looked at
		}
		w.log.entries[w.log.n] = e
		w.log.n++
	}
	return "the rotation does not end"
}

func (x *caSearch) united(w *world) string {
	signer := x.machine(w.log).Current().CA().Certificate
	for i, p := range w.peers {
		if p.place != inside {
			continue
		}
		if v := x.viewOf(w, i); string(v.trust.pem) != signer || !x.accept(v.issuer, signer) {
			return fmt.Sprintf("%d stays behind: it trusts %s, its certificate is of %c", i, x.names(v.trust.certs), 'A'+v.issuer)
		}
	}
	return ""
}

// found is what a search has seen.
type found struct {
	states int
	why    string
	story  []string
	cut    bool
}

// explore goes through all states, breadth first, up to the limit.
func (x *caSearch) explore(limit int) found {
	type visit struct {
		from int32
		what string
	}
	seed, first := maphash.MakeSeed(), x.start()
	seen := map[uint64]bool{maphash.Comparable(seed, first): true}
	open, visits := []world{first}, []visit{{from: -1}}
	for at := 0; at < len(open); at++ {
		for _, s := range x.stepsFrom(open[at]) {
			hash := maphash.Comparable(seed, s.to)
			if seen[hash] {
				continue
			}
			seen[hash] = true
			why := x.broken(&s.to)
			if why == "" {
				if why = x.settle(s.to); why != "" {
					why = "for good: " + why
				}
			}
			if why != "" {
				story := []string{s.what, why}
				for i := at; i > 0; i = int(visits[i].from) {
					story = append([]string{visits[i].what}, story...)
				}
				return found{states: len(open), why: why, story: story}
			}
			open, visits = append(open, s.to), append(visits, visit{int32(at), s.what})
		}
		if len(open) > limit {
			return found{states: len(open), cut: true}
		}
	}
	return found{states: len(open)}
}

// walk takes steps by chance.
func (x *caSearch) walk(seed uint64, length int) found {
	chance := rand.New(rand.NewPCG(seed, 1))
	w, f := x.start(), found{}
	for range length {
		s := x.stepsFrom(w)
		pick := s[chance.IntN(len(s))]
		w, f.story, f.states = pick.to, append(f.story, pick.what), f.states+1
		if f.why = x.broken(&w); f.why == "" {
			f.why = x.settle(w)
		}
		if f.why != "" {
			return f
		}
	}
	return f
}
