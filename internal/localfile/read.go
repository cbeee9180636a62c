package localfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxSize is the size in bytes above which a file is not read.
const MaxSize = 16 << 20

// Read returns the whole content of a regular file of at most MaxSize bytes,
// never nil without an error. An absent file is fs.ErrNotExist.
func Read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // to open a named pipe would block
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s has more than the %d bytes that are read", path, MaxSize)
	}
	return data, nil
}

// ReadOrAbsent is Read for a file that need not exist: it then returns nil.
func ReadOrAbsent(path string) ([]byte, error) {
	data, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
