package localfile

import (
	"os"
	"path/filepath"
)

// MkdirPrivate makes the directory, unless it is there, with mode 0700, for
// files that belong to this program alone. When it returns nil the directory
// survives a power cut. What a Write that was killed has left in it is removed.
func MkdirPrivate(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, f := range files {
		if temporary, _ := filepath.Match(".*.tmp", f.Name()); temporary {
			if err := os.Remove(filepath.Join(path, f.Name())); err != nil {
				return err
			}
		}
	}
	return syncDir(filepath.Dir(filepath.Clean(path)))
}
