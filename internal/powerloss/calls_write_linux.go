//go:build linux && (amd64 || arm64)

package powerloss

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// maxMark is how much of what goes to a socket or a pipe is kept.
const maxMark = 4096

// source reads what a call wrote, at most limit bytes.
type source func(c call, limit int) ([]byte, error)

// place says where in the file the n bytes went.
type place func(c call, n int64) (int64, error)

// write records a write to a file when it has ended, and one to a socket or a
// pipe when it begins, for then somebody may read it.
func (t *tracer) write(from source, at place) handler {
	return func(c call) func(int64) {
		target := linkOf(c.thread, c.args[0])
		if strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "pipe:") {
			t.mark(c, from)
			return nil
		}
		rel, ok := t.rel(target)
		if !ok || !t.known("write", rel) {
			return nil
		}
		return func(n int64) {
			if n == 0 {
				return
			}
			data, err := from(c, int(n))
			off, where := at(c, n)
			if err != nil || where != nil || int64(len(data)) != n {
				t.problem("a write to %s could not be read: %v, %v", rel, err, where)
				return
			}
			e := t.event(Write, c, rel)
			e.Off, e.Data = off, data
			t.note(e)
		}
	}
}

func (t *tracer) mark(c call, from source) {
	if data, err := from(c, maxMark); err == nil {
		t.note(Event{Op: Mark, Begin: c.begin, Node: c.thread, Data: data})
	}
}

// buffer is the source of write(fd, address, length).
func buffer(c call, limit int) ([]byte, error) {
	return memory(c.thread, c.args[1], min(limit, int(c.args[2])))
}

// vector is the source of writev(fd, pieces, count).
func vector(c call, limit int) ([]byte, error) {
	const size = 16 // of one piece: an address and a length
	pieces, err := memory(c.thread, c.args[1], size*int(c.args[2]))
	var data []byte
	for ; err == nil && len(pieces) > 0 && len(data) < limit; pieces = pieces[size:] {
		address, length := binary.NativeEndian.Uint64(pieces), binary.NativeEndian.Uint64(pieces[8:])
		var piece []byte
		piece, err = memory(c.thread, address, min(limit-len(data), int(length)))
		data = append(data, piece...)
	}
	return data, err
}

// offset is the place that the call names.
func offset(c call, _ int64) (int64, error) { return int64(c.args[3]), nil }

// position is the place of a write that goes on where the last one ended.
func position(c call, n int64) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", c.thread, int32(c.args[0])))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "pos:")
	line, _, _ := strings.Cut(after, "\n")
	end, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return end - n, err
}

// mmap reports memory through which a file could be written unseen.
func (t *tracer) mmap(c call) func(int64) {
	const kinds = 0x0f
	kind := c.args[3] & kinds
	if c.args[2]&syscall.PROT_WRITE == 0 || kind == syscall.MAP_PRIVATE || c.args[3]&syscall.MAP_ANON != 0 {
		return nil
	}
	if rel, ok := t.fileOf(c.thread, c.args[4]); ok {
		t.problem("%s is written through memory", rel)
	}
	return nil
}

// cannot is for calls that have no event, when they concern the root.
func (t *tracer) cannot(what string, dir, name int) handler {
	return func(c call) func(int64) {
		if rel, ok := t.pathOf(c, dir, name); ok {
			t.problem("%s of %s cannot be recorded", what, rel)
		}
		return nil
	}
}

// cannotWrite is cannot for calls that name the file by a descriptor.
func (t *tracer) cannotWrite(what string, fd int) handler {
	return func(c call) func(int64) {
		if rel, ok := t.fileOf(c.thread, c.args[fd]); ok {
			t.problem("%s to %s cannot be recorded", what, rel)
		}
		return nil
	}
}

// never is for calls that could do anything.
func (t *tracer) never(what string) handler {
	return func(call) func(int64) {
		t.problem("%s cannot be recorded", what)
		return nil
	}
}

// fileOf is the path below the root of an open file.
func (t *tracer) fileOf(thread int, fd uint64) (string, bool) {
	return t.rel(linkOf(thread, fd))
}

// linkOf is what the kernel calls an open file.
func linkOf(thread int, fd uint64) string {
	name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, int32(fd)))
	return name
}

// pathOf is the path below the root that two arguments of a call name.
func (t *tracer) pathOf(c call, dir, name int) (string, bool) {
	text, err := stringAt(c.thread, c.args[name])
	if err != nil || text == "" {
		return "", false
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(dirOf(c, dir), text)
	}
	// The last element is not followed: it is what the call is about.
	parent, err := filepath.EvalSymlinks(filepath.Dir(filepath.Clean(text)))
	if err != nil {
		return "", false
	}
	return t.rel(filepath.Join(parent, filepath.Base(text)))
}

func dirOf(c call, dir int) string {
	const current = -100 // AT_FDCWD
	if dir == here || int32(c.args[dir]) == current {
		name, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", c.thread))
		return name
	}
	return linkOf(c.thread, c.args[dir])
}
