//go:build linux

package faults

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"jeton/internal/history"
)

// Two things are in one order for everybody: what becomes of a name, and what
// becomes of a refresh token, since the log decides both. What is of unknown
// outcome may have its effect at any time later, or after all the others, where
// it is as good as never. A restore takes a name away, whether it was there or not.

// forever is when an operation of unknown outcome ends.
const forever = math.MaxInt64

// nameStep says whether a token of the name is there.
func nameStep(state, input, output any) (bool, any) {
	there, op := state.(bool), input.(history.Op)
	switch op.Kind {
	case history.Create:
		return op.Outcome == history.Unknown || there == (op.Outcome == history.Conflict), true
	case history.Delete:
		return op.Outcome == history.Unknown || op.Client == restorer || there == (op.Outcome == history.OK), false
	}
	return there == output.(bool), there // a list
}

var nameModel = porcupine.Model{
	Init: func() any { return false },
	Step: nameStep,
	DescribeOperation: func(input, output any) string {
		op := input.(history.Op)
		return fmt.Sprintf("%s %s by %s at %s: %s %v", op.Kind, op.Name, op.Client, op.Node, op.Outcome, output)
	},
}

// nameOps are the operations on each of the names that clients share.
func nameOps(ops []history.Op) map[string][]porcupine.Operation {
	found := map[string][]porcupine.Operation{}
	names := map[string]bool{}
	for i := range sharedNames {
		names[fmt.Sprintf("shared-%d", i)] = true
	}
	for _, op := range ops {
		switch {
		case op.Outcome == history.CannotKnow || op.Outcome == history.Refused:
		case op.Kind == history.List && op.Outcome == history.OK:
			for name := range names {
				key := op.Scope + "/" + name
				found[key] = append(found[key], operation(op, slices.Contains(op.Seen, name)))
			}
		case (op.Kind == history.Create || op.Kind == history.Delete) && names[op.Name]:
			key := op.Scope + "/" + op.Name
			found[key] = append(found[key], operation(op, false))
		}
	}
	return found
}

func operation(op history.Op, seen bool) porcupine.Operation {
	end := int64(op.End)
	if op.Outcome == history.Unknown || op.Outcome == history.Perhaps {
		end = forever
	}
	return porcupine.Operation{Input: op, Output: seen, Call: int64(op.Start), Return: end}
}

// refreshOp presents a refresh token, or ends it.
type refreshOp struct {
	token      string // whose refresh token: the key of its pair
	ends       bool
	outcome    history.Outcome
	pair       string // the key of the pair that was given
	start, end time.Duration
}

type refreshes struct {
	mu  sync.Mutex
	ops []refreshOp
}

func (r *refreshes) add(op refreshOp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

// refreshState is what became of a refresh token.
type refreshState struct {
	ended bool
	pair  string // what it was spent on; "?" when nobody was told
}

func refreshStep(state, input, _ any) (bool, any) {
	s, op := state.(refreshState), input.(refreshOp)
	switch {
	case op.ends:
		return true, refreshState{ended: true, pair: s.pair}
	case op.outcome == history.Refused:
		return s.ended, s
	case op.outcome == history.OK:
		return !s.ended && (s.pair == "" || s.pair == "?" || s.pair == op.pair), refreshState{pair: op.pair}
	}
	if !s.ended && s.pair == "" {
		s.pair = "?"
	}
	return true, s
}

var refreshModel = porcupine.Model{
	Init:              func() any { return refreshState{} },
	Step:              refreshStep,
	DescribeOperation: func(input, _ any) string { return fmt.Sprintf("%+v", input) },
}

// byToken are the operations on each refresh token. A spent one gives the
// same pair for half a minute only, so what was refused after a long time says
// nothing.
func (r *refreshes) byToken() map[string][]porcupine.Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string][]porcupine.Operation{}
	for _, op := range r.ops {
		if op.outcome == history.CannotKnow || op.outcome == history.Refused && op.end-op.start > 20*time.Second {
			continue
		}
		end := int64(op.end)
		if op.outcome == history.Unknown {
			end = forever
		}
		found[op.token] = append(found[op.token], porcupine.Operation{Input: op, Call: int64(op.start), Return: end})
	}
	return found
}
