package audit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// file is what lines are appended to.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// output is the present file, and those that were rolled over. Only the writer
// uses it.
type output struct {
	dir, name string
	maxSize   int64
	maxFiles  int
	open      opener

	file file        // nil: it must be opened
	info fs.FileInfo // of the open file
	size int64
	// begun is how much of the line to be written next stands in the file
	// already.
	begun int
	// limit is the size at which it is rolled over: maxSize, or more when that
	// has failed.
	limit int64
}

func (o *output) path() string { return filepath.Join(o.dir, o.name+".json") }

// openFile opens, or makes, a file of the writer's own.
func openFile(path string) (file, fs.FileInfo, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// tryOpen opens the file unless that may take for ever.
func (o *output) tryOpen() error {
	if info, err := os.Stat(o.path()); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	return o.reopen()
}

func (o *output) reopen() error {
	f, info, err := o.open(o.path())
	if err != nil {
		return err
	}
	o.file, o.info, o.size, o.limit, o.begun = f, info, info.Size(), o.maxSize, 0
	if o.regular() && !endsWithLine(o.path(), o.size) {
		// Somebody was killed in the middle of a line.
		n, err := f.Write([]byte("\n"))
		o.size += int64(n)
		return err
	}
	return nil
}

func (o *output) regular() bool { return o.info.Mode().IsRegular() }

// endsWithLine is true where nothing else is known.
func endsWithLine(path string, size int64) bool {
	if size == 0 {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return true
	}
	return last[0] == '\n'
}

// write appends lines, and returns those that are not in the file; one of which
// only the beginning is goes on where it stopped, or is begun anew in another
// file. An error beside no rest is one that did not keep the lines from being
// written.
func (o *output) write(lines []byte) (rest []byte, err error) {
	rolling, err := o.prepare(int64(len(lines)))
	if err != nil {
		return lines, err
	}
	n, err := o.file.Write(lines[o.begun:])
	o.size += int64(n)
	n += o.begun
	if err != nil || n < len(lines) {
		whole := bytes.LastIndexByte(lines[:n], '\n') + 1
		o.begun = n - whole
		return lines[whole:], errors.Join(err, rolling)
	}
	o.begun = 0
	return nil, rolling
}

// prepare sees to it that the file is the one of that name, and not too long;
// rolling is why it is too long all the same.
func (o *output) prepare(more int64) (rolling, err error) {
	if o.file != nil && o.regular() {
		switch now, err := os.Stat(o.path()); {
		case err != nil || !os.SameFile(now, o.info):
			o.close() // removed, or renamed by somebody who rotates logs
		default:
			o.size = now.Size() // somebody may have cut it
		}
	}
	if o.file != nil && o.regular() && o.begun == 0 && o.size > 0 && o.size+more > o.limit {
		rolling = o.roll()
	}
	if o.file == nil {
		err = o.reopen()
	}
	return rolling, err
}

// close loses nothing: what a file's last moments say is of no use to anybody.
func (o *output) close() {
	if o.file != nil {
		_ = o.file.Sync()
		_ = o.file.Close()
		o.file, o.begun = nil, 0
	}
}
