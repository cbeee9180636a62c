package history

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestNoTwoRecordedTimesAreEqual(t *testing.T) {
	r := NewRecorder(func() time.Duration { return 7 })
	first := r.Begin(Op{Kind: Create, Name: "n"})
	second := r.Begin(Op{Kind: Delete, Name: "n"})
	first.Key = "secret"
	first.Finish(OK)
	ops := r.Ops()
	if ops[0].Start != 7 || ops[1].Start != 8 || ops[0].End != 9 {
		t.Errorf("recorded %v", ops)
	}
	if ops[0].Key != "secret" || ops[0].Outcome != OK {
		t.Errorf("what the answer held is not there: %v", ops[0])
	}
	if ops[1].Outcome != Unknown {
		t.Errorf("what is under way is %q", ops[1].Outcome)
	}
	second.Finish(NotFound)
}

func TestManyClientsRecordAtOnce(t *testing.T) {
	began := time.Now()
	r := NewRecorder(func() time.Duration { return time.Since(began) })
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for j := range 100 {
				c := r.Begin(Op{Kind: Create, Key: fmt.Sprint(i, j)})
				c.Finish(OK)
				r.Ops()
			}
		})
	}
	clients.Wait()
	ops := r.Ops()
	if len(ops) != 800 {
		t.Errorf("recorded %d operations", len(ops))
	}
	times := map[time.Duration]bool{}
	for _, o := range ops {
		times[o.Start], times[o.End] = true, true
	}
	if len(times) != 2*len(ops) {
		t.Errorf("%d times for %d operations", len(times), len(ops))
	}
}

// TestALongHistoryIsJudgedQuickly can fail for one reason only, a judgement
// that compares everything with everything: that would take minutes.
func TestALongHistoryIsJudgedQuickly(t *testing.T) {
	var ops []Op
	var seen []string
	for i := range 25_000 {
		at, key := time.Duration(10*i), fmt.Sprint(i)
		ops = append(ops,
			op(Create, key, at, at+2, OK),
			op(Authenticate, key, at+2, at+3, OK),
			op(Authenticate, "0", at+2, at+3, OK))
		seen = append(seen, key)
		if i >= 50 {
			ops = append(ops, op(Delete, seen[1], at+4, at+5, OK))
			seen = append(seen[:1], seen[2:]...)
		}
		if i%100 == 0 {
			ops = append(ops, Op{Kind: List, Seen: append([]string(nil), seen...), Start: at + 6, End: at + 7, Outcome: OK})
		}
	}
	began := time.Now()
	if found := Check(ops); len(found) > 0 {
		t.Fatalf("%d violations, first %v", len(found), found[0])
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%d operations took %v", len(ops), took)
	}
}
