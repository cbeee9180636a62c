package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/security"
)

// Survivor is what the disk of a member that is stopped holds, for who has lost the
// majority of a cluster. The JSON names do not change.
type Survivor struct {
	ClusterName string   `json:"cluster_name"`
	ClusterUUID string   `json:"cluster_uuid"`
	FormerUUIDs []string `json:"former_cluster_uuids,omitempty"`
	NodeName    string   `json:"node_name"`
	NodeID      string   `json:"node_id"`
	// LastTerm and LastIndex are where its log ends: the survivor with the highest
	// pair holds the most. CertainIndex is up to where it is known that a majority
	// held it too.
	LastTerm     uint64           `json:"last_term"`
	LastIndex    uint64           `json:"last_index"`
	CertainIndex uint64           `json:"certain_index"`
	LastChange   *time.Time       `json:"last_change,omitempty"` // by the clock of who led then
	Level        int              `json:"level"`
	Members      []SurvivorMember `json:"members"`

	state *fsm.State
}

// SurvivorMember is a server of the survivor's latest configuration.
type SurvivorMember struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Role             string `json:"role"` // voter or nonvoter
	TransportAddress string `json:"transport_address"`
	HTTPAddress      string `json:"http_address"`
}

// Inspect tells what the member's data directory holds, and changes nothing. The
// node must be stopped.
func Inspect(dir string, log *slog.Logger) (Survivor, error) {
	id, err := survivorIdentity(dir)
	if err != nil {
		return Survivor{}, err
	}
	if r, err := readRecovery(id); err != nil || r != nil {
		return Survivor{}, errors.Join(err, errHalfRecovered(id))
	}
	disk, err := cluster.HoldDisk(id.path(raftDir), log)
	if err != nil {
		return Survivor{}, err
	}
	s, err := inspect(id, disk)
	return s, errors.Join(err, disk.Close())
}

// survivorIdentity is that of a directory that there is, and that belongs to a
// member.
func survivorIdentity(dir string) (*identity, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("path.data: %w", err)
	}
	id, err := openIdentity(dir)
	if err != nil {
		return nil, err
	}
	switch id.Phase {
	case phaseMember:
		return id, nil
	case phaseRemoved:
		return nil, fmt.Errorf("%s is of a node that was removed from its cluster: what it holds is out of date, and nothing can be recovered from it", dir)
	default:
		return nil, fmt.Errorf("%s is of no member of a cluster (it is %s): there is nothing to recover; does path.data name the right directory?", dir, id.Phase)
	}
}

func errHalfRecovered(id *identity) error {
	return fmt.Errorf("a recovery of %s was interrupted: run `jeton node recover --confirm` again, which goes on where it was", id.dir)
}

func inspect(id *identity, held *cluster.HeldDisk) (Survivor, error) {
	m := fsm.New()
	disk, err := held.Read(m)
	if err != nil {
		return Survivor{}, fmt.Errorf("read %s: %w", id.path(raftDir), err)
	}
	state := m.Current()
	if state.Cluster() == nil {
		return Survivor{}, fmt.Errorf("%s holds nothing of a cluster yet, and nothing can be recovered from it: was this node joining?", id.path(raftDir))
	}
	s := Survivor{
		ClusterName:  state.Cluster().Name,
		ClusterUUID:  state.Cluster().UUID,
		FormerUUIDs:  state.Cluster().Former,
		NodeID:       id.ID,
		LastTerm:     disk.LastTerm,
		LastIndex:    disk.LastIndex,
		CertainIndex: disk.SnapshotIndex,
		Level:        state.Level(),
		state:        state,
	}
	if !disk.LastAppended.IsZero() {
		at := disk.LastAppended.UTC()
		s.LastChange = &at
	}
	for _, server := range disk.Servers {
		s.Members = append(s.Members, survivorMember(state, server))
	}
	if self, ok := state.Member(id.ID); ok {
		s.NodeName = self.Name
	}
	return s, nil
}

func survivorMember(state *fsm.State, server cluster.Member) SurvivorMember {
	m := SurvivorMember{ID: server.ID, Role: "nonvoter"}
	if server.Voter {
		m.Role = "voter"
	}
	if known, ok := state.Member(server.ID); ok {
		m.Name, m.TransportAddress, m.HTTPAddress = known.Name, known.TransportAddress, known.HTTPAddress
	}
	return m
}

// afterlife is for how long a node of the former cluster that still runs may go on
// answering from what it held. What is waited for bounds its leases; a time that
// lasts hours, because stale answers are or were allowed, is not waited for.
type afterlife struct {
	wait        time.Duration
	rest        time.Duration // after the wait; 0: it is over then
	outstanding time.Duration // of the settings before these, to be kept
}

func afterlifeOf(state *fsm.State) afterlife {
	s := security.SettingsOf(state)
	f := cluster.Freshness{Former: s.Former}
	if s.Consistency != security.ConsistencyQuorum {
		f.Lease = s.Lease
	}
	longest := cluster.OutlastLeases(f)
	a := afterlife{wait: min(longest, maxLeaseWait)}
	if longest > a.wait {
		a.outstanding = s.Former
	}
	if s.Consistency == security.ConsistencyAvailable {
		longest = max(longest, s.MaxAge)
	}
	a.rest = longest - a.wait
	return a
}

// maxLeaseWait is above what follows from any lease.
const maxLeaseWait = 65 * time.Second

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
