package powerloss

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
)

// Model is what a file system promises of names. Of data all promise the same:
// what a file held when its sync began is kept.
type Model int

const (
	// Strict is what POSIX says and no more: a name is kept once its directory
	// was synced. Of other names any may be there or not.
	Strict Model = iota
	// Journal is what ext4, XFS and btrfs do: changes of names reach the disk in
	// their order, and a sync of a file takes its own name, and so all changes
	// before that, with it.
	Journal
)

func (m Model) String() string { return [...]string{"strict", "journal"}[m] }

// Rest is what becomes of what was not synced.
type Rest int

const (
	None   Rest = iota // nothing of it was written
	All                // all of it was
	Prefix             // all before some moment, of the last write a part
	Mixed              // each call by itself: done, not done, or torn at sectors
)

const rests = 4

func (r Rest) String() string { return [...]string{"none", "all", "prefix", "mixed"}[r] }

// Skip pretends that syncs did not happen.
type Skip struct {
	// Pattern is one of package path, for the path below the root; one without a
	// slash is for the last element.
	Pattern string
	// Nth leaves out only this one, counted from 1; 0 leaves out all.
	Nth int
}

// Matches reports whether the sync of a path is left out.
func (s Skip) Matches(name string) bool {
	if !strings.Contains(s.Pattern, "/") {
		name = path.Base(name)
	}
	ok, _ := path.Match(s.Pattern, name)
	return ok
}

// Crash is one power cut: the image of a recording is the same for equal ones.
type Crash struct {
	At    int // before this event
	Model Model
	Rest  Rest
	Seed  uint64 // of every choice that Rest leaves open
	Skips []Skip
}

func (c Crash) String() string {
	text := fmt.Sprintf("power failed before event %d; %s names; unsynced: %s; seed %d", c.At, c.Model, c.Rest, c.Seed)
	for _, s := range c.Skips {
		text += fmt.Sprintf("; syncs of %s skipped", s.Pattern)
		if s.Nth > 0 {
			text += fmt.Sprintf(" (number %d)", s.Nth)
		}
	}
	return text
}

// Draw makes a crash of the recording from a seed.
func (r *Recording) Draw(seed uint64, m Model, skips ...Skip) Crash {
	random := rand.New(rand.NewPCG(seed, 1))
	points := r.Points()
	return Crash{
		At:    points[random.IntN(len(points))],
		Model: m,
		Rest:  Rest(random.IntN(rests)),
		Seed:  seed,
		Skips: skips,
	}
}

// Points are the moments between which nothing changes on disk or is told to
// anybody: behind each event, and the beginning.
func (r *Recording) Points() []int {
	points := []int{0}
	for i := range r.Events {
		points = append(points, i+1)
	}
	return points
}

// synced says which events before a crash are safe.
type synced struct {
	model Model
	data  map[int]int // by file: what was done to it before this event
	dirs  map[int]int // by directory: what was done to names in it before this event
	names int         // all changes of names before this event
}

func (r *Recording) synced(c Crash) synced {
	s := synced{model: c.Model, data: map[int]int{}, dirs: map[int]int{}}
	seen := make([]int, len(c.Skips))
	for i, e := range r.Events[:c.At] {
		if e.Op != Sync || skipped(e, c.Skips, seen) {
			continue
		}
		s.data[e.Node] = max(s.data[e.Node], e.Begin)
		s.dirs[e.Node] = max(s.dirs[e.Node], e.Begin)
		s.names = max(s.names, r.lastNaming(r.Events[i]))
	}
	return s
}

func skipped(e Event, skips []Skip, seen []int) bool {
	for i, s := range skips {
		if s.Matches(e.Path) {
			seen[i]++
			if s.Nth == 0 || s.Nth == seen[i] {
				return true
			}
		}
	}
	return false
}

// lastNaming finds the last change of a name that the sync speaks for: of the
// file, or in the directory. It returns what comes behind that.
func (r *Recording) lastNaming(sync Event) int {
	for i := sync.Begin - 1; i >= 0; i-- {
		if e := r.Events[i]; e.namespace() && (e.Node == sync.Node || e.Dir == sync.Node || e.Op != Remove && e.ToDir == sync.Node && e.To != "") {
			return i + 1
		}
	}
	return 0
}

// keeps reports whether the event at i is safe.
func (s synced) keeps(i int, e Event) bool {
	switch {
	case !e.namespace():
		return i < s.data[e.Node]
	case s.model == Journal:
		return i < s.names
	default:
		return i < s.dirs[e.Dir] || e.To != "" && i < s.dirs[e.ToDir]
	}
}
