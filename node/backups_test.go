package node

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func wantPruned(t *testing.T, files []string, keep int, written string, left ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := prune(dir, keep, written); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if slices.Sort(left); !slices.Equal(names, left) {
		t.Errorf("left are\n%q, want\n%q", names, left)
	}
}

func TestBackupsOfAWrongClockDoNotTakeTheNewOnesPlaces(t *testing.T) {
	const (
		ahead1  = "jeton-20990101T000000.000Z-8.backup"
		ahead2  = "jeton-20990101T000100.000Z-9.backup"
		before  = "jeton-20260101T000000.000Z-10.backup"
		written = "jeton-20260101T000100.000Z-11.backup"
	)
	wantPruned(t, []string{ahead1, ahead2, before, written}, 2, written, before, written)
	wantPruned(t, []string{ahead1, ahead2, before, written}, 1, written, written)
	wantPruned(t, []string{ahead1, ahead2, before, written}, 3, written, ahead2, before, written)
}

func TestTheBackupThatWasJustMadeStays(t *testing.T) {
	const (
		ahead1  = "jeton-20990101T000000.000Z-9.backup"
		ahead2  = "jeton-20990101T000100.000Z-9.backup"
		written = "jeton-20260101T000100.000Z-9.backup" // nothing has changed since
	)
	wantPruned(t, []string{ahead1, ahead2, written}, 1, written, written)
	wantPruned(t, []string{ahead1, ahead2, written}, 2, written, ahead2, written)
}

// The log of a new cluster begins anew.
func TestBackupsOfTheClusterBeforeAreTheOldest(t *testing.T) {
	const (
		former1 = "jeton-20260101T000000.000Z-9000.backup"
		former2 = "jeton-20260102T000000.000Z-8999.backup"
		before  = "jeton-20260103T000000.000Z-9.backup"
		written = "jeton-20260104T000000.000Z-10.backup"
		mine    = "jeton-of-mine.backup"
	)
	wantPruned(t, []string{former1, former2, before, written, mine}, 3, written, former2, before, written, mine)
}

func TestATimeToComeIsNotThatOfTheNewestBackup(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"jeton-20260101T000000.000Z-9.backup", "jeton-20990101T000000.000Z-8.backup"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if last := newest(dir, now); !last.Equal(now.Add(-24 * time.Hour)) {
		t.Errorf("it was made at %s", last)
	}
}
