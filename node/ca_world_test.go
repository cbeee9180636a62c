package node

import (
	"fmt"

	"jeton/security/token"
)

const (
	maxNodes = 4
	maxLog   = 10
)

// variant is a wrong way to do it.
type variant string

const (
	silentNotAwaited variant = "one that does not answer is not waited for"
	finishUnrenewed  variant = "the former CA goes before every node has a certificate of the new one"
	switchAtOnce     variant = "trusted and signing in one step"
	signedBefore     variant = "a newcomer's certificate is signed before it is a server"
	newcomerUnasked  variant = "newcomers are not asked"
	formerAnswer     variant = "an answer from a former rotation counts"
	formerStep       variant = "a step does not name the one that it follows"
	trustGoesBack    variant = "after a start counts what the state says"
	answersByMemory  variant = "an answer that is not on the disk"
	renewsByOldState variant = "a certificate of a state that is older than what is trusted"
	labelFirst       variant = "the label is written before the list"
)

type entryKind int8

const (
	begins entryKind = 1 + iota
	beginsHeld
	releases
	steps // what a roll call has led to
	adds
	removes
)

type entryCode struct {
	kind entryKind
	arg  int8
}

type place int8

const (
	absent place = iota
	server       // of the configuration; it has no answer to its join yet
	inside
	removed
)

// peer is one node: what is on its disk, and how much of the log it has applied.
type peer struct {
	place   place
	up      bool
	disk    uint8
	applied int8  // -1: not even the founding
	added   int8  // entries before it was a server
	token   uint8 // CAs by which it knows the cluster
}

// world is one moment. A step that a roll call has led to may be applied at any time
// from then on, or never, or again: so an answer that is late, a leader that was
// replaced, and one that was held up between question and proposal need no more.
type world struct {
	log     past
	peers   [maxNodes]peer
	pending uint64 // numbers of steps
	call    asked
	calling bool
}

// size is what is searched.
type size struct {
	name               string
	members, newcomers int
	rotations, gone    int
	restarts, held     bool
	prompt             bool // the first node lags never, for there are fewer states then
	authorities        int
	wrong              variant
}

type caSearch struct {
	size
	*shipped
	out []step
}

type step struct {
	what string
	to   world
}

func tokenSecret() token.Secret { return token.SecretFrom("secret") }

func (x *caSearch) start() (w world) {
	first := x.shipped.disk(disk{list: x.cas[0].Certificate})
	for i := range x.members {
		w.peers[i] = peer{place: inside, up: true, disk: first}
	}
	return w
}

// upTo is the log as a node has it.
func (w *world) upTo(n int8) past {
	p := past{n: n}
	if n > 0 {
		copy(p.entries[:n], w.log.entries[:n])
	}
	return p
}

func (x *caSearch) viewOf(w *world, i int) view {
	return x.look(w.peers[i].disk, w.upTo(w.peers[i].applied))
}

func (w *world) running(i int) bool { return w.peers[i].up && w.peers[i].place == inside }

func (w *world) count(k ...entryKind) (n int) {
	for _, e := range w.log.entries[:w.log.n] {
		for _, kind := range k {
			if e.kind == kind {
				n++
			}
		}
	}
	return n
}

// servers is the configuration as a node knows it that has applied that much.
func (x *caSearch) servers(w *world, applied int8) (set uint8) {
	for i := range x.members {
		set |= 1 << i
	}
	for _, e := range w.log.entries[:max(applied, 0)] {
		switch {
		case e.kind == adds && x.size.wrong != newcomerUnasked:
			set |= 1 << e.arg
		case e.kind == removes:
			set &^= 1 << e.arg
		}
	}
	return set
}

func (x *caSearch) add(what string, w world) {
	if first := &w.peers[0]; x.prompt && first.place == inside {
		first.applied = w.log.n
		first.disk = x.tend(first.disk, w.log).after
	}
	x.out = append(x.out, step{what, w})
}

// append puts an entry into the log if it changes anything.
func (x *caSearch) append(what string, w world, e entryCode) bool {
	if w.log.n == maxLog {
		return false
	}
	before := x.machine(w.log).Current().CARotation()
	w.log.entries[w.log.n] = e
	w.log.n++
	if after := x.machine(w.log).Current().CARotation(); e.kind < adds && after == before {
		return false
	}
	if e.kind == adds {
		w.peers[e.arg].place, w.peers[e.arg].added = server, w.log.n-1
	}
	if e.kind == removes {
		w.peers[e.arg] = peer{place: removed}
	}
	x.add(what, w)
	return true
}

func (x *caSearch) stepsFrom(w world) []step {
	x.out = x.out[:0]
	x.cluster(w)
	for i := range x.members + x.newcomers {
		switch p := w.peers[i]; {
		case p.place == inside && p.up:
			x.live(w, i)
		case p.place == inside:
			for back := int8(-1); back <= p.applied; back++ {
				next := w
				next.peers[i].up, next.peers[i].applied = true, back
				x.add(fmt.Sprintf("%d starts from %d", i, back), next)
			}
		case p.place == absent || p.place == server:
			x.join(w, i)
		}
	}
	return x.out
}

// cluster is what gets into the log.
func (x *caSearch) cluster(w world) {
	r := x.machine(w.log).Current().CARotation()
	if w.count(begins, beginsHeld) < x.rotations && !r.UnderWay() {
		for ca := range int8(x.numberOfCAs()) {
			x.append(fmt.Sprintf("a rotation to %c begins", 'A'+ca), w, entryCode{begins, ca})
			if x.held {
				x.append(fmt.Sprintf("a rotation to %c is prepared", 'A'+ca), w, entryCode{beginsHeld, ca})
			}
		}
	}
	if r.Held {
		x.append("it is released", w, entryCode{releases, int8(x.caOf(r.Fingerprint))})
	}
	for at, c := range x.commands {
		if w.pending&(1<<at) != 0 {
			x.append(fmt.Sprintf("a %s is applied", c.Type()), w, entryCode{steps, int8(at)})
		}
	}
	if x.size.wrong == switchAtOnce && r.Next != nil {
		var ready asked
		ready.past, ready.members, ready.answers[0] = w.log, 1, x.look(x.shipped.disk(x.trusting(w)), w.log).word
		if at := x.next(ready); at >= 0 {
			next := w
			next.pending |= 1 << at
			x.add("the next CA signs at once", next)
		}
	}
	for i := range x.members + x.newcomers {
		if w.calling && w.call.members&(1<<i) != 0 && w.call.answers[i] == 0 && w.running(i) {
			x.answer(w, i)
		}
	}
	// Not all have answered, and for the code that ships that is the end of it.
	if at := x.next(w.call); w.calling && at >= 0 {
		w.pending |= 1 << at
		x.add("that is enough", w)
	}
}

// answer is a node's to the roll call. One by which nothing can follow is as good as
// none: what it writes down for it, it does by itself too.
func (x *caSearch) answer(w world, i int) {
	v := x.viewOf(&w, i)
	alone := asked{past: w.call.past, members: 1 << i}
	alone.answers[i] = v.word
	if x.next(alone) < 0 {
		return
	}
	w.call.answers[i], w.peers[i].disk = v.word, v.disk
	complete := true
	for j, word := range w.call.answers {
		complete = complete && (word != 0 || w.call.members&(1<<j) == 0)
	}
	if complete {
		w.pending |= 1 << x.next(w.call)
		w.calling, w.call = false, asked{}
	}
	x.add(fmt.Sprintf("%d answers", i), w)
}

func (x *caSearch) trusting(w world) disk {
	state := x.machine(w.log).Current()
	return disk{list: string(trustedBy(state)), version: state.CARotation().Version, issuer: x.caOf(x.fingerprintOfPEM(state.CA().Certificate))}
}

func (x *caSearch) numberOfCAs() int { return len(x.shipped.cas) }

// live is what a running member does, and what befalls it.
func (x *caSearch) live(w world, i int) {
	p := w.peers[i]
	at := w.upTo(p.applied)
	next := w
	if p.applied < w.log.n {
		next.peers[i].applied++
		x.add(fmt.Sprintf("%d applies an entry", i), next)
	}
	tend := x.tend(p.disk, at)
	next = w
	next.peers[i].disk = tend.after
	x.add(fmt.Sprintf("%d sees to its certificates", i), next)
	if x.restarts && (i > 0 || !x.prompt) {
		for _, d := range append([]uint8{p.disk}, tend.halves...) {
			next = w
			next.peers[i].disk, next.peers[i].up = d, false
			x.add(fmt.Sprintf("%d dies", i), next)
		}
	}
	// Whoever takes itself for the leader, by whatever state.
	if r := x.machine(at).Current().CARotation(); r.UnderWay() && !r.Held && (!w.calling || w.call.past != at) {
		next = w
		next.calling, next.call = true, asked{past: at, members: x.servers(&w, p.applied)}
		x.add(fmt.Sprintf("%d calls the roll", i), next)
	}
	if w.count(removes) < x.gone && i > 0 {
		x.append(fmt.Sprintf("%d is removed", i), w, entryCode{removes, int8(i)})
	}
}

// join is a newcomer's way in: a token, which some member makes by the state that it
// has; the place in the configuration; and the answer, which may be lost and asked
// for again, signed by whoever leads or takes itself to.
func (x *caSearch) join(w world, i int) {
	for m := range x.members {
		if !w.running(m) {
			continue
		}
		at, next := w.upTo(w.peers[m].applied), w
		if w.peers[i].place == absent && w.peers[i].token == 0 && w.peers[m].applied >= 0 {
			next.peers[i].token = x.token(at)
			x.add(fmt.Sprintf("a token for %d is made at %d", i, m), next)
		}
		if w.peers[i].token&(1<<x.viewOf(&w, m).issuer) == 0 {
			continue // it takes the member for a stranger
		}
		if w.peers[i].place == absent {
			x.append(fmt.Sprintf("%d is added", i), w, entryCode{adds, int8(i)})
			continue
		}
		for signer := range x.members {
			// From a state that is no older than its place in the configuration.
			applied := w.peers[signer].applied
			if late := applied > w.peers[i].added; !w.running(signer) || applied < 0 || !late && x.size.wrong != signedBefore {
				continue
			}
			next = w
			next.peers[i] = peer{place: inside, up: true, applied: -1, disk: x.issue(w.upTo(applied)), added: w.peers[i].added}
			x.add(fmt.Sprintf("%d gets a certificate of %d's", i, signer), next)
		}
	}
}
