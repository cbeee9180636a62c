package history

import (
	"cmp"
	"slices"
	"time"
)

// lists judges all lists in one walk through time. It keeps the names that a
// list might have to show: so a list costs what it shows, or ought to, and not
// all names that there ever were.
func (b *book) lists(ops []Op) []Violation {
	var found []Violation
	alive := map[string]map[id]bool{} // by scope
	for _, e := range listEvents(ops) {
		op := ops[e.index]
		switch op.Kind {
		case Create:
			if alive[op.Scope] == nil {
				alive[op.Scope] = map[id]bool{}
			}
			alive[op.Scope][op.id().thing()] = true
		case Delete:
			// A create that was acknowledged by now demands nothing any more; a
			// later one puts the name back. A delete that took no time at all may
			// count as later than a list or create of the same moment.
			if op.Start < op.End {
				delete(alive[op.Scope], op.id())
			}
		case List:
			found = append(found, b.extra(op)...)
			found = append(found, b.missing(op, alive[op.Scope])...)
		}
	}
	return found
}

// event is the moment at which an operation counts in the walk.
type event struct {
	at    time.Duration
	index int
}

// listEvents returns the lists by their starts, between the creates and deletes
// by the moments at which they were acknowledged. At one moment, deletes are
// first and lists are last: so a name is kept where there is a doubt.
func listEvents(ops []Op) []event {
	rank := map[Kind]int{Delete: 0, Create: 1, List: 2}
	var events []event
	for i, op := range ops {
		switch {
		case op.Kind == List && op.Outcome == OK:
			events = append(events, event{op.Start, i})
		case (op.Kind == Create || op.Kind == Delete) && op.acknowledged():
			events = append(events, event{op.End, i})
		}
	}
	slices.SortStableFunc(events, func(x, y event) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(rank[ops[x.index].Kind], rank[ops[y.index].Kind]))
	})
	return events
}

// extra returns what the list shows and must not.
func (b *book) extra(list Op) []Violation {
	var found []Violation
	for _, name := range list.Seen {
		if because, is := b.forbidden(id{list.Scope, name, ""}, list.Start, list.End); is {
			found = append(found, b.violation("L", list, name, because))
		}
	}
	return found
}

// missing returns what the list must show and does not, by name.
func (b *book) missing(list Op, alive map[id]bool) []Violation {
	seen := make(map[string]bool, len(list.Seen))
	for _, name := range list.Seen {
		seen[name] = true
	}
	var found []Violation
	for thing := range alive {
		if seen[thing.name] {
			continue
		}
		if because, is := b.demanded(thing, list.Start, list.End); is {
			found = append(found, b.violation("L", list, thing.name, because))
		}
	}
	slices.SortFunc(found, func(x, y Violation) int { return cmp.Compare(x.Name, y.Name) })
	return found
}
