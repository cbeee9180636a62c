package history

import (
	"slices"
	"sync"
	"time"
)

// Recorder gathers the operations of one run, from any number of clients.
type Recorder struct {
	now func() time.Duration

	mu   sync.Mutex
	last time.Duration
	ops  []Op
}

// NewRecorder records by the clock now, which counts from the run's beginning.
// No two of the recorder's times are equal: where the clock stands still, as a
// simulated one does, what was recorded later is later by a nanosecond.
func NewRecorder(now func() time.Duration) *Recorder {
	return &Recorder{now: now, last: -1}
}

// Call is an operation under way. Its Op belongs to the caller until End, who
// may complete it by then with what the answer held.
type Call struct {
	Op
	recorder *Recorder
	index    int
}

// Begin notes that the operation begins. It comes before the request is sent.
func (r *Recorder) Begin(op Op) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	op.Start = r.tick()
	op.End = op.Start
	op.Outcome = Unknown
	r.ops = append(r.ops, op)
	return &Call{Op: op, recorder: r, index: len(r.ops) - 1}
}

// Finish notes the outcome. It comes after the answer is there, once.
func (c *Call) Finish(outcome Outcome) {
	r := c.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	c.End = r.tick()
	c.Outcome = outcome
	r.ops[c.index] = c.Op
}

// Ops returns what was recorded, in the order of beginning. What is still under
// way is of unknown outcome.
func (r *Recorder) Ops() []Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ops)
}

func (r *Recorder) tick() time.Duration {
	r.last = max(r.now(), r.last+1)
	return r.last
}
