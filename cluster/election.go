package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// view is a look around, sorted.
type view struct {
	members  []sighting
	pledged  []sighting // they know of a cluster, or found one
	voters   []sighting // fresh, and of the same list
	refused  []string   // why somebody who answers is not counted
	silent   []string   // addresses, with what is wrong there
	others   int        // how many other nodes have answered
	twoNames bool       // another fresh node has this one's name
}

func (s *seeker) sort(seen []sighting) view {
	var v view
	known := map[string]bool{s.Self.ID: true} // this node itself, and who has two addresses
	for _, at := range seen {
		switch {
		case at.err != nil:
			v.silent = append(v.silent, fmt.Sprintf("%s (%v)", at.address, at.err))
		case known[at.ID]:
		case at.State == stateMember:
			v.members = append(v.members, at)
		case at.State == stateJoining || at.State == stateFounding:
			v.pledged = append(v.pledged, at)
		case len(at.List) > 0 && !slices.Equal(at.List, s.List):
			v.refused = append(v.refused, fmt.Sprintf("cluster.initial_master_nodes is %q at %s (%s)", at.List, at.Name, at.address))
		case at.Name == s.Self.Name:
			v.twoNames = true
		case slices.Contains(s.List, at.Name):
			v.voters = append(v.voters, at)
		}
		if at.err == nil && !known[at.ID] {
			known[at.ID] = true
			v.others++
		}
	}
	return v
}

// names are the names of the list whose nodes are there, this one's among them.
func (v view) names(self string) []string {
	names := []string{self}
	for _, at := range v.voters {
		if !slices.Contains(names, at.Name) {
			names = append(names, at.Name)
		}
	}
	return names
}

// elect asks for votes if that is this node's to do, and reports whether it was
// chosen. Without a majority that is there it asks nobody: votes that were given
// bind who gave them.
func (s *seeker) elect(ctx context.Context, v view) (chosen bool, why string, err error) {
	// Chosen by an earlier start: since then others may have founded without it.
	if s.lobby.chosen() && len(v.pledged) == 0 && ctx.Err() == nil {
		return true, "", nil
	}
	if why := s.mustNot(v); why != "" {
		return false, why, nil
	}
	names := v.names(s.Self.Name)
	if 2*len(names) <= len(s.List) {
		return false, s.missing(v, names), nil
	}
	for _, name := range names {
		if slices.Index(s.List, name) < s.rank {
			return false, "waiting for " + name + ", which stands before this node in cluster.initial_master_nodes, to found the cluster", nil
		}
	}
	return s.round(ctx, v)
}

// mustNot is why this node may not even try to found.
func (s *seeker) mustNot(v view) string {
	switch {
	case s.Joining || s.lobby.joining():
		return "waiting for a member of the cluster that this node has met: none answers; " + s.whoAnswers(v)
	case len(v.pledged) > 0:
		return "waiting for " + v.pledged[0].Name + ", which knows of a cluster or is founding it"
	case len(s.List) == 0:
		return "waiting for a member of the cluster at one of discovery.seed_hosts; " + s.whoAnswers(v)
	case s.rank < 0:
		return "waiting for a cluster: node.name [" + s.Self.Name + "] is not in cluster.initial_master_nodes, so this node only joins; " + s.whoAnswers(v)
	case v.twoNames:
		return "another node at discovery.seed_hosts has the same node.name [" + s.Self.Name + "]: give one of them another"
	}
	return ""
}

func (s *seeker) missing(v view, names []string) string {
	absent := slices.DeleteFunc(slices.Clone(s.List), func(n string) bool { return slices.Contains(names, n) })
	verb := "does"
	if len(absent) > 1 {
		verb = "do"
	}
	return fmt.Sprintf("waiting for a majority of cluster.initial_master_nodes: %s %s not answer; %s", strings.Join(absent, ", "), verb, s.whoAnswers(v))
}

// whoAnswers tells of the addresses where something is wrong.
func (s *seeker) whoAnswers(v view) string {
	wrong := slices.Concat(v.silent, v.refused)
	if len(wrong) == 0 && v.others == 0 {
		return fmt.Sprintf("nobody but this node itself is behind discovery.seed_hosts (%s): set it to the host:port of the other nodes' transport", strings.Join(s.Hosts, ", "))
	}
	if len(wrong) == 0 {
		return "all of discovery.seed_hosts answer"
	}
	return "nobody to count on at " + strings.Join(wrong, ", ")
}

// round asks everybody for a vote.
func (s *seeker) round(ctx context.Context, v view) (chosen bool, why string, err error) {
	passed := v.passed(s.List)
	ballot, err := s.lobby.stand(s.rank, passed)
	if err != nil {
		return false, "", err
	}
	body, err := json.Marshal(voteRequest{ID: s.Self.ID, Name: s.Self.Name, List: s.List, Passed: passed})
	if err != nil {
		return false, "", err
	}
	yes, no := s.poll(ctx, v.voters, body)
	// A vote of this node's that is with another comes back, if at all, once that
	// one's vote is seen to have moved.
	if ballot.Vote == s.Self.ID {
		if chosen, err = s.lobby.found(1 + len(yes)); chosen || err != nil {
			return chosen, "", err
		}
	} else {
		no = append(no, s.Self.Name)
	}
	return false, fmt.Sprintf("waiting for votes: %s voted for another before, and may vote again only once that one does too. If it is gone for good, start again with empty directories on the nodes that are in no cluster, or with --bootstrap on one of them and on no other; one that may have been chosen must come back with an empty path.data", strings.Join(no, ", ")), nil
}

// passed are the ids that are seen to have given their own vote away.
func (v view) passed(list []string) []string {
	ids := []string{}
	for _, at := range v.voters {
		if (Ballot{Vote: at.Vote, Rank: at.Rank}).passed(slices.Index(list, at.Name)) {
			ids = append(ids, at.ID)
		}
	}
	return ids
}

// poll returns the names that have voted for this node, and the others.
func (s *seeker) poll(ctx context.Context, voters []sighting, body []byte) (yes, no []string) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	var (
		mu     sync.Mutex
		asking sync.WaitGroup
		voted  = map[string]bool{}
	)
	for _, at := range voters {
		asking.Go(func() {
			var p presence
			err := s.ask(ctx, at.address, rpcVote, body, &p)
			mu.Lock()
			defer mu.Unlock()
			voted[at.Name] = voted[at.Name] || err == nil && p.ID == at.ID && p.State == stateFresh && p.Vote == s.Self.ID
		})
	}
	asking.Wait()
	for _, name := range (view{voters: voters}).names("")[1:] {
		if voted[name] {
			yes = append(yes, name)
		} else {
			no = append(no, name)
		}
	}
	return yes, no
}
