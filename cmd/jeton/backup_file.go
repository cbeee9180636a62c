package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxBackup bounds what is taken from stdin, in bytes: as much as a node takes.
const maxBackup = 520 << 20

// backupFile can be read twice; Close removes it where it is a copy of stdin.
type backupFile struct {
	*os.File
	copied bool
}

// Close implements io.Closer.
func (f backupFile) Close() error {
	err := f.File.Close()
	if f.copied {
		_ = os.Remove(f.Name()) // mostly gone: see spool
	}
	return err
}

// openBackup opens the file, or a copy of stdin for "-".
func (p *program) openBackup(path string) (backupFile, error) {
	if path == "-" {
		return spool(p.stdin, maxBackup)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return backupFile{}, fmt.Errorf("the backup %s is not there: 'jeton backup save FILE' makes one, - is stdin", path)
	}
	return backupFile{File: f}, err
}

// spool copies a stream to a private temporary file, because it is checked to its end
// before a byte of it is used. The name goes at once where the system lets it, so
// that nothing is left behind also when the program is killed.
func spool(from io.Reader, limit int64) (f backupFile, err error) {
	file, err := os.CreateTemp("", "jeton-backup-*.tmp") // exclusive, 0600, random
	if err != nil {
		return f, fmt.Errorf("stdin needs a place in between, TMPDIR says where: %w", err)
	}
	_ = os.Remove(file.Name())
	f = backupFile{file, true}
	n, err := io.Copy(file, io.LimitReader(from, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is larger than the %d bytes allowed", limit)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return backupFile{}, errors.Join(fmt.Errorf("the backup on stdin cannot be used: %w", err), f.Close())
	}
	return f, nil
}

// needDirectoryOf fails when a file cannot be made because its directory is not there.
func needDirectoryOf(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be made: the directory %s is not there, make it first", path, dir)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s cannot be made: %s is not a directory", path, dir)
	}
	return nil // what else there is, the writing finds
}
