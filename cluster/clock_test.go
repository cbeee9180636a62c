package cluster

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheSystemClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	before := systemClock()
	for range 100_000 {
		now := systemClock()
		if now.Boot < before.Boot {
			t.Fatalf("from %s to %s", before.Boot, now.Boot)
		}
		before = now
	}
}

func TestTheSystemClockGoesOnAsTimeDoes(t *testing.T) {
	t.Parallel()
	const span = 300 * time.Millisecond
	startTime, start := time.Now(), systemClock()
	var now Reading
	eventually(t, "the clock to go on", func() bool {
		now = systemClock()
		return now.Boot >= start.Boot+span
	})
	// By an outer measure, so that a pause of the test in between does no harm.
	if passed := time.Since(startTime); passed < span-20*time.Millisecond {
		t.Errorf("the clock says %s, and only %s passed", now.Boot-start.Boot, passed)
	}
	if ahead := now.Wall - start.Wall; ahead < span-maxSkew {
		t.Errorf("the wall clock went on by %s while the other went on by %s", ahead, now.Boot-start.Boot)
	}
}

func TestTheWallClockIsTheTimeOfDay(t *testing.T) {
	t.Parallel()
	before := time.Now().UnixNano()
	wall := int64(systemClock().Wall)
	if after := time.Now().UnixNano(); wall < before || wall > after {
		t.Errorf("%d is not between %d and %d", wall, before, after)
	}
}

func TestTheMarginCoversTwoClocksThatRunApart(t *testing.T) {
	t.Parallel()
	const rate = 0.01 // by which each of the two may be wrong
	timing := Timing{}.withDefaults()
	for _, length := range []time.Duration{time.Second, 5 * time.Second, time.Minute, 24 * time.Hour} {
		margin := timing.margin(length)
		if apart := time.Duration(2 * rate * float64(length)); margin < apart+timing.Grain {
			t.Errorf("%s for a lease of %s, by which two clocks may be apart by %s", margin, length, apart)
		}
		// It is taken off at the member and put on at the leader. What is left
		// must be worth having.
		if margin > length/5 {
			t.Errorf("%s of a lease of %s", margin, length)
		}
	}
}

// TestALeaseIsOverAtTheMemberBeforeItIsOverAtTheLeader draws two clocks that run
// apart by as much as is allowed, and a question that takes any time.
func TestALeaseIsOverAtTheMemberBeforeItIsOverAtTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoneLeader(t, "a")
		for range 2000 {
			length := time.Duration(1+rand.Int64N(60_000)) * time.Millisecond
			l.settings(Freshness{Lease: max(time.Second, length)})
			r := &reign{term: l.reignNow().term, settled: l.configuration(), grants: map[string]grant{}}
			asked := time.Duration(rand.Int64N(int64(time.Minute))) // until the leader granted it
			member := newLone()
			request := member.request()
			granted, _ := l.grant(r, "a")
			leaderEnds := r.grants["a"].lease - l.clock.read().Boot
			ends := member.leaseOf(promise{request: request, answer: readAnswer{Lease: granted}}).until - request.at.Boot
			// By a true clock: the member's runs slow, the leader's fast.
			if slow, fast := float64(ends)/0.99, float64(asked)+float64(leaderEnds)/1.01; slow > fast {
				t.Fatalf("a lease of %s: over at the member after %s, at the leader after %s", granted, time.Duration(slow), time.Duration(fast))
			}
			member.cancel()
		}
	})
}

func TestAJumpOfTheWallClockEndsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			about      string
			boot, wall time.Duration
			ends       bool
		}{
			{"both go on", time.Second, time.Second, false},
			{"a little apart", time.Second, time.Second + maxSkew, false},
			{"frozen with the clock", 0, time.Second, true},
			{"just too far ahead", 0, maxSkew + 1, true},
			{"set back", 0, -time.Minute, true},
		} {
			l := newLone()
			stale := l.request() // asked for before the jump
			l.takes(l.request(), granted(0))
			l.clock.put(c.boot, c.wall)
			if holds := l.Permit().Lease; holds == c.ends {
				t.Errorf("%s: a lease is %v", c.about, holds)
			}
			anomalies := uint64(0)
			if c.ends {
				anomalies = 1
			}
			if n := l.counters.anomalies.Load(); l.Permit().Lease == c.ends || n != anomalies {
				t.Errorf("%s: counted %d times", c.about, n)
			}
			l.clock.put(0, c.boot-c.wall) // somebody sets the wall clock right again
			if l.takes(stale, granted(0)); c.ends && l.Permit().Lease {
				t.Errorf("%s: what was asked for before it was taken on after it", c.about)
			}
			if l.takes(l.request(), granted(0)); !l.Permit().Lease {
				t.Errorf("%s: no lease any more", c.about)
			}
			l.cancel()
		}
	})
}

func TestAPauseBetweenTheTwoClocksIsNoJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		l.takes(l.request(), granted(0))
		looks := 0
		l.cfg.Clock = func() Reading {
			now := l.clock.read()
			if looks++; looks == 1 {
				now.Wall += time.Second // read later than the other clock
			}
			return now
		}
		if !l.Permit().Lease || l.counters.anomalies.Load() != 0 {
			t.Error("the lease was dropped though the clocks agree")
		}
	})
}

func TestAJumpWhileALeaseIsAskedForEndsItToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLone()
		defer l.cancel()
		asked := l.request()
		l.clock.put(0, time.Second)
		l.takes(asked, granted(0))
		if l.Permit().Lease {
			t.Error("the machine was frozen while it waited for the answer, and has a lease")
		}
	})
}

// BenchmarkPermit is what a hit pays for the promise; BenchmarkTimeNow beside it
// is one look at Go's clock.
func BenchmarkPermit(b *testing.B) {
	l := newLone()
	defer l.cancel()
	l.cfg.Clock = systemClock
	l.leases.install(l.leaseOf(promise{request: l.request(), answer: readAnswer{Lease: time.Hour}}), 0)
	b.ReportAllocs()
	for b.Loop() {
		if !l.Permit().Lease {
			b.Fatal("no lease")
		}
	}
}

func BenchmarkTimeNow(b *testing.B) {
	b.ReportAllocs()
	var now time.Time
	for b.Loop() {
		now = time.Now()
	}
	_ = now
}
