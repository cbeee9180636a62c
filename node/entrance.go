package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/internal/localfile"
	"jeton/security"
	"jeton/security/token"
)

// entrance decides how this node comes to its cluster, by what its data
// directory says first and what it was told second.
func (n *Node) entrance() (func(context.Context, net.Listener) error, error) {
	if r, err := readRecovery(n.id); err != nil || r != nil {
		return nil, errors.Join(err, errHalfRecovered(n.id))
	}
	switch n.id.Phase {
	case phaseMember:
		n.warnForeignToken()
		return n.rejoin, nil
	case phaseFounding:
		return n.found, nil
	case phaseJoining:
		if n.opts.Bootstrap {
			n.log.Warn("--bootstrap is ignored: this data directory has begun to join a cluster and goes on with that")
		}
		return n.goOnJoining()
	case phaseRemoved:
		return nil, fmt.Errorf("this node was removed from its cluster, for good: start it with an empty path.data (now %s) to join again (by a token from `jeton node join-token`, or by discovery.seed_hosts and the join secret)", n.id.dir)
	}
	return n.freshEntrance()
}

// rejoin comes back to the cluster that the directory belongs to.
func (n *Node) rejoin(_ context.Context, peers net.Listener) error {
	// Without its log the node would vote again where it has voted, and not know
	// what it has acknowledged. A volume that is not mounted looks like this.
	if _, err := os.Stat(n.id.path(raftLog)); err != nil {
		return fmt.Errorf("this node is a member of a cluster and its log is gone (%w): mount or restore %s, or remove the node with `jeton node remove` and start it anew with an empty path.data to join again (by a join token, or by discovery.seed_hosts and the join secret)", err, n.id.path(raftDir))
	}
	if err := n.certs.load(); err != nil {
		return err
	}
	return n.open(peers, false)
}

func (n *Node) warnForeignToken() {
	if n.opts.JoinToken == "" {
		return
	}
	t, err := cluster.ParseJoinToken(n.opts.JoinToken)
	if err != nil {
		return
	}
	ca, err := os.ReadFile(n.id.path(caFile))
	if err != nil {
		return
	}
	if mine, err := newTrust(0, ca); err == nil && !slices.Contains(mine.fingerprints(), t.CA) {
		n.log.Warn("the join token is ignored: it is for another cluster than the one that this data directory belongs to, or from before that one's CA was replaced", "path.data", n.id.dir)
	}
}

// founding is what a founder has decided; it is on disk before the first
// election, so that a founder that was killed founds the same cluster.
type founding struct {
	UUID          string `json:"uuid"`
	CACertificate string `json:"ca_certificate"`
	CAKey         string `json:"ca_key"`
}

func (n *Node) found(ctx context.Context, peers net.Listener) error {
	f, err := n.decideFounding()
	if err != nil {
		return err
	}
	first, err := n.firstPassword()
	if err != nil {
		return err
	}
	if err := n.open(peers, true); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, n.opts.Settings.RequestTimeout)
	defer cancel()
	founded, err := n.service.FoundCluster(ctx, security.Founding{
		UUID:     f.UUID,
		Name:     n.opts.Settings.ClusterName,
		CA:       fsm.CA{Certificate: f.CACertificate, Key: fsm.Sensitive(f.CAKey)},
		Password: token.SecretFrom(first.password),
		Founder:  member(n.link.self),
	})
	if err != nil {
		return fmt.Errorf("found the cluster: %w; start the node again to go on", err)
	}
	// What was decided and made is dropped after the phase: in this phase it
	// would be missed.
	shown := first.random && n.opts.ShowPassword != nil && (founded || !first.fresh)
	if shown {
		n.opts.ShowPassword(first.password)
	}
	if first.random && !shown && founded {
		n.log.Info("the first password of the user elastic is in a file: keep it, and delete the file", "path", n.id.path(passwordFile))
	}
	if err := n.id.enter(phaseMember); err != nil {
		return err
	}
	// A password that was made now for a cluster that was founded before, by a
	// start that was killed, is nobody's.
	if shown || first.fresh && !founded {
		if err := n.id.drop(passwordFile); err != nil {
			return err
		}
	}
	return errors.Join(n.id.drop(foundingFile), n.id.drop(ballotFile))
}

func (n *Node) decideFounding() (founding, error) {
	var f founding
	data, err := os.ReadFile(n.id.path(foundingFile))
	if err == nil {
		if err := json.Unmarshal(data, &f); err != nil {
			return f, fmt.Errorf("%s is damaged: start with an empty path.data", n.id.path(foundingFile))
		}
		return f, n.certs.load()
	}
	if !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	if _, err := os.Stat(n.id.path(raftLog)); err == nil {
		return f, fmt.Errorf("%s is gone, and the cluster has been founded with what was in it: restore it, or start with an empty path.data", n.id.path(foundingFile))
	}
	// The id first: what follows is made out to it.
	if err := n.id.enter(n.id.Phase); err != nil {
		return f, err
	}
	ca, err := cluster.NewCA(n.opts.Settings.ClusterName)
	if err != nil {
		return f, err
	}
	csr, err := n.certs.request()
	if err != nil {
		return f, err
	}
	issued, err := ca.Sign(csr, n.id.ID)
	if err != nil {
		return f, err
	}
	f = founding{UUID: token.NewSecret().Reveal(), CACertificate: string(ca.Certificate), CAKey: string(ca.Key)}
	if data, err = json.Marshal(f); err != nil {
		return f, err
	}
	if err := n.certs.keep(issued); err != nil {
		return f, err
	}
	if err := localfile.Write(n.id.path(foundingFile), data); err != nil {
		return f, err
	}
	return f, n.id.enter(phaseFounding)
}

// Bounds of a given password, in bytes. bcrypt hashes no more than the first 72:
// a longer password would be accepted with another end.
const minPassword, maxPassword = 6, 72

// firstPassword is elastic's in a new cluster.
type firstPassword struct {
	password string
	random   bool
	fresh    bool // made by this start, not by one that was killed
}

// firstPassword takes the one that was given, else a random one, which is in
// path.data/initial_password before the cluster knows it: whatever happens then,
// somebody can log in.
func (n *Node) firstPassword() (firstPassword, error) {
	if given := n.opts.Password; given != "" {
		if len(given) < minPassword || len(given) > maxPassword {
			return firstPassword{}, fmt.Errorf("the password of the user elastic (ELASTIC_PASSWORD) must have from %d to %d bytes", minPassword, maxPassword)
		}
		return firstPassword{password: given}, nil
	}
	path := n.id.path(passwordFile)
	if kept, err := os.ReadFile(path); err == nil && len(kept) > 1 {
		return firstPassword{password: string(kept[:len(kept)-1]), random: true}, nil
	}
	made := firstPassword{password: rand.Text(), random: true, fresh: true}
	return made, localfile.Write(path, []byte(made.password+"\n"))
}

const (
	joinRetryMin = 200 * time.Millisecond
	joinRetryMax = 5 * time.Second
)

// join asks to be let in until the cluster answers. The token is kept until
// then, so that a node that is killed meanwhile goes on by itself.
func (n *Node) join(ctx context.Context, peers net.Listener) error {
	// With a log the cluster has answered, and counts on this node: perhaps there
	// is no leader to answer again without its vote.
	if _, err := os.Stat(n.id.path(raftLog)); err == nil {
		return n.resumeJoin(peers)
	}
	t, err := n.joinToken()
	if err != nil {
		return err
	}
	csr, err := n.certs.request()
	if err != nil {
		return err
	}
	wait := joinRetryMin
	for {
		joined, err := cluster.RequestJoin(ctx, t, n.link.self, n.state.Level(), csr)
		if err == nil {
			return n.enterJoined(joined, peers)
		}
		var refusal *cluster.Refusal
		if errors.As(err, &refusal) {
			return fmt.Errorf("the cluster refused this node: %w", err)
		}
		n.log.Warn("the cluster could not be joined yet; trying again", "in", wait.String(), "error", err)
		select {
		case <-time.After(wait):
			wait = min(2*wait, joinRetryMax)
		case <-ctx.Done():
			return fmt.Errorf("the cluster could not be joined: %w; start the node again to go on", err)
		}
	}
}

// joinToken takes the token that was given, else the one that an earlier start
// was given.
func (n *Node) joinToken() (cluster.JoinToken, error) {
	text := n.opts.JoinToken
	if text == "" {
		kept, err := os.ReadFile(n.id.path(joinFile))
		if err != nil {
			return cluster.JoinToken{}, fmt.Errorf("this node has begun to join a cluster and its token cannot be read (%w): start it with --join TOKEN", err)
		}
		text = string(kept)
	}
	t, err := cluster.ParseJoinToken(text)
	if err != nil {
		return cluster.JoinToken{}, err
	}
	if err := localfile.Write(n.id.path(joinFile), []byte(text)); err != nil {
		return t, err
	}
	return t, n.id.enter(phaseJoining)
}

// enterJoined keeps what the cluster has answered. The log is there before the
// node calls itself a member: a member without one has lost it.
func (n *Node) enterJoined(joined cluster.Joined, peers net.Listener) error {
	if err := n.certs.keep(joined.Certificate); err != nil {
		return err
	}
	dir := n.id.path(raftDir)
	if err := localfile.MkdirPrivate(dir); err != nil {
		return err
	}
	if err := cluster.KeepJoined(dir, joined); err != nil {
		return err
	}
	return n.enterMember(peers)
}

// resumeJoin goes on after a start that was killed between the cluster's answer
// and calling itself a member.
func (n *Node) resumeJoin(peers net.Listener) error {
	if err := n.certs.load(); err != nil {
		return err
	}
	return n.enterMember(peers)
}

func (n *Node) enterMember(peers net.Listener) error {
	if err := n.open(peers, false); err != nil {
		return err
	}
	if err := n.id.enter(phaseMember); err != nil {
		return err
	}
	return errors.Join(n.id.drop(joinFile), n.id.drop(ballotFile))
}
