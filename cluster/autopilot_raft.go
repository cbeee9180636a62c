package cluster

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"
)

// autopilotRaft is Raft as autopilot may use it: it changes members one at a time
// with everybody else, and decides anew at its turn.
type autopilotRaft struct{ c *Cluster }

var _ autopilot.Raft = autopilotRaft{}

// errNotAutopilots: nobody asks autopilot for it.
var errNotAutopilots = errors.New("cluster: autopilot may not do that")

// AddVoter implements autopilot.Raft.
func (a autopilotRaft) AddVoter(id raft.ServerID, _ raft.ServerAddress, _ uint64, _ time.Duration) raft.IndexFuture {
	return done(a.c.letVote(a.c.ctx, string(id)))
}

// DemoteVoter implements autopilot.Raft. It finishes what a leader has begun that
// did not get further.
func (a autopilotRaft) DemoteVoter(id raft.ServerID, _ uint64, _ time.Duration) raft.IndexFuture {
	ctx, cancel := context.WithTimeout(a.c.ctx, a.c.attempt(rpcRevoke))
	defer cancel()
	return done(a.c.demote(ctx, string(id)))
}

// AddNonvoter implements autopilot.Raft; newcomers come through a join.
func (autopilotRaft) AddNonvoter(raft.ServerID, raft.ServerAddress, uint64, time.Duration) raft.IndexFuture {
	return done(errNotAutopilots)
}

// RemoveServer implements autopilot.Raft. A server that is taken out so keeps its
// lease; RemoveFailedServer is the way.
func (autopilotRaft) RemoveServer(raft.ServerID, uint64, time.Duration) raft.IndexFuture {
	return done(errNotAutopilots)
}

// LeadershipTransferToServer implements autopilot.Raft; who leads is not its concern.
func (autopilotRaft) LeadershipTransferToServer(raft.ServerID, raft.ServerAddress) raft.Future {
	return done(errNotAutopilots)
}

// GetConfiguration implements autopilot.Raft.
func (a autopilotRaft) GetConfiguration() raft.ConfigurationFuture {
	return a.c.raft.GetConfiguration()
}

// LastIndex implements autopilot.Raft.
func (a autopilotRaft) LastIndex() uint64 { return a.c.raft.LastIndex() }

// Leader implements autopilot.Raft. A server's address is its id.
func (a autopilotRaft) Leader() raft.ServerAddress { return raft.ServerAddress(a.c.leaderID()) }

// State implements autopilot.Raft.
func (a autopilotRaft) State() raft.RaftState { return a.c.raft.State() }

// Stats implements autopilot.Raft.
func (a autopilotRaft) Stats() map[string]string { return a.c.raft.Stats() }

// lastLogTerm is the term of the last entry of this node's log.
func (c *Cluster) lastLogTerm() uint64 {
	return lastTerm(c.raft.Stats())
}

// lastTerm is the term of the last entry, be it in the log or the end of a snapshot:
// a newcomer of an idle cluster may have a snapshot and no log.
func lastTerm(stats map[string]string) uint64 {
	number := func(key string) uint64 {
		n, _ := strconv.ParseUint(stats[key], 10, 64)
		return n
	}
	if number("last_snapshot_index") > number("last_log_index") {
		return number("last_snapshot_term")
	}
	return number("last_log_term")
}

// doneFuture is a change that is over.
type doneFuture struct{ err error }

func done(err error) doneFuture { return doneFuture{err} }

// Error implements raft.Future.
func (f doneFuture) Error() error { return f.err }

// Index implements raft.IndexFuture; nobody asks.
func (doneFuture) Index() uint64 { return 0 }
