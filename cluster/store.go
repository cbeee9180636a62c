package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// stores are where Raft keeps what must survive.
type stores struct {
	log       raft.LogStore
	stable    raft.StableStore // Raft's term and vote
	snapshots raft.SnapshotStore
	stats     func() bbolt.Stats
	close     func() error
}

// openStores opens, or makes, the stores under dir.
func openStores(dir string, logger hclog.Logger) (*stores, error) {
	path := filepath.Join(dir, "raft.db")
	if err := makeLog(path); err != nil {
		return nil, fmt.Errorf("make the log %s: %w", path, err)
	}
	bolt, err := openLog(path)
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use: is another jeton running on the same path.data?", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the log %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(dir, 2, logger)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the snapshots in %s: %w", dir, err), bolt.Close())
	}
	// The new file's name must survive a power loss too; raft-boltdb does not
	// sync the directory.
	if err := syncDir(dir); err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	cached, err := raft.NewLogCache(512, bolt)
	if err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	// A crash may have come between a snapshot and what is removed because of it.
	held, err := snapshots.List()
	if err == nil && len(held) > 0 {
		err = dropReplaced(cached, held[0].Index, held[0].Term)
	}
	if err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	return &stores{
		log: cached, stable: bolt, stats: bolt.Stats, close: bolt.Close,
		snapshots: snapshotStore{snapshots, filepath.Join(dir, "snapshots"), cached},
	}, nil
}

// makeLog makes an empty log, unless there is one. It does so under another name
// first: of a file that bbolt has begun to fill, a power cut may leave what it
// takes for damaged. The other name is one that a later start clears away.
func makeLog(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), ".raft.db.tmp")
	bolt, err := openLog(temporary)
	if err != nil {
		return err
	}
	if err := bolt.Close(); err != nil {
		return err
	}
	// Not a rename, where it can be helped: the log of another process that was
	// quicker must stay.
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, os.ErrExist) {
		return os.Rename(temporary, path) // a file system without links
	}
	return os.Remove(temporary)
}

func openLog(path string) (*raftboltdb.BoltStore, error) {
	return raftboltdb.New(raftboltdb.Options{
		Path: path,
		BoltOptions: &bbolt.Options{
			// Another process that holds the file is a second node on the same
			// directory: say so soon instead of waiting for ever.
			Timeout: 2 * time.Second,
			// A burst that is truncated later leaves a long freelist, and
			// writing it with each commit is what made old logs slow.
			NoFreelistSync: true,
			FreelistType:   bbolt.FreelistMapType,
		},
	})
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some systems cannot sync a directory and say so; there is nothing better
	// to do there.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
