package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"
)

// Formation is a fresh node's way into its cluster, by settings that are the same
// on every node. Dial and Lookup may be nil, Poll zero.
type Formation struct {
	Self   Node
	List   []string // cluster.initial_master_nodes; a node that is not in it only joins
	Hosts  []string // host:port, where others may be
	Secret *JoinSecret
	CSR    []byte
	Level  int // the newest feature level that this node knows
	// Listener is the cluster port: answered while Run runs, and left open.
	Listener net.Listener
	// Ballot is the one that was kept, and Keep writes another down, durably.
	Ballot Ballot
	Keep   func(Ballot) error
	// Joining says that a cluster was met before, and Met writes that down: from
	// then on the node never founds.
	Joining bool
	Met     func() error
	// Waiting is told for what the node waits, whenever that changes.
	Waiting func(reason string)
	Logger  *slog.Logger
	Poll    time.Duration // between two looks; 0 is half a second
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup  func(ctx context.Context, host string) ([]string, error)
}

// Run returns once the node is let into a cluster, or once it is chosen to found
// one: then joined is nil. A *Refusal is for a person; nothing else but the end of
// ctx and a disk that fails is an error.
func (f Formation) Run(ctx context.Context) (joined *Joined, err error) {
	if err := f.checkList(); err != nil {
		return nil, err
	}
	f.Ballot.List = f.List
	or(&f.Poll, 500*time.Millisecond)
	s := &seeker{Formation: f, rank: slices.Index(f.List, f.Self.Name)}
	s.discovery = discovery{hosts: f.Hosts, secret: f.Secret, tcp: f.Dial, lookup: f.Lookup}
	if s.tcp == nil {
		s.tcp = (&net.Dialer{}).DialContext
	}
	if s.lookup == nil {
		s.lookup = net.DefaultResolver.LookupHost
	}
	if s.lobby, err = openLobby(&f); err != nil {
		return nil, err
	}
	joined, err = s.seek(ctx)
	return joined, errors.Join(err, s.lobby.close())
}

// chosen reports whether an earlier start was chosen to found, and has not begun.
func (f *Formation) chosen() bool { return f.Ballot.Founder && !f.Joining }

// checkList refuses another list than the one by which this node has voted: ranks
// would mean something else. Who was chosen asks for no more votes.
func (f *Formation) checkList() error {
	if !f.chosen() && f.Ballot.Vote != "" && !slices.Equal(f.Ballot.List, f.List) {
		return &Refusal{fmt.Sprintf("this node has voted by cluster.initial_master_nodes %q, which is now %q: set it as it was, or start with an empty path.data", f.Ballot.List, f.List)}
	}
	return nil
}

// seeker is a Formation under way.
type seeker struct {
	Formation
	discovery
	lobby  *lobby
	rank   int // of this node in the list, or -1
	told   string
	toldAt time.Time
}

// seek looks around until something comes of it.
func (s *seeker) seek(ctx context.Context) (*Joined, error) {
	tick := time.NewTicker(s.Poll)
	defer tick.Stop()
	for {
		v := s.sort(s.look(ctx))
		joined, why, err := s.join(ctx, v)
		if joined != nil || err != nil {
			return joined, err
		}
		if why == "" {
			var chosen bool
			if chosen, why, err = s.elect(ctx, v); chosen || err != nil {
				return nil, err
			}
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", why, ctx.Err())
		}
		s.wait(why)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", why, ctx.Err())
		}
	}
}

// What is new is told at most so often, and what is not now and then.
const tellNews, tellAgain = 2 * time.Second, 30 * time.Second

// wait tells what this node waits for.
func (s *seeker) wait(why string) {
	s.Waiting(why)
	since := time.Since(s.toldAt)
	if why != s.told && since > tellNews || since > tellAgain {
		s.told, s.toldAt = why, time.Now()
		s.Logger.Warn("this node has no cluster yet", "reason", why)
	}
}

// join asks each member that was seen to let this node in. why is "" when there is
// no cluster to be joined.
func (s *seeker) join(ctx context.Context, v view) (joined *Joined, why string, err error) {
	if len(v.members) > 0 {
		if err := s.lobby.metCluster(); err != nil {
			return nil, "", err
		}
	}
	for _, m := range v.members {
		joined, err := s.requestSeeded(ctx, m.address, s.Self, s.Level, s.CSR)
		if err == nil {
			return &joined, "", nil
		}
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return nil, "", err
		}
		why = fmt.Sprintf("the cluster of %s at %s could not be joined yet: %v", m.Name, m.address, err)
	}
	return nil, why, nil
}
