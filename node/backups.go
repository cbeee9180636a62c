package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"jeton/internal/localfile"
	"jeton/security/backup"
	"jeton/security/token"
)

const (
	// backupName is the time to the millisecond, in UTC, and the log index.
	backupName     = "jeton-%s-%d.backup"
	backupNameTime = "20060102T150405.000Z"

	firstBackup = 10 * time.Second // after the start, when one is overdue
	retryBackup = time.Minute      // after a failure
)

// ownBackup are the names that the schedule gives: what has another one is
// somebody else's and is left alone.
var ownBackup = regexp.MustCompile(`^jeton-(\d{8}T\d{6}\.\d{3}Z)-(\d+)\.backup$`)

// backups makes a backup at every interval and keeps the newest ones.
type backups struct {
	n *Node

	mu    sync.Mutex
	stats backupStats
}

// backupStats is how the schedule is doing.
type backupStats struct {
	interval time.Duration // 0: there is none
	last     time.Time     // when the newest backup was made; zero: there is none
	failures uint64        // since the start
	size     int64         // of the newest one, in bytes; 0: not known since the start
	took     time.Duration // likewise
}

func (b *backups) read() backupStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}

// keep makes backups until the node stops. One at a time: the next one is reckoned
// from the end of the one before.
func (b *backups) keep() {
	interval := b.n.opts.Settings.BackupInterval
	b.mu.Lock()
	b.stats.interval, b.stats.last = interval, newest(b.n.opts.Settings.backupDir(), time.Now())
	wait := max(time.Until(b.stats.last.Add(interval)), min(interval, firstBackup))
	b.mu.Unlock()
	for {
		timer := time.NewTimer(min(wait, interval)) // a clock that was set back must not end the backups
		select {
		case <-timer.C:
		case <-b.n.ctx.Done():
			timer.Stop()
			return
		}
		wait = interval
		if !b.one(b.n.ctx) {
			wait = min(interval, retryBackup)
		}
	}
}

// one makes a backup and drops those that are too many.
func (b *backups) one(ctx context.Context) bool {
	s := b.n.opts.Settings
	began := time.Now()
	name, size, err := b.write(ctx, s)
	b.mu.Lock()
	if err == nil {
		b.stats.last, b.stats.size, b.stats.took = began, size, time.Since(began)
	} else {
		b.stats.failures++
	}
	b.mu.Unlock()
	if err != nil {
		if b.n.ctx.Err() == nil {
			b.n.log.Error("no backup could be made; trying again", "path", s.backupDir(), "error", err)
		}
		return false
	}
	b.n.log.Info("a backup was made", "file", name, "bytes", size)
	if err := prune(s.backupDir(), s.BackupKeep, filepath.Base(name)); err != nil {
		b.n.log.Warn("old backups could not be dropped", "path", s.backupDir(), "error", err)
	}
	return true
}

func (b *backups) write(ctx context.Context, s Settings) (path string, size int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.RequestTimeout)
	defer cancel()
	passphrase, err := s.backupPassphrase()
	if err != nil {
		return "", 0, err
	}
	made, err := b.n.service.SaveLocalBackup(ctx, passphrase)
	if err != nil {
		return "", 0, err
	}
	if err := localfile.MkdirPrivate(s.backupDir()); err != nil {
		return "", 0, err
	}
	stamp := time.UnixMilli(made.Made).UTC().Format(backupNameTime)
	path = filepath.Join(s.backupDir(), fmt.Sprintf(backupName, stamp, made.State.Index()))
	_, size, err = backup.WriteFile(path, false, func(w io.Writer) error {
		_, err := made.WriteTo(w)
		return err
	})
	return path, size, err
}

func (s Settings) backupDir() string {
	if s.BackupPath != "" {
		return s.BackupPath
	}
	return filepath.Join(s.PathData, "backups")
}

// backupPassphrase is read each time, so that it may be changed. One line feed at
// its end is not part of it.
func (s Settings) backupPassphrase() (token.Secret, error) {
	if s.BackupPassphraseFile == "" {
		return token.Secret{}, nil
	}
	text, err := readSecretFile(s.BackupPassphraseFile)
	if err != nil {
		return token.Secret{}, fmt.Errorf("setting [backup.passphrase_file]: %w", err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	if len(text) < backup.MinPassphrase {
		return token.Secret{}, fmt.Errorf("setting [backup.passphrase_file]: %s cannot be used: a passphrase has %d bytes or more, and this one %d", s.BackupPassphraseFile, backup.MinPassphrase, len(text))
	}
	return token.SecretFrom(string(text)), nil
}

// ownFile is one that the schedule has written.
type ownFile struct {
	name  string
	made  time.Time // by the clock of then
	index uint64
}

func parseOwn(name string) (ownFile, bool) {
	parts := ownBackup.FindStringSubmatch(name)
	if parts == nil {
		return ownFile{}, false
	}
	made, err := time.Parse(backupNameTime, parts[1])
	if err != nil {
		return ownFile{}, false
	}
	index, err := strconv.ParseUint(parts[2], 10, 64)
	return ownFile{name, made, index}, err == nil
}

func ownBackups(dir string) ([]ownFile, error) {
	entries, err := os.ReadDir(dir)
	var files []ownFile
	for _, e := range entries {
		if f, own := parseOwn(e.Name()); own && e.Type().IsRegular() {
			files = append(files, f)
		}
	}
	return files, err
}

// newest is when the newest backup of the directory was made. A time that is yet to
// come is that of a clock which was wrong, and must not put the next one off.
func newest(dir string, now time.Time) time.Time {
	files, _ := ownBackups(dir) // where it cannot be read, there is none
	var last time.Time
	for _, f := range files {
		if f.made.After(last) && !f.made.After(now) {
			last = f.made
		}
	}
	return last
}

// prune drops all but the newest, and never the one that was just written.
func prune(dir string, keep int, written string) error {
	files, err := ownBackups(dir)
	if err != nil {
		return err
	}
	for _, name := range superfluous(files, keep, written) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// superfluous are the names beyond the newest ones. The log index tells which is
// newer, because a clock may be set back. It never falls, so a file that is ahead of
// the one just written is from another cluster, before this directory was its own,
// and counts as older than all of this one.
func superfluous(files []ownFile, keep int, written string) []string {
	last, _ := parseOwn(written)
	files = slices.DeleteFunc(slices.Clone(files), func(f ownFile) bool { return f.name == written })
	rank := func(f ownFile) uint64 {
		if f.index > last.index {
			return 0 // all alike: their time decides
		}
		return f.index
	}
	slices.SortFunc(files, func(a, b ownFile) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.made.Compare(b.made), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, f := range files[:max(len(files)-max(keep-1, 0), 0)] {
		names = append(names, f.name)
	}
	return names
}
