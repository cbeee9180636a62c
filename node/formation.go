package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"

	"jeton/cluster"
	"jeton/internal/localfile"
)

// freshEntrance is how a fresh directory comes to its cluster: as the flags say,
// else as the settings do.
func (n *Node) freshEntrance() (func(context.Context, net.Listener) error, error) {
	s := n.opts.Settings
	listed := slices.Contains(s.InitialMasterNodes, s.NodeName)
	switch {
	case n.opts.JoinToken != "" && n.opts.Bootstrap:
		return nil, errors.New("--bootstrap and --join exclude each other: found a new cluster, or join one")
	case n.opts.JoinToken != "":
		return n.join, nil
	case n.opts.Bootstrap && len(s.InitialMasterNodes) > 0 && !listed:
		return nil, fmt.Errorf("--bootstrap contradicts [cluster.initial_master_nodes], which does not have this node's name [%s]: found the cluster on a node of the list, or leave the list out", s.NodeName)
	case n.opts.Bootstrap:
		return n.found, nil
	case len(s.SeedHosts) > 0:
		return n.form, nil
	case s.Declared():
		return nil, errors.New("this data directory is fresh, and [cluster.join_secret] alone does not say where the cluster is: set [discovery.seed_hosts] too, or say --bootstrap to found a new cluster, or --join TOKEN to join one")
	case n.hasBallot():
		return nil, errors.New("this data directory has begun to form a cluster by [cluster.initial_master_nodes]: start it with the same settings again, or say --bootstrap, or --join TOKEN, or start with an empty path.data")
	case s.TransportLoopback():
		return n.found, nil
	default:
		return nil, errors.New("this data directory is fresh: say --bootstrap to found a new cluster, or --join TOKEN to join one (`jeton node join-token` on a member prints a token), or set [cluster.initial_master_nodes], [discovery.seed_hosts] and [cluster.join_secret_file] on all nodes")
	}
}

// goOnJoining goes on by what this start was told, else by what an earlier one was.
func (n *Node) goOnJoining() (func(context.Context, net.Listener) error, error) {
	_, err := os.Stat(n.id.path(joinFile))
	if n.opts.JoinToken != "" || err == nil {
		return n.join, nil
	}
	if len(n.opts.Settings.SeedHosts) > 0 {
		return n.form, nil
	}
	if _, err := os.Stat(n.id.path(raftLog)); err == nil {
		return n.join, nil
	}
	return nil, errors.New("this node has begun to join a cluster: start it with [discovery.seed_hosts] and [cluster.join_secret_file] as before, or with --join TOKEN")
}

// joinSecret stretches the secret, if there is one. A member without it is as good
// as any, but lets nobody in.
func (n *Node) joinSecret() (*cluster.JoinSecret, error) {
	s := n.opts.Settings
	if !s.hasJoinSecret() {
		return nil, nil
	}
	text, err := s.joinSecret()
	if err != nil && n.id.Phase == phaseMember {
		n.log.Error("the join secret cannot be used; this node goes on, and lets in no new nodes by it", "error", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return cluster.NewJoinSecret(text.Reveal(), s.ClusterName)
}

// form finds the cluster by the settings, or founds it with the others.
func (n *Node) form(ctx context.Context, peers net.Listener) error {
	if _, err := os.Stat(n.id.path(raftLog)); err == nil {
		return n.resumeJoin(peers)
	}
	ballot, err := n.readBallot()
	if err != nil {
		return err
	}
	// The id is durable before anybody hears of it: votes are cast under it.
	if err := n.id.enter(n.id.Phase); err != nil {
		return err
	}
	csr, err := n.certs.request()
	if err != nil {
		return err
	}
	joined, err := cluster.Formation{
		Self:     n.link.self,
		List:     n.opts.Settings.InitialMasterNodes,
		Hosts:    n.opts.Settings.SeedHosts,
		Secret:   n.secret,
		CSR:      csr,
		Level:    n.state.Level(),
		Listener: peers,
		Ballot:   ballot,
		Keep:     n.keepBallot,
		Joining:  n.id.Phase == phaseJoining,
		Met:      func() error { return n.id.enter(phaseJoining) },
		Waiting:  func(why string) { n.link.waiting.Store(&why) },
		Logger:   n.log,
	}.Run(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("this node has no cluster: %w; start the node again to go on", err)
	case joined == nil:
		n.log.Info("a majority of cluster.initial_master_nodes has chosen this node to found the cluster")
		return n.found(ctx, peers)
	default:
		return n.enterJoined(*joined, peers)
	}
}

func (n *Node) hasBallot() bool {
	_, err := os.Stat(n.id.path(ballotFile))
	return err == nil
}

func (n *Node) readBallot() (ballot cluster.Ballot, err error) {
	data, err := os.ReadFile(n.id.path(ballotFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ballot, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &ballot)
	}
	if err != nil {
		return ballot, fmt.Errorf("%s cannot be read (%w): restore it, or start with an empty path.data", n.id.path(ballotFile), err)
	}
	return ballot, nil
}

func (n *Node) keepBallot(b cluster.Ballot) error {
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return localfile.Write(n.id.path(ballotFile), data)
}
