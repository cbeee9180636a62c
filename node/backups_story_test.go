package node_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jeton/node"
	"jeton/node/nodetest"
	"jeton/security/backup"
)

// scheduled is a node that makes backups as fast as it can.
func scheduled(t *testing.T, tune func(*node.Options)) (*nodetest.Cluster, *nodetest.Node) {
	t.Helper()
	c := nodetest.StartWith(t, 1, nodetest.Options{Tune: func(_ string, o *node.Options) {
		o.Settings.BackupInterval, o.Settings.BackupKeep = 20*time.Millisecond, 3
		tune(o)
	}})
	return c, c.Nodes[0]
}

func backupsOf(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jeton-*.backup"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheScheduleKeepsTheNewestBackupsAndNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pass, foreign := filepath.Join(dir, "pass"), filepath.Join(dir, "jeton-of-mine.backup")
	for _, path := range []string{pass, foreign} {
		if err := os.WriteFile(path, []byte("correct horse battery\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, n := scheduled(t, func(o *node.Options) { o.Settings.BackupPath, o.Settings.BackupPassphraseFile = dir, pass })
	first := ""
	c.Eventually("a backup", func() error {
		for _, path := range backupsOf(t, dir) {
			if path != foreign {
				first = path
				return nil
			}
		}
		return errors.New("none")
	})
	c.Eventually("newer ones, and no more than three", func() error {
		files := backupsOf(t, dir)
		if _, err := os.Stat(first); err == nil || len(files) != 4 {
			return fmt.Errorf("%q", files)
		}
		return nil
	})
	now := numbers(t, n)
	if age := float64(time.Now().Unix()) - now["jeton_backup_last_success_timestamp_seconds"]; age > 60 || now["jeton_backup_size_bytes"] == 0 {
		t.Errorf("%v s old, %v bytes", age, now["jeton_backup_size_bytes"])
	}
	n.Stop()
	for _, path := range backupsOf(t, dir) {
		if path == foreign {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := backup.Check(f); err != nil || r.CA().Key == nil {
			t.Errorf("%s: %v", path, err)
		}
		_ = f.Close()
	}
	if text, err := os.ReadFile(foreign); err != nil || !strings.HasPrefix(string(text), "correct") {
		t.Errorf("somebody else's file: %q, %v", text, err)
	}
	n.Restart()
	c.WaitReady()
}

func TestABackupThatCannotBeWrittenIsCountedAndTriedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not-a-directory")
	c, n := scheduled(t, func(o *node.Options) { o.Settings.BackupPath = dir })
	n.Stop()
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	n.Restart() // a member goes on without backups
	c.WaitReady()
	c.Eventually("two failures", func() error {
		if failed := numbers(t, n)["jeton_backup_failures_total"]; failed < 2 {
			return fmt.Errorf("%v", failed)
		}
		return nil
	})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	c.Eventually("a backup", func() error {
		if numbers(t, n)["jeton_backup_last_success_timestamp_seconds"] == 0 {
			return errors.New("none")
		}
		return nil
	})
}
