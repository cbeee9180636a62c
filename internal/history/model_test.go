package history

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is the definition, word by word: every operation against every other.
type model []Op

// precedes says that whatever x did, it did before y had begun.
func precedes(x, y Op) bool {
	return x.Outcome != Unknown && x.End <= y.Start
}

func (m model) deletesOf(key id) (deletes []Op) {
	for _, o := range m {
		if o.Kind == Delete && o.possible() && (o.id() == key || o.id() == key.thing()) {
			deletes = append(deletes, o)
		}
	}
	return deletes
}

func (m model) createsOf(key id) (creates []Op) {
	for _, o := range m {
		if o.Kind == Create && o.possible() && (o.id() == key || o.id().thing() == key) {
			creates = append(creates, o)
		}
	}
	return creates
}

func (m model) forbidden(key id, answer Op) bool {
	between := func(first *Op) bool {
		return slices.ContainsFunc(m.createsOf(key), func(c Op) bool {
			return (first == nil || !precedes(c, *first)) && c.Start < answer.End
		})
	}
	if !between(nil) {
		return true
	}
	return slices.ContainsFunc(m.deletesOf(key), func(d Op) bool {
		return d.acknowledged() && precedes(d, answer) && !between(&d)
	})
}

func (m model) demanded(key id, answer Op) bool {
	return slices.ContainsFunc(m.createsOf(key), func(c Op) bool {
		return c.acknowledged() && precedes(c, answer) &&
			!slices.ContainsFunc(m.deletesOf(key), func(d Op) bool { return !precedes(d, c) && d.Start < answer.End })
	})
}

// things returns all names of a scope that the history mentions.
func (m model) things(scope string) map[id]bool {
	things := map[id]bool{}
	for _, o := range m {
		if o.Scope == scope && o.Kind != List {
			things[o.id().thing()] = true
		}
		for _, name := range o.Seen {
			things[id{scope, name, ""}] = true
		}
	}
	return things
}

func (m model) check() (found []string) {
	for i, o := range m {
		switch {
		case o.Kind == Authenticate && o.Outcome == OK && m.forbidden(o.id(), o):
			found = append(found, fmt.Sprint("R", i))
		case o.Kind == Authenticate && o.Outcome == Refused && m.demanded(o.id(), o):
			found = append(found, fmt.Sprint("N", i))
		case o.Kind == List && o.Outcome == OK:
			for thing := range m.things(o.Scope) {
				seen := slices.Contains(o.Seen, thing.name)
				if seen && m.forbidden(thing, o) || !seen && m.demanded(thing, o) {
					found = append(found, fmt.Sprint("L", i, thing.name))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func drawOp(rt *rapid.T, i int) Op {
	outcomes := map[Kind][]Outcome{
		Create:       {OK, OK, OK, Unknown, Conflict, CannotKnow},
		Delete:       {OK, OK, NotFound, Unknown, CannotKnow},
		Authenticate: {OK, Refused, CannotKnow},
		List:         {OK, OK, CannotKnow},
	}
	kind := rapid.SampledFrom([]Kind{Create, Delete, Authenticate, Authenticate, List}).Draw(rt, "kind")
	start := time.Duration(rapid.IntRange(0, 60).Draw(rt, "start"))
	o := Op{
		Kind:    kind,
		Outcome: rapid.SampledFrom(outcomes[kind]).Draw(rt, "outcome"),
		Scope:   rapid.SampledFrom([]string{"", "s"}).Draw(rt, "scope"),
		Client:  fmt.Sprint(i),
		Start:   start,
		End:     start + time.Duration(rapid.IntRange(0, 12).Draw(rt, "length")),
	}
	if kind == List {
		o.Seen = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID).Draw(rt, "seen")
		return o
	}
	o.Name = rapid.SampledFrom([]string{"", "b", "c"}).Draw(rt, "name")
	o.Key = rapid.SampledFrom([]string{"a", "1", "2"}).Draw(rt, "key")
	if kind == Delete && o.Name != "" && rapid.Bool().Draw(rt, "whole") {
		o.Key = ""
	}
	return o
}

func TestCheckFindsWhatTheDefinitionFinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var ops []Op
		for i := range rapid.IntRange(1, 24).Draw(rt, "n") {
			ops = append(ops, drawOp(rt, i))
		}
		got := []string(nil)
		for _, v := range Check(ops) {
			got = append(got, v.Rule+v.Op.Client+v.Name)
		}
		slices.Sort(got)
		if want := (model(ops)).check(); !slices.Equal(got, want) {
			rt.Fatalf("found %q, want %q", got, want)
		}
	})
}
