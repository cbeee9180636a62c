package backup

import (
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"time"

	"jeton/fsm"
)

const (
	headerName = "jeton-backup"
	header     = headerName + " 1\n"

	// MaxRecord bounds one record, in bytes: it must fit one entry of the log on
	// its way back, beside what else the entry says.
	MaxRecord = fsm.MaxEntry - 4<<10
	maxFormer = 1024
	// MaxSize bounds a backup, in bytes: as much as a restore may stage.
	MaxSize = 512 << 20
)

// Sentinels. Nothing of a backup that has one of them may be used.
var (
	// ErrDamaged: the text is not what was written.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrNoBackup: the text is something else than a backup.
	ErrNoBackup = errors.New("this is no backup of jeton: it does not begin with a line [" + headerName + " VERSION]")
	// ErrVersion: a later release has written it.
	ErrVersion = errors.New("the backup was written by another release of jeton: use that release, or a newer one")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Meta is what a backup says of itself.
type Meta struct {
	fsm.BackupSource
	Counts fsm.Counts `json:"counts"`
}

// MadeAt is when the backup was made, by its maker's clock.
func (m Meta) MadeAt() time.Time { return time.UnixMilli(m.Made).UTC() }

// CA is the cluster's certificate authority as a backup holds it.
type CA struct {
	Certificate string  `json:"certificate"`          // PEM
	Key         *Sealed `json:"sealed_key,omitempty"` // nil: the key is not in the backup
}

// LogValue implements slog.LogValuer.
func (CA) LogValue() slog.Value { return slog.StringValue("certificate authority") }

// line is one line; exactly one field is set.
type line struct {
	Meta     *Meta         `json:"meta,omitempty"`
	CA       *CA           `json:"ca,omitempty"`
	Settings *fsm.Settings `json:"settings,omitempty"`
	fsm.Restorable
	SHA256 string `json:"sha256,omitempty"`
}

// LogValue implements slog.LogValuer.
func (line) LogValue() slog.Value { return slog.StringValue("line of a backup") }

// seal is the last line, compared as it stands.
func seal(digest hash.Hash) string { return fmt.Sprintf("{\"sha256\":\"%x\"}\n", digest.Sum(nil)) }
