package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/internal/localfile"
	"jeton/security/token"
)

// Names in path.data during and after a recovery.
const (
	recoveryFile = "recovery.json"
	recoveredDir = "raft.recovered" // until it takes the place of raft
	keptPrefix   = "raft.before-recovery-"
)

// recovery is what was decided about the new cluster. It is on disk before anything
// is changed and dropped when everything is: a recovery that was interrupted goes on
// to the same end, and no node is started meanwhile.
type recovery struct {
	UUID   string     `json:"uuid"`
	Member fsm.Member `json:"member"` // this node, by its new id
	Kept   string     `json:"kept"`   // the directory's former log, by its new name
	Level  int        `json:"level"`
	// Outstanding is what of the former settings was not waited for, in milliseconds.
	Outstanding int64 `json:"outstanding,omitempty"`
}

// RecoverOptions are what Recover needs.
type RecoverOptions struct {
	Dir    string // path.data
	Logger *slog.Logger
	// Waiting is told how long nothing happens, before it does, and for how long a
	// node of the former cluster that still runs may go on answering after that; 0:
	// it does not.
	Waiting func(wait, rest time.Duration)
	// Step is called before each step; an error from it is a crash there. For tests.
	Step func(step string) error
}

// Recovered is the cluster that a survivor's disk was made of.
type Recovered struct {
	ClusterUUID string `json:"cluster_uuid"`
	NodeName    string `json:"node_name"`
	NodeID      string `json:"node_id"`
	Kept        string `json:"kept"` // where the former log is now; "": moved away since
	// Before is when an earlier call did it all, after which the node was not
	// started: this one has changed nothing. nil: this one did it.
	Before *time.Time `json:"recovered_before,omitempty"`
}

// Recover makes the data directory of a survivor that of a new cluster of this node
// alone, under a new id. Every step is on disk before the next begins and may be done
// again, so that a recovery that was interrupted is called again and goes on. ctx
// bounds only the wait for leases, before which nothing has changed. What it writes
// belongs to the owner of the directory, also when it fails.
func Recover(ctx context.Context, o RecoverOptions) (done Recovered, err error) {
	id, err := survivorIdentity(o.Dir)
	if err != nil {
		return Recovered{}, err
	}
	defer func() { err = errors.Join(err, localfile.GiveTree(o.Dir)) }()
	r, err := readRecovery(id)
	if err == nil && r == nil {
		before, err := o.recoveredBefore(id)
		if err != nil {
			return Recovered{}, err
		}
		if before != nil {
			return *before, nil
		}
	}
	if err == nil && r == nil {
		r, err = o.decide(ctx, id)
	}
	if err == nil {
		err = o.goOn(id, r)
	}
	if err != nil {
		return Recovered{}, err
	}
	return Recovered{ClusterUUID: r.UUID, NodeName: r.Member.Name, NodeID: r.Member.ID, Kept: id.path(r.Kept)}, nil
}

// goOn does the steps that are not done yet.
func (o RecoverOptions) goOn(id *identity, r *recovery) error {
	for _, s := range []struct {
		name string
		do   func(*identity, *recovery) error
	}{
		{"build", o.build}, {"keep", o.keep}, {"swap", o.swap}, {"certify", o.certify}, {"finish", o.finish},
	} {
		if o.Step != nil {
			if err := o.Step(s.name); err != nil {
				return err
			}
		}
		if err := s.do(id, r); err != nil {
			return fmt.Errorf("%w; nothing is lost: run `jeton node recover --confirm` again", err)
		}
	}
	return nil
}

func readRecovery(id *identity) (*recovery, error) {
	data, err := os.ReadFile(id.path(recoveryFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := new(recovery)
	if err := json.Unmarshal(data, r); err != nil || r.UUID == "" || r.Member.ID == "" || r.Kept == "" {
		return nil, fmt.Errorf("%s is damaged: delete it if %s is there, and recover anew", id.path(recoveryFile), id.path(raftLog))
	}
	return r, nil
}

// decide waits, on a disk that nobody can start a node on, and then writes down what
// is to be.
func (o RecoverOptions) decide(ctx context.Context, id *identity) (*recovery, error) {
	disk, err := cluster.HoldDisk(id.path(raftDir), o.Logger)
	if err != nil {
		return nil, err
	}
	defer func() { _ = disk.Close() }()
	s, err := inspect(id, disk)
	if err != nil {
		return nil, err
	}
	former := afterlifeOf(s.state)
	r, err := plan(id, s, former)
	if err != nil {
		return nil, err
	}
	if o.Waiting != nil {
		o.Waiting(former.wait, former.rest)
	}
	if err := pause(ctx, former.wait); err != nil {
		return nil, fmt.Errorf("interrupted before anything was changed: %w", err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return r, localfile.Write(id.path(recoveryFile), append(data, '\n'))
}

// plan is what is to become of the disk, if anything can.
func plan(id *identity, s Survivor, former afterlife) (*recovery, error) {
	self, ok := s.state.Member(id.ID)
	if !ok {
		return nil, fmt.Errorf("the state in %s does not know this node: it was removed, or had not caught up; recover from another survivor", id.path(raftDir))
	}
	member := *self
	member.ID = cluster.NewID()
	r := &recovery{
		UUID: token.NewSecret().Reveal(), Member: member, Level: fsm.Level,
		Kept:        keptName(s.LastTerm, s.LastIndex),
		Outstanding: former.outstanding.Milliseconds(),
	}
	if there, err := exists(id.path(r.Kept)); err != nil || there {
		return nil, errors.Join(err, fmt.Errorf("%s is there already, from another recovery: move it away first", id.path(r.Kept)))
	}
	return r, nil
}

// build makes the new log beside the old one, from the beginning each time.
func (o RecoverOptions) build(id *identity, r *recovery) error {
	if kept, err := exists(id.path(r.Kept)); err != nil || kept {
		return err // it was built before the old one was moved
	}
	disk, err := cluster.HoldDisk(id.path(raftDir), o.Logger)
	if err != nil {
		return err
	}
	defer func() { _ = disk.Close() }()
	s, err := inspect(id, disk)
	if err != nil {
		return err
	}
	if err := cluster.CopyDisk(id.path(raftDir), id.path(recoveredDir)); err != nil {
		return err
	}
	retired := []string{id.ID}
	for _, m := range s.Members {
		retired = append(retired, m.ID)
	}
	slices.Sort(retired)
	last, err := fsm.Encode(fsm.Proposal{ID: rand.Text(), Seen: s.state.Index(), Command: &fsm.RecoverCluster{
		UUID: r.UUID, Member: r.Member, Retired: slices.Compact(retired), Level: r.Level,
		Outstanding: r.Outstanding,
	}})
	if err != nil {
		return err
	}
	return cluster.RecoverDisk(id.path(recoveredDir), r.Member.ID, fsm.New(), last, o.Logger)
}

// keep moves the old log aside, and copies what else belongs to the former node.
func (o RecoverOptions) keep(id *identity, r *recovery) error {
	if kept, err := exists(id.path(r.Kept)); err != nil || kept {
		return err
	}
	for _, name := range []string{identityFile, certFile, keyFile} {
		data, err := os.ReadFile(id.path(name))
		if err == nil {
			err = localfile.Write(id.path(raftDir+"/"+name), data)
		}
		if err != nil {
			return err
		}
	}
	return moveDir(id, raftDir, r.Kept)
}

func (o RecoverOptions) swap(id *identity, _ *recovery) error {
	if there, err := exists(id.path(raftDir)); err != nil || there {
		return err
	}
	return moveDir(id, recoveredDir, raftDir)
}

func moveDir(id *identity, from, to string) error {
	if err := os.Rename(id.path(from), id.path(to)); err != nil {
		return err
	}
	return cluster.SyncDir(id.dir)
}

// certify makes the new id's key and has it signed by the cluster's CA.
func (o RecoverOptions) certify(id *identity, r *recovery) error {
	disk, err := cluster.HoldDisk(id.path(raftDir), o.Logger)
	if err != nil {
		return err
	}
	m := fsm.New()
	_, err = disk.Read(m)
	if err := errors.Join(err, disk.Close()); err != nil {
		return err
	}
	if err := id.drop(keyFile); err != nil {
		return err
	}
	certs := &certificates{id: id, hosts: []string{"localhost", "127.0.0.1", "::1"}, state: m, now: time.Now, log: o.Logger}
	csr, err := certs.request()
	if err != nil {
		return err
	}
	issued, err := registry{&link{state: m, certs: certs}}.Sign(csr, r.Member.ID)
	if err != nil {
		return err
	}
	return certs.keep(issued)
}

func (o RecoverOptions) finish(id *identity, r *recovery) error {
	id.ID = r.Member.ID
	if err := id.enter(phaseMember); err != nil {
		return err
	}
	// Before a node can be started: it could not read what is root's.
	if err := localfile.GiveTree(id.dir); err != nil {
		return err
	}
	if err := id.drop(recoveryFile); err != nil {
		return err
	}
	return cluster.SyncDir(id.dir)
}
