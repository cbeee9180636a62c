//go:build unix

package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	ownerOnly     = fs.FileMode(0o600)
	groupReadable = fs.FileMode(0o640)
	groupBits     = fs.FileMode(0o070)

	pleaseCheck = "Please ensure that the account that runs the server has read access to this file!"
)

type owner struct{ uid, gid int }

func ownerOf(info fs.FileInfo) owner {
	stat := info.Sys().(*syscall.Stat_t)
	return owner{int(stat.Uid), int(stat.Gid)}
}

// share gives f, which will replace target, its owner, group and mode.
func share(f *os.File, target string) (warnings []string, err error) {
	former, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return shareNew(f, target)
	}
	if err != nil {
		return nil, err
	}
	want := ownerOf(former)
	got, err := giveTo(f, want)
	if err != nil {
		return nil, err
	}
	mode := former.Mode().Perm()
	if got.uid != want.uid {
		warnings = append(warnings, fmt.Sprintf("Owner of file [%s] used to be [%s], but now is [%s]", target, userName(want.uid), userName(got.uid)))
	}
	if got.gid != want.gid {
		warnings = append(warnings, fmt.Sprintf("Group of file [%s] used to be [%s], but now is [%s]", target, groupName(want.gid), groupName(got.gid)))
		if mode&groupBits != 0 { // what the mode allowed was not for this group
			mode &^= groupBits
			warnings = append(warnings, fmt.Sprintf("The file permissions of [%s] have changed from [%s] to [%s]", target, bits(former.Mode()), bits(mode)))
		}
	}
	if warnings != nil {
		warnings = append(warnings, pleaseCheck)
	}
	return warnings, f.Chmod(mode)
}

// shareNew is share for a target that does not exist yet.
func shareNew(f *os.File, target string) (warnings []string, err error) {
	dir, err := os.Stat(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	want := ownerOf(dir)
	got, err := giveTo(f, want)
	if err != nil {
		return nil, err
	}
	forGroup := want.uid == 0 && want.gid != 0
	switch {
	case got.uid == want.uid && !forGroup:
		return nil, f.Chmod(ownerOnly)
	case got.gid == want.gid:
		return nil, f.Chmod(groupReadable)
	default:
		return []string{
			fmt.Sprintf("File [%s] belongs to [%s], not to the owner [%s] or the group [%s] of its directory",
				target, userName(got.uid), userName(want.uid), groupName(want.gid)),
			pleaseCheck,
		}, f.Chmod(ownerOnly)
	}
}

// giveTo sets owner and group, or the group alone, or neither, as far as this
// process may, and returns what has become of it.
func giveTo(f *os.File, want owner) (got owner, err error) {
	if f.Chown(want.uid, want.gid) != nil {
		_ = f.Chown(-1, want.gid)
	}
	info, err := f.Stat()
	if err != nil {
		return owner{}, err
	}
	return ownerOf(info), nil
}

func bits(mode fs.FileMode) string { return mode.Perm().String()[1:] }

func userName(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func groupName(gid int) string {
	id := strconv.Itoa(gid)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}

// syncDir makes a rename in the directory survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // a file system that has no such thing
	}
	return err
}
