package history

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// track is all creates, or all deletes, of one id: those that were acknowledged
// by their ends, and all that are possible by their starts.
type track struct {
	added []int // indexes of operations

	ends    []time.Duration // when they were acknowledged, ascending
	newest  []int           // of those up to here, the one that began last
	starts  []time.Duration // when they may first have had their effect, ascending
	latests []time.Duration // of those up to here, when the effect came at the latest
}

func (t *track) add(i int) { t.added = append(t.added, i) }

// settle sorts what was added; then questions may be asked.
func (t *track) settle(ops []Op) {
	slices.SortStableFunc(t.added, func(i, j int) int { return cmp.Compare(ops[i].Start, ops[j].Start) })
	latest := time.Duration(-1)
	for _, i := range t.added {
		latest = max(latest, ops[i].latest())
		t.starts = append(t.starts, ops[i].Start)
		t.latests = append(t.latests, latest)
	}
	slices.SortStableFunc(t.added, func(i, j int) int { return cmp.Compare(ops[i].End, ops[j].End) })
	for _, i := range t.added {
		if !ops[i].acknowledged() {
			continue
		}
		newest := i
		if n := len(t.newest); n > 0 && ops[t.newest[n-1]].Start > ops[i].Start {
			newest = t.newest[n-1]
		}
		t.ends = append(t.ends, ops[i].End)
		t.newest = append(t.newest, newest)
	}
}

// before returns, of the operations that were acknowledged by that moment, the
// one that began last, or -1. What comes after it comes after all of them.
func (t *track) before(moment time.Duration) int {
	n := sort.Search(len(t.ends), func(i int) bool { return t.ends[i] > moment })
	if n == 0 {
		return -1
	}
	return t.newest[n-1]
}

// possible says that one of the operations may have had its effect later than
// what began at `after`, and earlier than what ended at `before`.
func (t *track) possible(after, before time.Duration) bool {
	n := sort.Search(len(t.starts), func(i int) bool { return t.starts[i] >= before })
	return n > 0 && t.latests[n-1] > after
}
