package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file, or makes it, with mode 0600: for files that belong
// to this program alone, as those in path.data. When it returns nil the new
// content survives a power cut; when it does not, the file holds the former or
// the new content, never a part. Where path is a symbolic link, its target is
// replaced and the link stays. The directory must exist.
func Write(path string, data []byte) error {
	return replace(path, data, func(*os.File, string) error { return nil })
}

// WriteShared is Write for files that another account reads too, as those in
// the config directory, where a tool run by root must not lock the server out.
//
// An existing file keeps owner, group and mode. A new one gets the owner and
// group of its directory as far as this process may give it away (root), else
// the group alone; its mode is 0600 when it then belongs to the directory's
// owner, else 0640. A directory of root with another group is that group's
// (packages make config directories so), and the file's mode is 0640.
//
// The warnings are whole sentences for a person: what could not be kept, so
// that somebody may now be unable to read the file.
func WriteShared(path string, data []byte) (warnings []string, err error) {
	err = replace(path, data, func(f *os.File, target string) error {
		var err error
		warnings, err = share(f, target)
		return err
	})
	return warnings, err
}

// replace writes a temporary file beside the target, lets prepare set its
// access, and renames it over the target.
func replace(path string, data []byte, prepare func(f *os.File, target string) error) (err error) {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	dir, name := filepath.Dir(target), filepath.Base(target)
	f, err := os.CreateTemp(dir, "."+name+".*.tmp") // exclusive, 0600, random
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := prepare(f, target); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("%s was replaced, but a power cut may undo it: %w", target, err)
	}
	return nil
}

// resolve follows symbolic links to the place where the file is or, when it
// does not exist yet, will be.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return target, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, filepath.Base(path))
	link, err := os.Readlink(path)
	if err != nil {
		return path, nil // no link, so simply absent
	}
	if !filepath.IsAbs(link) {
		link = filepath.Join(dir, link)
	}
	return resolve(link) // ends: a circle is an error of EvalSymlinks
}
