package node

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withBackups are settings whose schedule can work.
func withBackups(t *testing.T) Settings {
	t.Helper()
	dir := t.TempDir()
	pass := filepath.Join(dir, "pass")
	if err := os.WriteFile(pass, []byte("twelve bytes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Settings{BackupInterval: time.Hour, BackupPath: filepath.Join(dir, "backups"), BackupPassphraseFile: pass}
}

func TestBackupsThatCannotBeMadeAreFoundAtTheStart(t *testing.T) {
	for about, c := range map[string]struct {
		spoil func(s *Settings) error
		says  []string
	}{
		"no such file":  {func(s *Settings) error { return os.Remove(s.BackupPassphraseFile) }, []string{"[backup.passphrase_file]", "no such file"}},
		"for everybody": {func(s *Settings) error { return os.Chmod(s.BackupPassphraseFile, 0o644) }, []string{"[backup.passphrase_file]", "mode 0644", "chmod 600"}},
		"too short":     {func(s *Settings) error { return os.WriteFile(s.BackupPassphraseFile, []byte("eleven byte\n"), 0o600) }, []string{"[backup.passphrase_file]", "12 bytes or more"}},
		"no directory":  {func(s *Settings) error { return os.WriteFile(s.BackupPath, nil, 0o600) }, []string{"[backup.path]"}},
	} {
		t.Run(about, func(t *testing.T) {
			s := withBackups(t)
			if err := s.checkBackups(); err != nil {
				t.Fatalf("before it was spoilt: %v", err)
			}
			if err := os.RemoveAll(s.BackupPath); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(&s); err != nil {
				t.Fatal(err)
			}
			err := s.checkBackups()
			for _, want := range c.says {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %q", err, want)
				}
			}
		})
	}
}

// Nobody loses a voter over a file that only the backups need.
func TestAMemberGoesOnWithoutBackupsAndSaysSo(t *testing.T) {
	s := withBackups(t)
	if err := os.Remove(s.BackupPassphraseFile); err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	n := &Node{opts: Options{Settings: s}, log: slog.New(slog.NewTextHandler(&logged, nil)), id: &identity{}}
	n.backups = &backups{n: n}
	if err := n.checkBackups(); err == nil {
		t.Error("a node that is no member yet goes on")
	}
	n.id.Phase = phaseMember
	if err := n.checkBackups(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(logged.String(), "level=ERROR") || n.backups.read().failures != 1 {
		t.Errorf("%d failures, and the log: %s", n.backups.read().failures, &logged)
	}
	n.opts.Settings.BackupInterval = 0
	n.id.Phase = ""
	if err := n.checkBackups(); err != nil {
		t.Errorf("without a schedule: %v", err)
	}
}

func TestLookingForRoomLeavesNothingBehind(t *testing.T) {
	s := withBackups(t)
	if err := s.checkBackups(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(s.BackupPath); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
