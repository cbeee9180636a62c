package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"jeton/internal/localfile"
)

// ErrFileExists: there is such a file already, and it was not to be replaced.
var ErrFileExists = errors.New("the file exists already")

// Check reads a backup to its end. Errors: those of Reader.
func Check(from io.Reader) (*Reader, error) {
	r, err := NewReader(from)
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return r, nil
}

// WriteFile has fill write a backup into a new file of mode 0600 beside the path,
// reads it back from there, and only then gives it its name: what has the name is
// whole and survives a power cut. An existing file stays, unless it is to be
// replaced. Errors: ErrFileExists, those of Reader and of fill.
func WriteFile(path string, replace bool, fill func(io.Writer) error) (meta Meta, size int64, err error) {
	if _, err := os.Lstat(path); err == nil && !replace {
		return Meta{}, 0, fmt.Errorf("%s: %w", path, ErrFileExists)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp") // exclusive, 0600, random
	if err != nil {
		return Meta{}, 0, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has another name by then, or is worth nothing
	defer func() { _ = f.Close() }()
	if err := fill(f); err != nil {
		return Meta{}, 0, err
	}
	if size, err = f.Seek(0, io.SeekCurrent); err != nil {
		return Meta{}, 0, err
	}
	if meta, err = readBack(f); err != nil {
		return Meta{}, 0, err
	}
	return meta, size, publish(f.Name(), path, replace)
}

// readBack is what the file holds, once it is on the disk.
func readBack(f *os.File) (Meta, error) {
	if err := f.Sync(); err != nil {
		return Meta{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Meta{}, err
	}
	r, err := Check(f)
	if err != nil {
		return Meta{}, err
	}
	return r.Meta(), f.Close()
}

// publish gives the file its name: by a link where none may be replaced, which
// fails when somebody else was faster.
func publish(from, to string, replace bool) error {
	name := os.Link
	if replace {
		name = os.Rename
	}
	err := name(from, to)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s: %w", to, ErrFileExists)
	}
	if err != nil && !replace { // a file system without links
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	return localfile.SyncDir(filepath.Dir(to))
}
