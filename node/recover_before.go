package node

import (
	"errors"
	"fmt"
	"os"

	"jeton/cluster"
)

// recoveredBefore is nil unless the disk is as a recovery has left it: the state of a
// cluster that had another UUID before, with this node alone in it, and not one entry
// in the log, for a node writes some as soon as it is started.
func (o RecoverOptions) recoveredBefore(id *identity) (*Recovered, error) {
	disk, err := cluster.HoldDisk(id.path(raftDir), o.Logger)
	if err != nil {
		return nil, err
	}
	s, err := inspect(id, disk)
	empty, emptyErr := disk.Empty()
	if err := errors.Join(err, emptyErr, disk.Close()); err != nil {
		return nil, err
	}
	alone := len(s.Members) == 1 && s.Members[0].ID == id.ID
	if !empty || !alone || len(s.FormerUUIDs) == 0 {
		return nil, nil
	}
	return recoveredOf(id, s)
}

// recoveredOf tells of the recovery that the disk was left by; the identity was the
// last that it wrote.
func recoveredOf(id *identity, s Survivor) (*Recovered, error) {
	info, err := os.Stat(id.path(identityFile))
	if err != nil {
		return nil, err
	}
	at := info.ModTime().UTC()
	done := &Recovered{ClusterUUID: s.ClusterUUID, NodeName: s.NodeName, NodeID: s.NodeID, Before: &at}
	kept := id.path(keptName(s.LastTerm, s.LastIndex))
	if there, err := exists(kept); err != nil || !there {
		return done, err
	}
	done.Kept = kept
	return done, nil
}

// keptName is the name of a former log in path.data, by where it ended.
func keptName(term, index uint64) string { return fmt.Sprintf("%s%d-%d", keptPrefix, term, index) }
