package history

import (
	"cmp"
	"slices"
	"time"
)

// Check returns the answers that break a promise, in the order of their
// beginning:
//
//   - R: a key was accepted though it had been taken away before the request
//     began, and nobody can have made it again. What nobody began to create
//     counts as taken away before the history began.
//   - N: a key was refused though it had been created before the request began,
//     and nobody began to take it away before the request ended.
//   - L: a list shows a name that R forbids, or lacks one that N demands.
//
// It takes about n·log n, where each name that a list shows counts.
func Check(ops []Op) []Violation {
	b := newBook(ops)
	var found []Violation
	for _, op := range ops {
		if op.Kind == Authenticate && (op.Outcome == OK || op.Outcome == Refused) {
			found = append(found, b.judge(op)...)
		}
	}
	found = append(found, b.lists(ops)...)
	slices.SortStableFunc(found, func(x, y Violation) int { return cmp.Compare(x.Op.Start, y.Op.Start) })
	return found
}

// record is what was done to one secret or thing.
type record struct{ creates, deletes track }

// book has the records of a history. A delete of a thing is in the thing's
// record only, a create of a secret in both.
type book struct {
	ops     []Op
	records map[id]*record
}

func newBook(ops []Op) *book {
	b := &book{ops: ops, records: map[id]*record{}}
	for i, op := range ops {
		if !op.possible() {
			continue
		}
		switch id := op.id(); op.Kind {
		case Create:
			b.record(id).creates.add(i)
			if thing := id.thing(); thing != id {
				b.record(thing).creates.add(i)
			}
		case Delete:
			b.record(id).deletes.add(i)
		}
	}
	for _, r := range b.records {
		r.creates.settle(ops)
		r.deletes.settle(ops)
	}
	return b
}

func (b *book) record(id id) *record {
	r := b.records[id]
	if r == nil {
		r = &record{}
		b.records[id] = r
	}
	return r
}

// tracks returns the creates of the id, and the deletes of it and of its thing.
func (b *book) tracks(id id) (creates *track, deletes [2]*track) {
	var nothing record
	own, thing := &nothing, &nothing
	if r := b.records[id]; r != nil {
		own = r
	}
	if r := b.records[id.thing()]; r != nil {
		thing = r
	}
	return &own.creates, [2]*track{&own.deletes, &thing.deletes}
}

// forbidden says that an answer in this interval must not show the id, and
// which delete forbids it: -1 where nobody had begun to create the id.
func (b *book) forbidden(id id, start, end time.Duration) (because int, is bool) {
	creates, deletes := b.tracks(id)
	if !creates.possible(-1, end) {
		return -1, true
	}
	for _, d := range deletes {
		if gone := d.before(start); gone >= 0 && !creates.possible(b.ops[gone].Start, end) {
			return gone, true
		}
	}
	return -1, false
}

// demanded says that an answer in this interval must show the id, and which
// create demands it.
func (b *book) demanded(id id, start, end time.Duration) (because int, is bool) {
	creates, deletes := b.tracks(id)
	made := creates.before(start)
	if made < 0 {
		return -1, false
	}
	for _, d := range deletes {
		if d.possible(b.ops[made].Start, end) {
			return -1, false
		}
	}
	return made, true
}

// judge returns what is wrong with a plain yes or no.
func (b *book) judge(op Op) []Violation {
	rule, test := "R", b.forbidden
	if op.Outcome == Refused {
		rule, test = "N", b.demanded
	}
	because, is := test(op.id(), op.Start, op.End)
	if !is {
		return nil
	}
	return []Violation{b.violation(rule, op, "", because)}
}

func (b *book) violation(rule string, op Op, name string, because int) Violation {
	v := Violation{Rule: rule, Op: op, Name: name}
	if because >= 0 {
		v.Because = &b.ops[because]
	}
	return v
}
