package powerloss

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
)

// Sectors are what a disk writes whole, or not at all.
const smallSector, largeSector = 512, 4096

// Image is a directory as the disk may hold it.
type Image struct {
	nodes map[int]*file
}

// file is a file or, with names, a directory.
type file struct {
	mode  os.FileMode
	data  []byte
	names map[string]int
}

// Image makes the directory as it may be after the crash.
func (r *Recording) Image(c Crash) *Image {
	b := builder{
		Image:  Image{nodes: map[int]*file{0: {mode: 0o700, names: map[string]int{}}}},
		crash:  c,
		safe:   r.synced(c),
		random: rand.New(rand.NewPCG(c.Seed, 2)),
	}
	for _, e := range r.Base {
		b.make(e.Node, e.Mode.Perm(), e.Mode.IsDir())
		b.nodes[e.Node].data = append([]byte(nil), e.Data...)
		b.nodes[e.Dir].names[path.Base(e.Path)] = e.Node
	}
	b.draw()
	for i, e := range r.Events[:c.At] {
		b.event(i, e)
	}
	return &b.Image
}

type builder struct {
	Image
	crash  Crash
	safe   synced
	random *rand.Rand
	cut    int // Prefix: everything before this event was written
	names  int // Journal: the names before this event were
	sector int
}

// draw decides what is one decision for the whole image.
func (b *builder) draw() {
	switch b.crash.Rest {
	case None:
		b.names = b.safe.names
	case All:
		b.cut, b.names = b.crash.At, b.crash.At
	case Prefix:
		b.cut = b.random.IntN(b.crash.At + 1)
		b.names = max(b.cut, b.safe.names)
	case Mixed:
		b.names = b.safe.names + b.random.IntN(b.crash.At-b.safe.names+1)
	}
	b.sector = smallSector
	if b.random.IntN(2) == 0 {
		b.sector = largeSector
	}
}

// event carries out what the disk has of an event.
func (b *builder) event(i int, e Event) {
	switch e.Op {
	case Create, Mkdir:
		b.make(e.Node, e.Mode, e.Op == Mkdir)
	case Chmod: // rights are not what this package is about: they are kept at once
		b.nodes[e.Node].mode = e.Mode
		return
	case Sync, Mark, Exit:
		return
	}
	switch part := b.part(i, e); {
	case part == whole:
		b.nodes[e.Node].write(e, whole, nil)
		b.name(e)
	case part == torn && e.Op == Write:
		b.nodes[e.Node].write(e, b.sector, b.random)
	}
}

// What a disk has of an event: nothing, all, or of a write some sectors.
const (
	nothing = -1
	whole   = 0
	torn    = 1
)

func (b *builder) part(i int, e Event) int {
	switch {
	case b.safe.keeps(i, e):
		return whole
	case b.safe.model == Journal && e.namespace():
		if i < b.names {
			return whole
		}
		return nothing
	case i < b.cut:
		return whole
	case i == b.cut && b.crash.Rest == Prefix:
		return torn
	case b.crash.Rest != Mixed || b.random.IntN(3) == 0:
		return nothing
	case b.random.IntN(2) == 0:
		return torn
	default:
		return whole
	}
}

func (b *builder) make(node int, mode os.FileMode, dir bool) {
	b.nodes[node] = &file{mode: mode}
	if dir {
		b.nodes[node].names = map[string]int{}
	}
}

// name changes the directories.
func (b *builder) name(e Event) {
	from, name := b.nodes[e.Dir].names, path.Base(e.Path)
	switch e.Op {
	case Create, Mkdir:
		from[name] = e.Node
	case Link:
		b.nodes[e.ToDir].names[path.Base(e.To)] = e.Node
	case Rename:
		if from[name] == e.Node {
			delete(from, name)
		}
		b.nodes[e.ToDir].names[path.Base(e.To)] = e.Node
	case Remove:
		if from[name] == e.Node {
			delete(from, name)
		}
	}
}

// write changes the file's content. With a sector size each sector by itself is
// written or not; the file may have got its length without its content.
func (f *file) write(e Event, sector int, random *rand.Rand) {
	switch e.Op {
	case Truncate:
		f.resize(e.Size)
	case Write:
		end := e.Off + int64(len(e.Data))
		if sector == whole {
			f.grow(end)
			copy(f.data[e.Off:], e.Data)
			return
		}
		if random.IntN(2) == 0 {
			f.grow(end)
		}
		for off := e.Off; off < end; {
			next := min(end, off-off%int64(sector)+int64(sector))
			if random.IntN(2) == 0 {
				f.grow(next)
				copy(f.data[off:next], e.Data[off-e.Off:])
			}
			off = next
		}
	}
}

func (f *file) grow(size int64) { f.resize(max(size, int64(len(f.data)))) }

func (f *file) resize(size int64) {
	if have := int64(len(f.data)); size > have {
		f.data = append(f.data, make([]byte, size-have)...)
	} else {
		f.data = f.data[:size:size]
	}
}

// File is the content of a file, and whether it is there.
func (i *Image) File(name string) ([]byte, bool) {
	var found *file
	i.walk(0, ".", func(at string, f *file) error {
		if at == name && f.names == nil {
			found = f
		}
		return nil
	})
	if found == nil {
		return nil, false
	}
	return found.data, true
}

// Write puts the image into a directory, which must be empty.
func (i *Image) Write(dir string) error {
	return i.walk(0, ".", func(name string, f *file) error {
		at := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case name == ".":
			return nil
		case f.names != nil:
			return os.Mkdir(at, f.mode|0o700)
		default:
			return os.WriteFile(at, f.data, f.mode)
		}
	})
}

// walk visits what can be reached by names, directories before what is in them.
func (i *Image) walk(node int, at string, visit func(name string, f *file) error) error {
	f := i.nodes[node]
	if f == nil {
		return fs.ErrNotExist
	}
	if err := visit(at, f); err != nil {
		return err
	}
	for name, child := range f.names {
		if err := i.walk(child, path.Join(at, name), visit); err != nil {
			return err
		}
	}
	return nil
}
