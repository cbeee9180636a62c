package node

import (
	"fmt"
	"os"

	"jeton/internal/localfile"
)

// checkBackups finds at the start what would fail at the first backup, which may be a
// day away. A member goes on without backups rather than not at all, as it does
// without a join secret, and tries again at each interval.
func (n *Node) checkBackups() error {
	s := n.opts.Settings
	if s.BackupInterval == 0 {
		return nil
	}
	err := s.checkBackups()
	if err == nil || n.id.Phase != phaseMember {
		return err
	}
	n.log.Error("no backup can be made as it is set up; this node goes on, and tries again", "error", err)
	n.backups.failed()
	return nil
}

func (b *backups) failed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.failures++
}

func (s Settings) checkBackups() error {
	if _, err := s.backupPassphrase(); err != nil {
		return err
	}
	if err := writable(s.backupDir()); err != nil {
		return fmt.Errorf("setting [backup.path]: no backup can be written there: %w", err)
	}
	return nil
}

// writable makes the directory where it is not there, and tries it.
func writable(dir string) error {
	if err := localfile.MkdirPrivate(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".check-*.tmp") // one that is left is dropped as any of that name
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Remove(f.Name())
}
