package cluster

import "time"

// Reading is one look at a machine's clocks.
type Reading struct {
	// Boot is the time since some fixed moment, on a clock that goes on while the
	// machine sleeps and that nobody sets. Leases are measured on it.
	Boot time.Duration
	// Wall is the time since 1970. It tells only whether the other clock stood
	// still: see maxSkew.
	Wall time.Duration
}

// systemClock reads this machine's clocks.
func systemClock() Reading {
	return Reading{Boot: sinceBoot(), Wall: time.Duration(time.Now().UnixNano())}
}

// skew is by how much the wall clock is ahead of the other.
func (r Reading) skew() time.Duration { return r.Wall - r.Boot }

// maxSkew is by how much the distance between the two clocks may change while a
// lease holds. A larger jump means that the machine may have been frozen together
// with its clock, or that somebody set the wall clock, which cannot be told apart.
const maxSkew = 50 * time.Millisecond

// driftShare is the part of a lease by which two machines' clocks may differ in
// how fast they run over its length: 1/50, twice a rate error of 1 %, which is
// twenty times what a disciplined clock is allowed.
const driftShare = 50

// margin is ε of docs/consistency.md: by how much earlier than granted a member
// ends its lease, and by how much longer the leader waits for it.
func (t Timing) margin(lease time.Duration) time.Duration { return lease/driftShare + t.Grain }
