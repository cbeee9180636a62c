package security

import (
	"context"
	"slices"
	"sync"

	"jeton/internal/freshness"
)

// Report tells how a request was decided, beside what was decided.
type Report struct {
	mu           sync.Mutex
	read         string
	confirmation *Confirmation
}

// Confirmation is how a take-away became safe to acknowledge: so many members
// have said that they hold it, and the others may answer from their own state no
// longer.
type Confirmation struct{ Confirmed, Members int }

type reportKey struct{}

// WithReport asks the use cases that are called with the context to report.
func WithReport(ctx context.Context) (context.Context, *Report) {
	r := new(Report)
	return context.WithValue(ctx, reportKey{}, r), r
}

// reportOf is nil where nobody asked; all of its methods take that.
func reportOf(ctx context.Context) *Report {
	r, _ := ctx.Value(reportKey{}).(*Report)
	return r
}

// ReadByFile is said of what a node's own files have decided.
const ReadByFile = "file"

// readBy notes where a decision came from. That an old state had a part in it is
// always told; beside it a round is more than the others, and what replicated state
// has decided is more than what a file has.
func (r *Report) readBy(how string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rank(how) > rank(r.read) {
		r.read = how
	}
}

func rank(read string) int {
	return slices.Index([]string{"", ReadByFile, string(freshness.ByLease), string(freshness.ByRound), string(freshness.ByStale)}, read)
}

func (r *Report) confirmed(c Confirmation) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// Of several take-aways of one request the one with the fewest is told.
	if r.confirmation == nil || c.Confirmed < r.confirmation.Confirmed {
		r.confirmation = &c
	}
}

// Read is "lease", "round", "stale" or "file"; "" when nothing was looked up.
func (r *Report) Read() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// Confirmation is that of the request's take-away, if it was one.
func (r *Report) Confirmation() (Confirmation, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.confirmation == nil {
		return Confirmation{}, false
	}
	return *r.confirmation, true
}
