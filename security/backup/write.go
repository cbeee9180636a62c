package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"jeton/fsm"
)

// Backup is one state, ready to be written. The state never changes, so nothing
// waits for it, however slow the reader is.
type Backup struct {
	State   *fsm.State
	Key     *Sealed // of the CA; nil leaves it out
	Made    int64   // Unix milliseconds
	Version string  // of jeton
}

// Meta is what the backup will say of itself.
func (b Backup) Meta() Meta {
	source := fsm.BackupSource{Index: b.State.Index(), Made: b.Made, Version: b.Version, Former: b.State.Lineage()}
	if c := b.State.Cluster(); c != nil {
		source.ClusterUUID, source.ClusterName = c.UUID, c.Name
	}
	return Meta{source, b.State.Counts()}
}

// WriteTo implements io.WriterTo.
func (b Backup) WriteTo(w io.Writer) (int64, error) {
	out := &writer{buf: bufio.NewWriterSize(w, 64<<10), digest: sha256.New()}
	out.text([]byte(header))
	meta, settings := b.Meta(), b.State.Settings()
	out.line(line{Meta: &meta})
	ca := &CA{Key: b.Key}
	if c := b.State.CA(); c != nil {
		ca.Certificate = c.Certificate
	}
	out.line(line{CA: ca})
	out.line(line{Settings: &settings})
	for r := range b.State.Restorables {
		if out.record(r); out.err != nil {
			break
		}
	}
	return out.finish()
}

// writer writes and digests; after an error it does nothing more.
type writer struct {
	buf    *bufio.Writer
	digest hash.Hash
	n      int64
	err    error
}

func (w *writer) text(b []byte) {
	if w.err != nil {
		return
	}
	w.digest.Write(b)
	n, err := w.buf.Write(b)
	w.n, w.err = w.n+int64(n), err
}

func (w *writer) line(l line) { w.json(l) }

func (w *writer) record(r fsm.Restorable) {
	if n := w.json(r); n > MaxRecord {
		w.err = errors.Join(w.err, errTooLong(n))
	}
}

func errTooLong(n int) error {
	return fmt.Errorf("a record of %d bytes could not be restored: the limit is %d; shorten its metadata", n, MaxRecord)
}

func (w *writer) json(v any) (length int) {
	data, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("backup: %w", err)
	}
	w.text(append(data, '\n'))
	return len(data)
}

func (w *writer) finish() (int64, error) {
	w.text([]byte(seal(w.digest)))
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	return w.n, w.err
}

var _ io.WriterTo = Backup{}
