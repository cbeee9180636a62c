package powerloss_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"jeton/internal/powerloss"
)

// disk is a made-up recording: files in one directory, numbered from 1.
type disk struct {
	powerloss.Recording
	nodes map[string]int
}

func newDisk() *disk { return &disk{nodes: map[string]int{".": 0}} }

func (d *disk) do(op powerloss.Op, name string, change func(e *powerloss.Event)) {
	if _, ok := d.nodes[name]; !ok {
		d.nodes[name] = len(d.nodes)
	}
	e := powerloss.Event{Op: op, Begin: len(d.Events), Path: name, Node: d.nodes[name], Mode: 0o600}
	if change != nil {
		change(&e)
	}
	d.Events = append(d.Events, e)
}

func (d *disk) write(name string, off int, text string) {
	d.do(powerloss.Write, name, func(e *powerloss.Event) { e.Off, e.Data = int64(off), []byte(text) })
}

func (d *disk) rename(from, to string) {
	d.do(powerloss.Rename, from, func(e *powerloss.Event) { e.To = to })
	d.nodes[to] = d.nodes[from]
	delete(d.nodes, from)
}

// file is what the disk holds after a crash at the end; "" for no file.
func (d *disk) file(name string, c powerloss.Crash) string {
	c.At = len(d.Events)
	data, ok := d.Image(c).File(name)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%q", data)
}

func TestWhatWasNotSyncedCanBeLost(t *testing.T) {
	d := newDisk()
	d.do(powerloss.Create, "f", nil)
	d.write("f", 0, "kept")
	d.do(powerloss.Sync, "f", nil)
	d.do(powerloss.Sync, ".", nil)
	d.write("f", 4, " lost")
	for rest, want := range map[powerloss.Rest]string{powerloss.None: `"kept"`, powerloss.All: `"kept lost"`} {
		if got := d.file("f", powerloss.Crash{Rest: rest}); got != want {
			t.Errorf("%v: %s, want %s", rest, got, want)
		}
	}
}

func TestASyncSpeaksOnlyForWhatWasDoneWhenItBegan(t *testing.T) {
	d := newDisk()
	d.do(powerloss.Create, "f", nil)
	d.do(powerloss.Sync, ".", nil)
	d.write("f", 0, "before")
	begun := len(d.Events)
	d.write("f", 6, " meanwhile")
	d.do(powerloss.Sync, "f", func(e *powerloss.Event) { e.Begin = begun })
	if got := d.file("f", powerloss.Crash{}); got != `"before"` {
		t.Error(got)
	}
}

func TestANameIsKeptByItsDirectoryAndWithAJournalByItsFileToo(t *testing.T) {
	d := newDisk()
	d.do(powerloss.Create, "f", nil)
	d.write("f", 0, "x")
	d.do(powerloss.Sync, "f", nil)
	if got := d.file("f", powerloss.Crash{Model: powerloss.Strict}); got != "" {
		t.Errorf("strict: %s", got)
	}
	if got := d.file("f", powerloss.Crash{Model: powerloss.Journal}); got != `"x"` {
		t.Errorf("journal: %s", got)
	}
	d.do(powerloss.Sync, ".", nil)
	if got := d.file("f", powerloss.Crash{Model: powerloss.Strict}); got != `"x"` {
		t.Errorf("strict, with its directory: %s", got)
	}
}

// replace is how a file is replaced: aside, synced, renamed.
func (d *disk) replace(name, text string) {
	d.do(powerloss.Create, name+".tmp", nil)
	d.write(name+".tmp", 0, text)
	d.do(powerloss.Sync, name+".tmp", nil)
	d.rename(name+".tmp", name)
}

func TestAReplacedFileIsTheFormerOrTheNewOne(t *testing.T) {
	d := newDisk()
	d.replace("f", "former")
	d.do(powerloss.Sync, ".", nil)
	d.replace("f", "new")
	seen := map[string]bool{}
	for seed := range uint64(200) {
		for _, model := range []powerloss.Model{powerloss.Strict, powerloss.Journal} {
			c := d.Draw(seed, model)
			seen[d.file("f", c)] = true
		}
	}
	if len(seen) != 2 || !seen[`"former"`] || !seen[`"new"`] {
		t.Error(seen)
	}
}

func TestAReplacementThatIsNotSyncedCanLeaveAnEmptyFile(t *testing.T) {
	d := newDisk()
	d.replace("f", "former")
	d.do(powerloss.Sync, ".", nil)
	d.replace("f", "new")
	d.do(powerloss.Sync, ".", nil)
	all := powerloss.Crash{Skips: []powerloss.Skip{{Pattern: "*.tmp"}}}
	if got := d.file("f", all); got != `""` {
		t.Errorf("no sync of it: %s", got)
	}
	first := powerloss.Crash{Skips: []powerloss.Skip{{Pattern: "*.tmp", Nth: 1}}}
	if got := d.file("f", first); got != `"new"` {
		t.Errorf("only the first sync is left out: %s", got)
	}
}

func TestAnUnsyncedWriteTearsAtSectors(t *testing.T) {
	d := newDisk()
	d.do(powerloss.Create, "f", nil)
	d.write("f", 0, string(bytes.Repeat([]byte("o"), 3*512)))
	d.do(powerloss.Sync, "f", nil)
	d.do(powerloss.Sync, ".", nil)
	d.write("f", 0, string(bytes.Repeat([]byte("n"), 3*512)))
	seen := map[string]bool{}
	for seed := range uint64(400) {
		data, _ := d.Image(powerloss.Crash{At: len(d.Events), Rest: powerloss.Mixed, Seed: seed}).File("f")
		form := ""
		for sector := range 3 {
			part := data[sector*512 : (sector+1)*512]
			if !bytes.Equal(part, bytes.Repeat(part[:1], 512)) {
				t.Fatalf("sector %d is torn itself", sector)
			}
			form += string(part[:1])
		}
		seen[form] = true
	}
	if len(seen) != 8 {
		t.Errorf("forms seen: %v", seen)
	}
}

// Whatever happens to a disk, what was synced is there: a file that was synced
// and not touched since is whole, and equal crashes leave equal disks.
func TestWhatWasSyncedIsAlwaysThere(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		d, safe := newDisk(), map[string]string{}
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			name := names.Draw(t, "name")
			if _, there := d.nodes[name]; !there {
				d.do(powerloss.Create, name, nil)
			}
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				d.write(name, rapid.IntRange(0, 2000).Draw(t, "offset"), fmt.Sprint("write ", i))
				delete(safe, name)
			case 1:
				size := rapid.Int64Range(0, 2000).Draw(t, "size")
				d.do(powerloss.Truncate, name, func(e *powerloss.Event) { e.Size = size })
				delete(safe, name)
			default:
				d.do(powerloss.Sync, name, nil)
				d.do(powerloss.Sync, ".", nil)
				safe[name] = d.file(name, powerloss.Crash{Rest: powerloss.All})
			}
		}
		c := d.Draw(rapid.Uint64().Draw(t, "seed"), powerloss.Model(rapid.IntRange(0, 1).Draw(t, "model")))
		for name, want := range safe {
			if got := d.file(name, c); got != want {
				t.Fatalf("%s: %v: %s, want %s", name, c, got, want)
			}
		}
		for name := range d.nodes {
			if first := d.file(name, c); first != d.file(name, c) {
				t.Fatalf("two images of %v differ", c)
			}
		}
	})
}
