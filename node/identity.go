package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"jeton/cluster"
	"jeton/internal/localfile"
)

// Names in path.data.
const (
	identityFile = "node.json"
	keyFile      = "node.key"
	certFile     = "node.crt"
	caFile       = "ca.crt"
	caLabelFile  = "ca.json"
	foundingFile = "founding.json"
	joinFile     = "join_token"
	ballotFile   = "ballot.json"
	passwordFile = "initial_password"
	raftDir      = "raft"
	raftLog      = "raft/raft.db"
)

// phase is how far a data directory has come. It only ever moves forward, and
// each step is on disk before what it stands for begins: a node that was killed
// anywhere goes on where it was.
type phase string

const (
	phaseNew      phase = "new"
	phaseFounding phase = "founding"
	phaseJoining  phase = "joining" // never founds after this
	phaseMember   phase = "member"
	phaseRemoved  phase = "removed" // for good
)

// identity is what a data directory is. The id is random, made once, and
// proven by a certificate; a directory that was wiped is another node.
type identity struct {
	dir string

	Format int    `json:"format"`
	ID     string `json:"id"`
	Phase  phase  `json:"phase"`
}

const identityFormat = 1

// openIdentity reads the directory's identity, or makes one for a fresh
// directory, which is written down by the first enter: a start that is refused
// leaves nothing behind that a copy of the directory would share.
func openIdentity(dir string) (*identity, error) {
	if err := localfile.MkdirPrivate(dir); err != nil {
		return nil, fmt.Errorf("path.data: %w", err)
	}
	id := &identity{dir: dir}
	data, err := os.ReadFile(id.path(identityFile))
	if errors.Is(err, fs.ErrNotExist) {
		return id.make()
	}
	if err != nil {
		return nil, fmt.Errorf("path.data: %w", err)
	}
	if err := json.Unmarshal(data, id); err != nil || id.ID == "" {
		return nil, fmt.Errorf("%s is damaged: restore it, or start with an empty path.data and join again", id.path(identityFile))
	}
	if id.Format != identityFormat {
		return nil, fmt.Errorf("%s is of format %d, and this release reads %d: run a newer release", id.path(identityFile), id.Format, identityFormat)
	}
	return id, nil
}

func (id *identity) make() (*identity, error) {
	// A log without an identity must not get a new one: its votes were cast
	// under the old one.
	if _, err := os.Stat(id.path(raftDir)); err == nil {
		return nil, fmt.Errorf("%s has a log but no %s: restore it, or start with an empty path.data and join again", id.dir, identityFile)
	}
	id.Format, id.ID, id.Phase = identityFormat, cluster.NewID(), phaseNew
	return id, nil
}

// enter moves to a phase, durably.
func (id *identity) enter(p phase) error {
	next := *id
	next.Phase = p
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := localfile.Write(id.path(identityFile), append(data, '\n')); err != nil {
		return err
	}
	id.Phase = p
	return nil
}

func (id *identity) path(name string) string { return filepath.Join(id.dir, name) }

// drop removes a file that has served its time.
func (id *identity) drop(name string) error {
	if err := os.Remove(id.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Belongs reports whether the data directory belongs to a cluster already: how
// to found or to join one is then no question any more.
func Belongs(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, identityFile))
	var id identity
	return err == nil && json.Unmarshal(data, &id) == nil && (id.Phase == phaseMember || id.Phase == phaseRemoved)
}
