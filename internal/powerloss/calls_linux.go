//go:build linux && (amd64 || arm64)

package powerloss

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"syscall"
)

// here, in place of the number of an argument, is the current directory.
const here = -1

// Numbers that both machines share and package syscall does not have.
const (
	callIOUringSetup = 425
	callOpenat2      = 437
	callFchmodat2    = 452
)

const createFlags = syscall.O_CREAT | syscall.O_WRONLY | syscall.O_TRUNC

// table says what is recorded of which call. The numbers in it are those of the
// arguments.
func (t *tracer) table() map[uint64]handler {
	calls := map[uint64]handler{
		syscall.SYS_OPENAT:     t.open(0, 1, 2),
		syscall.SYS_WRITE:      t.write(buffer, position),
		syscall.SYS_PWRITE64:   t.write(buffer, offset),
		syscall.SYS_WRITEV:     t.write(vector, position),
		syscall.SYS_PWRITEV:    t.write(vector, offset),
		callPwritev2:           t.write(vector, offset),
		syscall.SYS_FTRUNCATE:  t.truncate,
		syscall.SYS_FALLOCATE:  t.allocate,
		syscall.SYS_FSYNC:      t.sync,
		syscall.SYS_FDATASYNC:  t.sync,
		syscall.SYS_RENAMEAT:   t.rename(0, 1, 2, 3),
		callRenameat2:          t.rename(0, 1, 2, 3),
		syscall.SYS_UNLINKAT:   t.remove(0, 1),
		syscall.SYS_MKDIRAT:    t.mkdir(0, 1, 2),
		syscall.SYS_LINKAT:     t.link(0, 1, 2, 3),
		syscall.SYS_FCHMOD:     t.fchmod,
		syscall.SYS_FCHMODAT:   t.chmod(0, 1, 2),
		callFchmodat2:          t.chmod(0, 1, 2),
		syscall.SYS_MMAP:       t.mmap,
		syscall.SYS_EXIT_GROUP: t.exit,
		syscall.SYS_SYMLINKAT:  t.cannot("symlinkat", 1, 2),
		syscall.SYS_TRUNCATE:   t.cannot("truncate", here, 0),
		callOpenat2:            t.cannot("openat2", 0, 1),
		callCopyFileRange:      t.cannotWrite("copy_file_range", 2),
		syscall.SYS_SENDFILE:   t.cannotWrite("sendfile", 0),
		syscall.SYS_SPLICE:     t.cannotWrite("splice", 2),
		callIOUringSetup:       t.never("io_uring_setup"),
		syscall.SYS_SYNC:       t.never("sync"),
		callSyncfs:             t.never("syncfs"),
		syscall.SYS_IO_SUBMIT:  t.never("io_submit"),
		syscall.SYS_SETPGID:    t.never("setpgid"), // nobody would wait for it
		syscall.SYS_SETSID:     t.never("setsid"),
	}
	maps.Copy(calls, t.older())
	return calls
}

func (t *tracer) note(e Event) { t.rec.Events = append(t.rec.Events, e) }

func (t *tracer) problem(format string, args ...any) {
	t.rec.Problems = append(t.rec.Problems, fmt.Sprintf(format, args...))
}

// event begins an event about a path that has a number.
func (t *tracer) event(op Op, c call, rel string) Event {
	return Event{Op: op, Begin: c.begin, Path: rel, Node: t.ids[rel], Dir: t.dirOf(rel)}
}

func (t *tracer) dirOf(rel string) int { return t.ids[filepath.ToSlash(filepath.Dir(rel))] }

// known reports whether the path has a number, and that it should have one.
func (t *tracer) known(what, rel string) bool {
	_, ok := t.ids[rel]
	if !ok {
		t.problem("%s of %s, which was made by somebody else", what, rel)
	}
	return ok
}

func (t *tracer) open(dir, name, flags int) handler {
	return t.openWith(func(c call) (int, uint64, int) { return dir, c.args[name], int(c.args[flags]) })
}

// openWith records a file that is made or emptied by being opened.
func (t *tracer) openWith(arguments func(c call) (dir int, name uint64, flags int)) handler {
	return func(c call) func(int64) {
		_, _, flags := arguments(c)
		if flags&(syscall.O_CREAT|syscall.O_TRUNC|syscall.O_WRONLY|syscall.O_RDWR) == 0 {
			return nil
		}
		return func(fd int64) {
			rel, ok := t.fileOf(c.thread, uint64(fd))
			if !ok {
				return
			}
			if flags&syscall.O_DSYNC != 0 {
				t.problem("%s is opened so that writes are synced at once", rel)
			}
			switch _, there := t.ids[rel]; {
			case !there && flags&syscall.O_CREAT != 0:
				t.add(rel)
				e := t.event(Create, c, rel)
				e.Mode = t.modeOf(rel)
				t.note(e)
			case t.known("open", rel) && flags&syscall.O_TRUNC != 0:
				t.note(t.event(Truncate, c, rel))
			}
		}
	}
}

// modeOf is what the file has now: what was asked for went through a mask.
func (t *tracer) modeOf(rel string) os.FileMode {
	info, err := os.Lstat(filepath.Join(t.root, rel))
	if err != nil {
		return 0o600 // it is gone already
	}
	return info.Mode().Perm()
}

func (t *tracer) truncate(c call) func(int64) {
	return func(int64) {
		if rel, ok := t.fileOf(c.thread, c.args[0]); ok && t.known("truncate", rel) {
			e := t.event(Truncate, c, rel)
			e.Size = int64(c.args[1])
			t.note(e)
		}
	}
}

// allocate records space that is reserved, when that makes the file longer.
func (t *tracer) allocate(c call) func(int64) {
	return func(int64) {
		rel, ok := t.fileOf(c.thread, c.args[0])
		if !ok || !t.known("fallocate", rel) {
			return
		}
		if mode := c.args[1]; mode != 0 {
			t.problem("fallocate of %s with mode %#x", rel, mode)
			return
		}
		info, err := os.Stat(filepath.Join(t.root, rel))
		if err != nil {
			return
		}
		e := t.event(Truncate, c, rel)
		e.Size = info.Size()
		t.note(e)
	}
}

func (t *tracer) sync(c call) func(int64) {
	return func(int64) {
		if rel, ok := t.fileOf(c.thread, c.args[0]); ok && t.known("sync", rel) {
			t.note(t.event(Sync, c, rel))
		}
	}
}

func (t *tracer) rename(dir, name, toDir, toName int) handler {
	return t.twoPaths(Rename, dir, name, toDir, toName, func(from, to string) { t.move(from, to) })
}

func (t *tracer) link(dir, name, toDir, toName int) handler {
	return t.twoPaths(Link, dir, name, toDir, toName, func(from, to string) { t.ids[to] = t.ids[from] })
}

func (t *tracer) twoPaths(op Op, dir, name, toDir, toName int, change func(from, to string)) handler {
	return func(c call) func(int64) {
		from, fromHere := t.pathOf(c, dir, name)
		to, toHere := t.pathOf(c, toDir, toName)
		if !fromHere && !toHere {
			return nil
		}
		return func(int64) {
			switch {
			case fromHere != toHere:
				t.problem("%s across the root: %s to %s", op, from, to)
			case t.known(op.String(), from):
				e := t.event(op, c, from)
				e.To, e.ToDir = to, t.dirOf(to)
				t.note(e)
				change(from, to)
			}
		}
	}
}

func (t *tracer) mkdir(dir, name, _ int) handler {
	return func(c call) func(int64) {
		rel, ok := t.pathOf(c, dir, name)
		if !ok {
			return nil
		}
		return func(int64) {
			t.add(rel)
			e := t.event(Mkdir, c, rel)
			e.Mode = t.modeOf(rel)
			t.note(e)
		}
	}
}

func (t *tracer) remove(dir, name int) handler {
	return func(c call) func(int64) {
		rel, ok := t.pathOf(c, dir, name)
		if !ok {
			return nil
		}
		return func(int64) {
			if t.known("remove", rel) {
				t.note(t.event(Remove, c, rel))
				delete(t.ids, rel)
			}
		}
	}
}

func (t *tracer) chmod(dir, name, mode int) handler {
	return func(c call) func(int64) {
		rel, ok := t.pathOf(c, dir, name)
		if !ok {
			return nil
		}
		return func(int64) { t.noteMode(c, rel, c.args[mode]) }
	}
}

func (t *tracer) fchmod(c call) func(int64) {
	return func(int64) {
		if rel, ok := t.fileOf(c.thread, c.args[0]); ok {
			t.noteMode(c, rel, c.args[1])
		}
	}
}

func (t *tracer) noteMode(c call, rel string, mode uint64) {
	if rel == "." || !t.known("chmod", rel) {
		return
	}
	e := t.event(Chmod, c, rel)
	e.Mode = os.FileMode(mode).Perm()
	t.note(e)
}

// exit is noted when it begins: whoever waits for the end has not heard of it.
func (t *tracer) exit(c call) func(int64) {
	t.note(Event{Op: Exit, Begin: c.begin, Node: c.thread, Size: int64(int32(c.args[0]))})
	return nil
}
