//go:build unix

package localfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// GiveTree gives all files and directories below dir to the owner and group of
// dir, for a tool that root runs on the directory of a server. Who is not root
// makes files of its own there anyway, and changes nothing by this.
//
// Symbolic links, and files that have a second name, are left alone: the owner
// could have put them there to be given what is elsewhere.
func GiveTree(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	want := ownerOf(info)
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() && !entry.Type().IsRegular() {
			return err
		}
		return giveEntry(root, name, want)
	})
}

// giveEntry looks at what it has open, so that nobody can put something else in
// its place meanwhile.
func giveEntry(root *os.Root, name string, want owner) error {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	second := !info.IsDir() && info.Sys().(*syscall.Stat_t).Nlink > 1
	if ownerOf(info) == want || second {
		return nil
	}
	if err := f.Chown(want.uid, want.gid); err != nil {
		return fmt.Errorf("give %s to the owner of its directory: %w", f.Name(), err)
	}
	return nil
}
