package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"reflect"
	"slices"
	"strings"

	"jeton/fsm"
)

// Reader reads a backup, one record at a time. What it has returned counts for
// nothing until Next has returned io.EOF: only then the checksum was right.
type Reader struct {
	in     *bufio.Reader
	digest hash.Hash
	err    error // sticky

	meta     Meta
	ca       CA
	settings fsm.Settings
	seen     fsm.Counts
}

// NewReader reads what comes before the records. Errors: ErrNoBackup, ErrVersion,
// ErrDamaged, and those of reading.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(from, 64<<10), digest: sha256.New()}
	first, err := r.in.ReadSlice('\n')
	switch name, _, _ := strings.Cut(string(first), " "); {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
		return nil, err
	case name != headerName:
		return nil, ErrNoBackup
	case string(first) != header:
		return nil, ErrVersion
	}
	r.digest.Write(first)
	return r, r.readHead()
}

func (r *Reader) readHead() error {
	var l line
	for _, want := range []string{"meta", "ca", "settings"} {
		next, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case want == "meta" && next.Meta != nil:
			l.Meta = next.Meta
		case want == "ca" && next.CA != nil:
			l.CA = next.CA
		case want == "settings" && next.Settings != nil:
			l.Settings = next.Settings
		default:
			return damaged("its line %q is missing", want)
		}
	}
	r.meta, r.ca, r.settings = *l.Meta, *l.CA, *l.Settings
	if r.meta.ClusterUUID == "" || len(r.meta.Former) > maxFormer {
		return damaged("it does not say of what cluster it is")
	}
	for _, uuid := range append(slices.Clone(r.meta.Former), r.meta.ClusterUUID) {
		if len(uuid) > fsm.MaxUUID {
			return damaged("a cluster_uuid of it has %d bytes, and none has more than %d", len(uuid), fsm.MaxUUID)
		}
	}
	return nil
}

// Meta is what the backup says of itself.
func (r *Reader) Meta() Meta { return r.meta }

// CA is the certificate authority of the backup's cluster.
func (r *Reader) CA() CA { return r.ca }

// Settings are those of the backup's cluster.
func (r *Reader) Settings() fsm.Settings { return r.settings }

// Next returns the next record, and io.EOF once there is none left and the backup
// is whole. Errors: ErrDamaged, ErrVersion, and those of reading.
func (r *Reader) Next() (fsm.Restorable, error) {
	if r.err != nil {
		return fsm.Restorable{}, r.err
	}
	l, err := r.next()
	switch {
	case err != nil:
	case l.SHA256 != "":
		err = r.end()
	default:
		err = r.count(l.Restorable)
	}
	r.err = err
	return l.Restorable, err
}

// next reads a line; at the last one it checks the sum.
func (r *Reader) next() (line, error) {
	raw, err := r.readLine()
	if err != nil {
		return line{}, err
	}
	var l line
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			return line{}, fmt.Errorf("%w: a record of it is unknown here: %w", ErrVersion, err)
		}
		return line{}, damaged("a line of it is no JSON of a backup")
	}
	if d.More() || !l.one() {
		return line{}, damaged("a line of it does not hold exactly one record")
	}
	if l.SHA256 != "" {
		if string(raw) != seal(r.digest) {
			return line{}, damaged("its checksum is wrong")
		}
		return l, nil
	}
	r.digest.Write(raw)
	return l, nil
}

// one reports whether exactly one field is set.
func (l line) one() bool {
	n := 0
	for _, v := range []any{l, l.Restorable} {
		of := reflect.ValueOf(v)
		for i := range of.NumField() {
			if f := of.Field(i); f.Kind() != reflect.Struct && !f.IsZero() {
				n++
			}
		}
	}
	return n == 1
}

func (r *Reader) readLine() ([]byte, error) {
	var whole []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if whole = append(whole, part...); len(whole) > MaxRecord+1 {
			return nil, damaged("a line of it is longer than %d bytes", MaxRecord)
		}
		switch {
		case err == nil:
			return whole, nil
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, damaged("it was cut short")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func (r *Reader) end() error {
	switch _, err := r.in.ReadByte(); {
	case err == nil:
		return damaged("there is more behind its end")
	case !errors.Is(err, io.EOF):
		return err
	case r.seen != r.meta.Counts:
		return damaged("it does not hold as many records as it says")
	}
	return io.EOF
}

func (r *Reader) count(record fsm.Restorable) error {
	switch {
	case record.User != nil:
		r.seen.Users++
	case record.Role != nil:
		r.seen.Roles++
	case record.ApplicationPrivilege != nil:
		r.seen.ApplicationPrivileges++
	case record.ServiceAccount != nil:
		r.seen.ServiceAccounts++
	case record.ServiceToken != nil:
		r.seen.ServiceTokens++
	case record.OAuthToken != nil:
		r.seen.OAuthTokens++
	case record.Succession != nil:
		r.seen.Successions++
	case record.OAuthSince == 0:
		return damaged("a line of it belongs to its beginning")
	}
	return nil
}
