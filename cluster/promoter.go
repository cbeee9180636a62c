package cluster

import (
	"slices"
	"time"

	"github.com/hashicorp/raft"
	autopilot "github.com/hashicorp/raft-autopilot"
)

// promotionLag is by how many entries a member may be behind and still count as
// caught up: under load nobody is ever level.
const promotionLag = 256

// nodeReplica is the type of a member that never votes.
const nodeReplica autopilot.NodeType = "replica"

// promoter tells autopilot who is to vote: every member that has been well for long
// enough, holds in its machine what its log holds, and is no read replica.
type promoter struct {
	c      *Cluster
	survey *survey
}

var _ autopilot.Promoter = promoter{}

// meantToVote reports whether a member is a voter, or becomes one by itself.
func (c *Cluster) meantToVote(id string) bool {
	return !c.cfg.Registry.Replica(id) && !c.cfg.Registry.Removed(id)
}

func (c *Cluster) nodeType(id string) autopilot.NodeType {
	if c.meantToVote(id) {
		return autopilot.NodeVoter
	}
	return nodeReplica
}

// CalculatePromotionsAndDemotions implements autopilot.Promoter.
func (p promoter) CalculatePromotionsAndDemotions(conf *autopilot.Config, s *autopilot.State) autopilot.RaftChanges {
	var changes autopilot.RaftChanges
	stable := s.ServerStabilizationTime(conf)
	for id, server := range s.Servers {
		replica := p.c.cfg.Registry.Replica(string(id))
		switch {
		case p.c.cfg.Registry.Removed(string(id)): // on its way out
		case replica && server.HasVotingRights():
			changes.Demotions = append(changes.Demotions, id)
		case replica || server.HasVotingRights():
		case server.Health.IsStable(time.Now(), stable) && p.survey.caughtUp(string(id)):
			changes.Promotions = append(changes.Promotions, id)
		}
	}
	slices.Sort(changes.Promotions)
	slices.Sort(changes.Demotions)
	return changes
}

// FilterFailedServerRemovals implements autopilot.Promoter. Nobody is stale here,
// and what is being removed is not removed again.
func (p promoter) FilterFailedServerRemovals(_ *autopilot.Config, _ *autopilot.State, failed *autopilot.FailedServers) *autopilot.FailedServers {
	goes := func(s *autopilot.Server) bool { return p.c.cfg.Registry.Removed(string(s.ID)) }
	return &autopilot.FailedServers{
		FailedVoters:    slices.DeleteFunc(failed.FailedVoters, goes),
		FailedNonVoters: slices.DeleteFunc(failed.FailedNonVoters, goes),
	}
}

// GetNodeTypes implements autopilot.Promoter.
func (p promoter) GetNodeTypes(_ *autopilot.Config, s *autopilot.State) map[raft.ServerID]autopilot.NodeType {
	types := map[raft.ServerID]autopilot.NodeType{}
	for id := range s.Servers {
		types[id] = p.c.nodeType(string(id))
	}
	return types
}

// IsPotentialVoter implements autopilot.Promoter.
func (promoter) IsPotentialVoter(t autopilot.NodeType) bool { return t == autopilot.NodeVoter }

// GetServerExt implements autopilot.Promoter; there is nothing to add.
func (promoter) GetServerExt(*autopilot.Config, *autopilot.ServerState) any { return nil }

// GetStateExt implements autopilot.Promoter; there is nothing to add.
func (promoter) GetStateExt(*autopilot.Config, *autopilot.State) any { return nil }
