package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// soon is how long a Close may take at most; it has nobody to wait for.
const soon = 3 * time.Second

func (m *member) stopSoon() {
	m.team.t.Helper()
	began := time.Now()
	m.stop()
	if took := time.Since(began); took > soon {
		m.team.t.Errorf("closing %s took %s", m.self.Name, took)
	}
}

func TestEverybodyReturnsWhenANodeIsClosed(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for _, closing := range []*member{tm.leader(), tm.follower()} {
		node, machine := closing.Cluster, closing.machine
		at := machine.Index()
		var callers sync.WaitGroup
		ctx := within(t, patience)
		for i := range 24 {
			callers.Go(func() {
				for n := 0; ; n++ {
					err := node.Commit(ctx, command{ID: fmt.Sprint(node.cfg.Self.ID, i, "/", n)}.entry())
					if i%2 == 0 && err == nil {
						_, err = node.ReadIndex(ctx)
					}
					if err != nil {
						if !errors.Is(err, ErrNoLeader) && !errors.Is(err, ErrUnknown) {
							t.Errorf("told %v", err)
						}
						return
					}
				}
			})
		}
		eventually(t, "traffic", func() bool { return machine.Index() > at+30 })
		closing.stopSoon()
		began := time.Now()
		callers.Wait()
		if took := time.Since(began); took > soon {
			t.Errorf("the last caller returned %s after the close", took)
		}
		if err := node.Remove(within(t, patience), closing.self.ID); err == nil {
			t.Error("a closed node removed one")
		}
		closing.restart()
		tm.leader()
	}
}

// TestALeaderCanBeClosedAtAnyMoment, while its barrier is under way, too.
func TestALeaderCanBeClosedAtAnyMoment(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1, func(timing *Timing) {
		timing.Heartbeat, timing.Tick = 20*time.Millisecond, time.Millisecond
	})
	only := tm.members[0]
	for range 30 {
		only.stop()
		only.restart()
		tm.eventually("a leader", only.Leads)
		wait(t.Context(), time.Duration(rand.IntN(int(2*time.Millisecond))))
		closed := make(chan error, 1)
		go func() { closed <- only.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("the close does not return")
		}
		only.Cluster = nil
		only.restart()
	}
}

func TestClosingDoesNotWaitForNodesThatAreCutOff(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	leader := tm.leader()
	tm.split([]*member{leader}, tm.others(leader))
	tm.eventually("the leader to step down, with questions under way", func() bool { return !leader.Leads() })
	leader.stopSoon()
}

func TestClosingDoesNotWaitForSilentStrangers(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	for range 10 {
		conn, err := net.Dial("tcp", tm.members[0].self.TransportAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	port := tm.members[0].wire.(*tlsWire).port
	tm.eventually("handshakes to begin", func() bool { return port.handshakes.count() >= 10 })
	tm.members[0].stopSoon()
}

func TestClosingEndsAllConnections(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	closing := tm.leader()
	peer := tm.others(closing)[0]
	var conns []net.Conn
	for _, proto := range []string{protoRaft, protoPeer, protoJoin} {
		conn, err := peer.dialer().dial(within(t, patience), closing.self.ID, proto)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	closing.stopSoon()
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(soon))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
			t.Errorf("%s: the connection is still open after the close: %v", conn.(*tls.Conn).ConnectionState().NegotiatedProtocol, err)
		}
	}
}

// TestANodeLeavesNothingBehind is not parallel: it counts goroutines.
func TestANodeLeavesNothingBehind(t *testing.T) {
	before := ours()
	tm := newTeam(t, 3)
	for _, m := range tm.members {
		m.commit(command{ID: m.self.Name})
		m.catchUp()
	}
	for _, m := range tm.members {
		m.stop()
	}
	eventually(t, "all goroutines to end:\n"+stacks(), func() bool { return ours() <= before })
}

// ours are the goroutines of this package and of Raft.
func ours() int {
	n := 0
	for g := range strings.SplitSeq(stacks(), "\n\n") {
		if strings.Contains(g, "/cluster.") || strings.Contains(g, "hashicorp/raft") || strings.Contains(g, "net/http.") {
			n++
		}
	}
	return n
}

// TestElectionsThatAreLostLeaveNothingBehind is not parallel: it counts
// goroutines.
func TestElectionsThatAreLostLeaveNothingBehind(t *testing.T) {
	tm := newTeam(t, 3, func(timing *Timing) { timing.Heartbeat = 100 * time.Millisecond })
	alone := tm.follower()
	others := tm.others(alone)
	for _, m := range others {
		m.stop()
	}
	tm.eventually("many elections", func() bool { return alone.journal.count("entering candidate state") > 25 })
	if n := strings.Count(stacks(), "(*stream).Dial"); n > 12 {
		t.Errorf("%d connections are being waited for", n)
	}
	// A leader does wait for each member, whatever happened before: when its
	// calls fail, Raft makes longer and longer pauses between them.
	others[0].restart()
	var n int
	tm.eventually("a second of one reign", func() (one bool) {
		n, one = alone.failedCalls(others[0], time.Second)
		return one
	})
	if n > 1 {
		t.Errorf("the leader gave up calling a member %d times", n)
	}
	others[1].restart()
	others[1].catchUp()
}

// failedCalls has the node lead, with the other, and counts its calls that fail in
// some time of one reign; false when it was not one.
func (m *member) failedCalls(other *member, during time.Duration) (n int, one bool) {
	ctx, cancel := context.WithTimeout(m.team.t.Context(), 2*time.Second)
	defer cancel()
	_ = other.TransferLeadership(ctx, m.self.ID)
	before, ok := m.reigning()
	failed := m.journal.count("failed to appendEntries to")
	wait(m.team.t.Context(), during)
	n = m.journal.count("failed to appendEntries to") - failed
	after, still := m.reigning()
	return n, ok && still && before == after
}

func (c *crowd) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// TestANodeThatLedUnderTrafficCanBeClosed: an answer from a later term must not
// leave a replication behind that waits for ever, and a close with it.
func TestANodeThatLedUnderTrafficCanBeClosed(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var d deeds
	wg := d.commits(ctx, tm.members, 8)
	for range 6 {
		leader := tm.leader()
		rest := tm.others(leader)
		tm.sever([]*member{leader}, rest)
		tm.leaderOf(rest...)
		tm.heal() // and what was held back arrives
	}
	tm.leader()
	cancel()
	wg.Wait()
	for _, m := range tm.members {
		m.stopSoon()
	}
}
